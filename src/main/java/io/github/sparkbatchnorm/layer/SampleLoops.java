package io.github.sparkbatchnorm.layer;

import io.github.sparkbatchnorm.stats.SampleShape;

/**
 * The loops over the values of a flat sample, whatever its layout. Here and in {@link TransformLoops} each stands once
 * for {@code float} and once for {@code double}; everything else has one path for both.
 */
final class SampleLoops {
    private static final TransformLoops LOOPS = TransformLoops.BEST;

    private SampleLoops() {}

    /** Sets y of all values. */
    static void normalize(float[] x, float[] y, SampleShape shape, ForwardParameters by) {
        int channels = shape.channels();
        if (by.lateFactor() != null) {
            for (int i = 0; i < x.length; i++) {
                y[i] = (float) by.apply(x[i], shape.channelOf(i));
            }
        } else if (shape.hasAlternatingChannels()) {
            for (int start = 0; start < x.length; start += channels) {
                LOOPS.normalizeChannels(x, y, start, 0, channels, by);
            }
        } else {
            int run = shape.spatialSize();
            for (int c = 0; c < channels; c++) {
                LOOPS.normalizeRun(x, y, c * run, c * run + run, c, by);
            }
        }
    }

    static void normalize(double[] x, double[] y, SampleShape shape, ForwardParameters by) {
        int channels = shape.channels();
        if (by.lateFactor() != null) {
            for (int i = 0; i < x.length; i++) {
                y[i] = by.apply(x[i], shape.channelOf(i));
            }
        } else if (shape.hasAlternatingChannels()) {
            for (int start = 0; start < x.length; start += channels) {
                LOOPS.normalizeChannels(x, y, start, 0, channels, by);
            }
        } else {
            int run = shape.spatialSize();
            for (int c = 0; c < channels; c++) {
                LOOPS.normalizeRun(x, y, c * run, c * run + run, c, by);
            }
        }
    }

    /** Sets y to x where x is not finite. */
    static void keepNonFinite(float[] x, float[] y) {
        for (int i = 0; i < x.length; i++) {
            y[i] = Float.isFinite(x[i]) ? y[i] : x[i];
        }
    }

    static void keepNonFinite(double[] x, double[] y) {
        for (int i = 0; i < x.length; i++) {
            y[i] = Double.isFinite(x[i]) ? y[i] : x[i];
        }
    }

    /** Sets dx of all pairs. */
    static void differentiate(float[] x, float[] dy, float[] dx, SampleShape shape, BackwardParameters by) {
        int channels = shape.channels();
        if (by.lateFactor() != null) {
            for (int i = 0; i < x.length; i++) {
                dx[i] = (float) by.apply(x[i], dy[i], shape.channelOf(i));
            }
        } else if (shape.hasAlternatingChannels()) {
            for (int start = 0; start < x.length; start += channels) {
                LOOPS.gradientChannels(x, dy, dx, start, 0, channels, by);
            }
        } else {
            int run = shape.spatialSize();
            for (int c = 0; c < channels; c++) {
                LOOPS.gradientRun(x, dy, dx, c * run, c * run + run, c, by);
            }
        }
    }

    static void differentiate(double[] x, double[] dy, double[] dx, SampleShape shape, BackwardParameters by) {
        int channels = shape.channels();
        if (by.lateFactor() != null) {
            for (int i = 0; i < x.length; i++) {
                dx[i] = by.apply(x[i], dy[i], shape.channelOf(i));
            }
        } else if (shape.hasAlternatingChannels()) {
            for (int start = 0; start < x.length; start += channels) {
                LOOPS.gradientChannels(x, dy, dx, start, 0, channels, by);
            }
        } else {
            int run = shape.spatialSize();
            for (int c = 0; c < channels; c++) {
                LOOPS.gradientRun(x, dy, dx, c * run, c * run + run, c, by);
            }
        }
    }

    /** Sets dx to 0 where x or dy is not finite. */
    static void ignoreNonFinite(float[] x, float[] dy, float[] dx) {
        for (int i = 0; i < x.length; i++) {
            dx[i] = Float.isFinite(x[i]) && Float.isFinite(dy[i]) ? dx[i] : 0;
        }
    }

    static void ignoreNonFinite(double[] x, double[] dy, double[] dx) {
        for (int i = 0; i < x.length; i++) {
            dx[i] = Double.isFinite(x[i]) && Double.isFinite(dy[i]) ? dx[i] : 0;
        }
    }
}
