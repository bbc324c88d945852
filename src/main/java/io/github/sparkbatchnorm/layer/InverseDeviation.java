package io.github.sparkbatchnorm.layer;

/** {@code invstd = 1 / sqrt(var + eps)}. */
final class InverseDeviation {
    private InverseDeviation() {}

    /** With a batch's own variance: 0 where it and eps are 0, so that a constant channel gives its bias. */
    static double ofBatch(double populationVariance, double eps) {
        double var = populationVariance + eps;
        return var == 0 ? 0 : 1 / Math.sqrt(var);
    }

    /**
     * With the running variances of a state.
     *
     * @throws IllegalArgumentException if the state has none
     */
    static double[] ofRunning(BatchNormState state) {
        double[] invstd = state.requireRunningVar();
        for (int c = 0; c < invstd.length; c++) {
            invstd[c] = 1 / Math.sqrt(invstd[c] + state.config().eps());
        }
        return invstd;
    }
}
