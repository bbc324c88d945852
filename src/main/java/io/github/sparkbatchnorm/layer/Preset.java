package io.github.sparkbatchnorm.layer;

import io.github.sparkbatchnorm.stats.ChannelStatistics;

/**
 * Ways to fill a state with the statistics of a whole data set, so that evaluation does what a scaler of another
 * library does. Nothing in the state names its preset: whatever applies states applies these alike.
 *
 * <p>Their eps is 0. A channel with one value counts as one of variance 0.
 */
public enum Preset {
    /**
     * Spark ML's {@code StandardScaler}: divides by the sample deviation. A constant channel gives 0 where the
     * deviation counts. Spark leaves the mean in unless told otherwise.
     */
    STANDARD_SCALER(false),
    /**
     * scikit-learn's {@code StandardScaler}: takes the mean away and divides by the population deviation. A constant
     * channel gives {@code x - mean}. scikit-learn also counts a channel as constant whose variance is within the
     * rounding of its own sums; ours have none, so only a variance of exactly 0 counts.
     */
    SKLEARN(true);

    private final boolean withMean;

    Preset(boolean withMean) {
        this.withMean = withMean;
    }

    /** {@return whether the mean is taken away unless told otherwise} */
    public boolean withMeanByDefault() {
        return withMean;
    }

    /**
     * The state of a data set.
     *
     * @param statistics of all of it
     * @param centres whether the mean is taken away
     * @param scales whether values are divided by the deviation
     * @return a state with momentum null and one batch tracked
     * @throws BatchNormException if there is a channel without values
     */
    public BatchNormState state(ChannelStatistics statistics, boolean centres, boolean scales) {
        int channels = statistics.channels();
        double[] mean = new double[channels];
        double[] low = new double[channels];
        double[] var = new double[channels];
        double[] weight = new double[channels];
        for (int c = 0; c < channels; c++) {
            if (statistics.count(c) == 0) {
                throw new BatchNormException(
                        "channel " + c + " has no values to fit to; expected one or more in each channel");
            }
            if (centres) {
                mean[c] = statistics.mean(c);
                low[c] = Double.isFinite(mean[c]) ? statistics.meanLow(c) : 0;
            }
            double variance = variance(statistics, c);
            boolean isConstant = variance == 0;
            var[c] = isConstant || !scales ? 1 : variance;
            weight[c] = isConstant && scales && this == STANDARD_SCALER ? 0 : 1;
        }
        boolean affine = this == STANDARD_SCALER;
        return BatchNormState.of(
                        new BatchNormConfig(0, null, affine, true),
                        channels,
                        affine ? weight : null,
                        affine ? new double[channels] : null,
                        mean,
                        var,
                        1)
                .withRunningMeanLow(low);
    }

    private double variance(ChannelStatistics statistics, int c) {
        if (statistics.count(c) == 1 && !Double.isNaN(statistics.mean(c))) {
            return 0;
        }
        return this == STANDARD_SCALER ? statistics.sampleVariance(c) : statistics.populationVariance(c);
    }
}
