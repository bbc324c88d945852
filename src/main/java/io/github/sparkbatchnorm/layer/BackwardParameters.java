package io.github.sparkbatchnorm.layer;

import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * The coefficients of {@code dx = (((dy - gradientMean) - gradientMeanLow) - ((x - mean) - meanLow) * invstd *
 * projection) * scale * lateFactor}: arrays of length C.
 *
 * @param gradientMean {@code sum(dy) / n}
 * @param projection {@code invstd * sum(dy * (x - mean)) / n}
 * @param lateFactor null if it is 1 in all channels
 */
record BackwardParameters(
        double[] mean,
        double[] meanLow,
        double[] invstd,
        double[] gradientMean,
        double[] gradientMeanLow,
        double[] projection,
        double[] scale,
        double @Nullable [] lateFactor)
        implements Serializable {

    static BackwardParameters of(ForwardStatistics statistics, ChannelGradients gradients, BatchNormState state) {
        ChannelScale scale = ChannelScale.of(statistics.invstd, state);
        return new BackwardParameters(
                statistics.mean,
                statistics.meanLow,
                statistics.invstd,
                gradients.mean(),
                gradients.meanLow(),
                gradients.projection(),
                scale.scale(),
                scale.lateFactor());
    }

    double apply(double x, double dy, int c) {
        double dx = applyDirect(x, dy, c);
        return lateFactor == null ? dx : dx * lateFactor[c];
    }

    /** dx where there is no late factor. */
    double applyDirect(double x, double dy, int c) {
        double slope = ((x - mean[c]) - meanLow[c]) * invstd[c] * projection[c];
        return (((dy - gradientMean[c]) - gradientMeanLow[c]) - slope) * scale[c];
    }
}
