package io.github.sparkbatchnorm.layer;

import io.github.sparkbatchnorm.stats.ChannelStatistics;

/** {@code invstd = 1 / sqrt(var + eps)} of each channel. */
public final class InverseDeviation {
    private InverseDeviation() {}

    /** With a batch's own variance: 0 where it and eps are 0, so that a constant channel gives its bias. */
    static double ofBatch(double populationVariance, double eps) {
        double var = populationVariance + eps;
        return var == 0 ? 0 : 1 / Math.sqrt(var);
    }

    /** With a batch's own variances: 0 where variance and eps are 0. */
    public static double[] ofBatch(ChannelStatistics batch, double eps) {
        double[] invstd = new double[batch.channels()];
        for (int c = 0; c < invstd.length; c++) {
            invstd[c] = ofBatch(batch.populationVariance(c), eps);
        }
        return invstd;
    }

    /**
     * With the running variances of a state.
     *
     * @throws IllegalArgumentException if the state has none
     */
    public static double[] ofRunning(BatchNormState state) {
        double[] invstd = state.requireRunningVar();
        for (int c = 0; c < invstd.length; c++) {
            invstd[c] = 1 / Math.sqrt(invstd[c] + state.config().eps());
        }
        return invstd;
    }
}
