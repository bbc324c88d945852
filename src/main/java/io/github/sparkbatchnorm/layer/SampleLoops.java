package io.github.sparkbatchnorm.layer;

import io.github.sparkbatchnorm.stats.SampleShape;

/**
 * The loops over the values of a flat sample, whatever its layout. Here and in {@link TransformLoops} each stands once
 * for {@code float} and once for {@code double}; everything else has one path for both.
 */
final class SampleLoops {
    private static final TransformLoops LOOPS = TransformLoops.BEST;

    private SampleLoops() {}

    /**
     * Checks the lengths of a sample and of the array for its result, before anything is written.
     *
     * @throws IllegalArgumentException if one of them, or the number of channels, does not fit
     */
    static void check(int values, int results, SampleShape shape, int channels) {
        if (shape.channels() != channels || values != shape.length()) {
            throw new IllegalArgumentException("sample of " + values + " values and shape " + shape + "; expected "
                    + shape.length() + " values and " + channels + " channels");
        }
        if (results != values) {
            throw new IllegalArgumentException(
                    "array of " + results + " values for the result; expected " + values + ", as the sample has");
        }
    }

    /**
     * Sets y of all values. y may be x itself: what has to stay is then left out, since it could not be read again. In
     * another array it is put back at the end, which is faster where there is much of it.
     *
     * @param keepsNonFinite whether a value that is not finite stays what it is
     */
    static void normalize(float[] x, float[] y, SampleShape shape, ForwardParameters by, boolean keepsNonFinite) {
        boolean leavesOut = keepsNonFinite && y == x;
        int channels = shape.channels();
        if (by.lateFactor() != null) {
            for (int i = 0; i < x.length; i++) {
                boolean kept = leavesOut && !Float.isFinite(x[i]);
                y[i] = kept ? x[i] : (float) by.apply(x[i], shape.channelOf(i));
            }
        } else if (shape.hasAlternatingChannels()) {
            for (int start = 0; start < x.length; start += channels) {
                for (int c = 0, end; c < channels; c = end + 1) {
                    end = leavesOut ? finiteEnd(x, start + c, start + channels) - start : channels;
                    LOOPS.normalizeChannels(x, y, start, c, end, by);
                }
            }
        } else {
            int run = shape.spatialSize();
            for (int c = 0; c < channels; c++) {
                int to = c * run + run;
                for (int i = c * run, end; i < to; i = end + 1) {
                    end = leavesOut ? finiteEnd(x, i, to) : to;
                    LOOPS.normalizeRun(x, y, i, end, c, by);
                }
            }
        }
        if (keepsNonFinite && !leavesOut) {
            keepNonFinite(x, y);
        }
    }

    static void normalize(double[] x, double[] y, SampleShape shape, ForwardParameters by, boolean keepsNonFinite) {
        boolean leavesOut = keepsNonFinite && y == x;
        int channels = shape.channels();
        if (by.lateFactor() != null) {
            for (int i = 0; i < x.length; i++) {
                boolean kept = leavesOut && !Double.isFinite(x[i]);
                y[i] = kept ? x[i] : by.apply(x[i], shape.channelOf(i));
            }
        } else if (shape.hasAlternatingChannels()) {
            for (int start = 0; start < x.length; start += channels) {
                for (int c = 0, end; c < channels; c = end + 1) {
                    end = leavesOut ? finiteEnd(x, start + c, start + channels) - start : channels;
                    LOOPS.normalizeChannels(x, y, start, c, end, by);
                }
            }
        } else {
            int run = shape.spatialSize();
            for (int c = 0; c < channels; c++) {
                int to = c * run + run;
                for (int i = c * run, end; i < to; i = end + 1) {
                    end = leavesOut ? finiteEnd(x, i, to) : to;
                    LOOPS.normalizeRun(x, y, i, end, c, by);
                }
            }
        }
        if (keepsNonFinite && !leavesOut) {
            keepNonFinite(x, y);
        }
    }

    /** Sets x of all values, as {@code normalize} sets y. */
    static void denormalize(double[] y, double[] x, SampleShape shape, InverseParameters by, boolean keepsNonFinite) {
        boolean leavesOut = keepsNonFinite && x == y;
        int channels = shape.channels();
        if (by.lateFactor() != null) {
            for (int i = 0; i < y.length; i++) {
                boolean kept = leavesOut && !Double.isFinite(y[i]);
                x[i] = kept ? y[i] : by.apply(y[i], shape.channelOf(i));
            }
        } else if (shape.hasAlternatingChannels()) {
            for (int start = 0; start < y.length; start += channels) {
                for (int c = 0, end; c < channels; c = end + 1) {
                    end = leavesOut ? finiteEnd(y, start + c, start + channels) - start : channels;
                    LOOPS.denormalizeChannels(y, x, start, c, end, by);
                }
            }
        } else {
            int run = shape.spatialSize();
            for (int c = 0; c < channels; c++) {
                int to = c * run + run;
                for (int i = c * run, end; i < to; i = end + 1) {
                    end = leavesOut ? finiteEnd(y, i, to) : to;
                    LOOPS.denormalizeRun(y, x, i, end, c, by);
                }
            }
        }
        if (keepsNonFinite && !leavesOut) {
            keepNonFinite(y, x);
        }
    }

    /** Sets y to x where x is not finite. */
    private static void keepNonFinite(float[] x, float[] y) {
        for (int i = 0; i < x.length; i++) {
            y[i] = Float.isFinite(x[i]) ? y[i] : x[i];
        }
    }

    private static void keepNonFinite(double[] x, double[] y) {
        for (int i = 0; i < x.length; i++) {
            y[i] = Double.isFinite(x[i]) ? y[i] : x[i];
        }
    }

    /** The index of the first value that is not finite, or {@code to}. */
    private static int finiteEnd(float[] values, int from, int to) {
        int i = from;
        while (i < to && Float.isFinite(values[i])) {
            i++;
        }
        return i;
    }

    private static int finiteEnd(double[] values, int from, int to) {
        int i = from;
        while (i < to && Double.isFinite(values[i])) {
            i++;
        }
        return i;
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
