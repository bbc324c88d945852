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
                Mean after = new Mean(mean[c], meanLow[c]).after(batch.mean(c), batch.meanLow(c), f);
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

    /**
     * The update of a running mean in double-double arithmetic: {@code mean + f * (batch - mean)}, where each mean is
     * the sum of a double and a low part. The error is below 1e-30, relative to the larger of both means.
     *
     * @param high the nearest double of the result
     * @param low what is left of it: {@code |low| <= ulp(high) / 2}
     * @see <a href="https://doi.org/10.1007/BF01397083">Dekker, A floating-point technique for extending the available
     *     precision, 1971</a>
     */
    record Mean(double high, double low) {

        /**
         * The mean after a batch. Where the old or the new mean is not finite it is what the double formula gives.
         *
         * @param f the weight of the batch, from 0 to 1
         */
        Mean after(double batch, double batchLow, double f) {
            double plain = (1 - f) * high + f * batch;
            if (!Double.isFinite(plain) || !Double.isFinite(high) || !Double.isFinite(batch)) {
                return new Mean(plain, 0);
            }
            if (f == 1) {
                return new Mean(batch, batchLow);
            }
            double change = batch - high;
            double changeLow = (sumError(batch, -high, change) + batchLow) - low;
            double step = f * change;
            double stepLow = Math.fma(f, change, -step) + f * changeLow;
            double sum = high + step;
            double rest = (sumError(high, step, sum) + low) + stepLow;
            double rounded = sum + rest;
            // Far apart, the change overflows though the mean does not.
            return Double.isFinite(rounded)
                    ? new Mean(rounded, ((sum - rounded) + rest) + 0.0) // no -0.0
                    : new Mean(plain, 0);
        }

        /** {@code a + b - sum}, exactly, where sum is their rounded sum. */
        private static double sumError(double a, double b, double sum) {
            double bRounded = sum - a;
            return (a - (sum - bRounded)) + (b - bRounded);
        }
    }
}
