package io.github.sparkbatchnorm.layer;

import io.github.sparkbatchnorm.stats.ChannelStatistics;

/**
 * The mean and {@code invstd = 1 / sqrt(var + eps)} of each channel that a forward pass normalizes with: those of the
 * batch, or the running ones. Immutable, so that threads can share it.
 */
public final class ForwardStatistics {
    final double[] mean;
    final double[] meanLow;
    final double[] invstd;

    private ForwardStatistics(double[] mean, double[] meanLow, double[] invstd) {
        this.mean = mean;
        this.meanLow = meanLow;
        this.invstd = invstd;
    }

    /**
     * The statistics of a batch, as training uses them. The mean is correctly rounded; invstd is 0 where variance and
     * eps are 0, so that a constant channel gives its bias.
     *
     * @param batch the statistics of x
     * @param eps added to the population variance
     * @return arrays of as many channels as the batch has
     */
    public static ForwardStatistics ofBatch(ChannelStatistics batch, double eps) {
        double[] mean = new double[batch.channels()];
        double[] meanLow = new double[mean.length];
        double[] invstd = new double[mean.length];
        for (int c = 0; c < mean.length; c++) {
            mean[c] = batch.mean(c);
            meanLow[c] = batch.meanLow(c);
            double var = batch.populationVariance(c) + eps;
            invstd[c] = var == 0 ? 0 : 1 / Math.sqrt(var);
        }
        return new ForwardStatistics(mean, meanLow, invstd);
    }

    /**
     * The running statistics of a state, as evaluation uses them. Where variance and eps are 0, invstd is infinite.
     *
     * @param state a state with running statistics
     * @return arrays of as many channels as the state has
     * @throws IllegalArgumentException if the state has no running statistics
     */
    public static ForwardStatistics ofRunning(BatchNormState state) {
        double[] mean = state.runningMean();
        double[] low = state.runningMeanLow();
        double[] invstd = state.runningVar();
        if (mean == null || low == null || invstd == null) {
            throw new IllegalArgumentException(
                    "the state has no running statistics; expected running_mean and running_var");
        }
        for (int c = 0; c < mean.length; c++) {
            invstd[c] = 1 / Math.sqrt(invstd[c] + state.config().eps());
        }
        return new ForwardStatistics(mean, low, invstd);
    }

    /**
     * A copy of the means.
     *
     * @return an array of length C
     */
    public double[] mean() {
        return mean.clone();
    }

    /**
     * A copy of {@code 1 / sqrt(var + eps)}.
     *
     * @return an array of length C
     */
    public double[] invstd() {
        return invstd.clone();
    }
}
