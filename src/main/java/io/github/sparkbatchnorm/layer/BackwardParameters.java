package io.github.sparkbatchnorm.layer;

import io.github.sparkbatchnorm.stats.SampleShape;
import java.io.Serializable;

/**
 * What {@code dx = (((dy - gradientMean) - gradientMeanLow) - ((x - mean) - meanLow) * invstd * projection) * scale}
 * takes for each channel.
 *
 * @param gradientMean {@code sum(dy) / n}
 * @param projection {@code invstd * sum(dy * (x - mean)) / n}
 */
record BackwardParameters(
        double[] mean,
        double[] meanLow,
        double[] invstd,
        double[] gradientMean,
        double[] gradientMeanLow,
        double[] projection,
        double[] scale)
        implements Serializable {

    double apply(double x, double dy, int c) {
        double slope = ((x - mean[c]) - meanLow[c]) * invstd[c] * projection[c];
        return (((dy - gradientMean[c]) - gradientMeanLow[c]) - slope) * scale[c];
    }

    /** All values of a flat sample of that many channels. */
    void applyTo(float[] x, float[] dy, float[] dx, SampleShape shape) {
        if (shape.hasAlternatingChannels()) {
            for (int start = 0; start < x.length; start += mean.length) {
                TransformLoops.BEST.gradientChannels(x, dy, dx, start, 0, mean.length, this);
            }
        } else {
            int run = shape.spatialSize();
            for (int c = 0; c < mean.length; c++) {
                TransformLoops.BEST.gradientRun(x, dy, dx, c * run, c * run + run, c, this);
            }
        }
    }

    /** All values of a flat sample of that many channels. */
    void applyTo(double[] x, double[] dy, double[] dx, SampleShape shape) {
        if (shape.hasAlternatingChannels()) {
            for (int start = 0; start < x.length; start += mean.length) {
                TransformLoops.BEST.gradientChannels(x, dy, dx, start, 0, mean.length, this);
            }
        } else {
            int run = shape.spatialSize();
            for (int c = 0; c < mean.length; c++) {
                TransformLoops.BEST.gradientRun(x, dy, dx, c * run, c * run + run, c, this);
            }
        }
    }
}
