package io.github.sparkbatchnorm.layer;

import io.github.sparkbatchnorm.stats.SampleShape;
import java.io.Serializable;

/**
 * What {@code y = ((x - mean) - meanLow) * scale + bias} takes for each channel.
 *
 * @param meanLow what the mean has lost to rounding
 */
record ForwardParameters(double[] mean, double[] meanLow, double[] scale, double[] bias) implements Serializable {
    double apply(double x, int c) {
        return ((x - mean[c]) - meanLow[c]) * scale[c] + bias[c];
    }

    /** All values of a flat sample of that many channels. */
    void applyTo(float[] x, float[] y, SampleShape shape) {
        if (shape.hasAlternatingChannels()) {
            for (int start = 0; start < x.length; start += mean.length) {
                TransformLoops.BEST.normalizeChannels(x, y, start, 0, mean.length, this);
            }
        } else {
            int run = shape.spatialSize();
            for (int c = 0; c < mean.length; c++) {
                TransformLoops.BEST.normalizeRun(x, y, c * run, c * run + run, c, this);
            }
        }
    }

    /** All values of a flat sample of that many channels. */
    void applyTo(double[] x, double[] y, SampleShape shape) {
        if (shape.hasAlternatingChannels()) {
            for (int start = 0; start < x.length; start += mean.length) {
                TransformLoops.BEST.normalizeChannels(x, y, start, 0, mean.length, this);
            }
        } else {
            int run = shape.spatialSize();
            for (int c = 0; c < mean.length; c++) {
                TransformLoops.BEST.normalizeRun(x, y, c * run, c * run + run, c, this);
            }
        }
    }
}
