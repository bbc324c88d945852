package io.github.sparkbatchnorm.layer;

import io.github.sparkbatchnorm.stats.ChannelStatistics;
import java.io.Serializable;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The buffers of a layer: running means in two parts, running variances, and how many batches they have seen. Nothing
 * changes the arrays, which states share.
 */
record RunningStatistics(double[] mean, double[] meanLow, double[] var, long numBatchesTracked)
        implements Serializable {
    private static final long serialVersionUID = 1L;

    /** Of no batch: mean 0, variance 1. */
    static RunningStatistics initial(int channels) {
        double[] var = new double[channels];
        Arrays.fill(var, 1);
        return new RunningStatistics(new double[channels], new double[channels], var, 0);
    }

    RunningStatistics withMeanLow(double[] low) {
        double[] copied = new double[low.length];
        for (int c = 0; c < copied.length; c++) {
            copied[c] = low[c] + 0.0; // no -0.0
        }
        return new RunningStatistics(mean, copied, var, numBatchesTracked);
    }

    /** With the channels in another order. */
    RunningStatistics inOrder(int[] order) {
        return new RunningStatistics(
                ChannelOrder.of(mean, order),
                ChannelOrder.of(meanLow, order),
                ChannelOrder.of(var, order),
                numBatchesTracked);
    }

    /**
     * After one more batch.
     *
     * @param momentum the weight of the batch; null for the plain average over all batches
     */
    RunningStatistics after(ChannelStatistics batch, @Nullable Double momentum) {
        long tracked = numBatchesTracked + 1;
        double f = momentum == null ? 1.0 / tracked : momentum;
        double[] newMean = mean.clone();
        double[] newLow = meanLow.clone();
        double[] newVar = var.clone();
        for (int c = 0; c < newMean.length; c++) {
            if (batch.count(c) > 0) {
                RunningMean after = new RunningMean(mean[c], meanLow[c]).after(batch.mean(c), batch.meanLow(c), f);
                newMean[c] = after.high();
                newLow[c] = after.low();
                newVar[c] = (1 - f) * var[c] + f * batch.sampleVariance(c);
            }
        }
        return new RunningStatistics(newMean, newLow, newVar, tracked);
    }

    /** Whether a mean has a low part other than 0. */
    boolean hasMeanLow() {
        return Arrays.stream(meanLow).anyMatch(low -> low != 0);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof RunningStatistics that
                && numBatchesTracked == that.numBatchesTracked
                && Arrays.equals(mean, that.mean)
                && Arrays.equals(meanLow, that.meanLow)
                && Arrays.equals(var, that.var);
    }

    @Override
    public int hashCode() {
        return 31 * Long.hashCode(numBatchesTracked) + Arrays.hashCode(mean) + Arrays.hashCode(var);
    }
}
