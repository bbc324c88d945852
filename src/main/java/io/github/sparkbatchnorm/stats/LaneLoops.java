package io.github.sparkbatchnorm.stats;

/**
 * The loops over the lanes of a row.
 *
 * <p>Each works on few arrays, all at equal indices from 0: that is what C2 turns into vector instructions. An offset
 * into one of the arrays keeps it from doing so, as does a conversion in a loop that also calculates.
 */
final class LaneLoops {
    private LaneLoops() {}

    /** {@code to = from}. */
    static void widen(float[] from, double[] to, int width) {
        for (int j = 0; j < width; j++) {
            to[j] = from[j];
        }
    }

    /** {@code min = min(min, x)} and {@code max = max(max, x)}; NaN wins. */
    static void range(double[] x, int width, double[] min, double[] max) {
        for (int j = 0; j < width; j++) {
            double v = x[j];
            min[j] = Math.min(min[j], v);
            max[j] = Math.max(max[j], v);
        }
    }

    /** {@code smallest = min(smallest, |x|)}. */
    static void smallest(double[] x, int width, double[] smallest) {
        for (int j = 0; j < width; j++) {
            smallest[j] = Math.min(smallest[j], Math.abs(x[j]));
        }
    }

    /** Adds x to a sum, and to another what a split would lose of it. */
    static void sumAndLost(double[] x, int width, double[] split, double[] sum, double[] lost) {
        for (int j = 0; j < width; j++) {
            double v = x[j];
            sum[j] += v;
            lost[j] += Math.abs(v - ((v + split[j]) - split[j]));
        }
    }

    /** Adds to {@code lost} what a split loses of x. */
    static void lost(double[] x, int width, double[] split, double[] lost) {
        for (int j = 0; j < width; j++) {
            double v = x[j];
            lost[j] += Math.abs(v - ((v + split[j]) - split[j]));
        }
    }

    /** Adds the two parts of x. */
    static void sumParts(double[] x, int width, double[] split, double[] high, double[] low) {
        for (int j = 0; j < width; j++) {
            double v = x[j];
            double h = (v + split[j]) - split[j];
            high[j] += h;
            low[j] += v - h;
        }
    }

    /** {@link #sumProducts} of x with itself: C2 makes less of two names for one array. */
    static void sumSquares(double[] x, int width, double[] split, double[] high, double[] low) {
        for (int j = 0; j < width; j++) {
            double v = x[j];
            double p = v * v;
            double h = (p + split[j]) - split[j];
            high[j] += h;
            low[j] += p - h;
        }
    }

    /** Adds the two parts of the rounded product of x and y. */
    static void sumProducts(double[] x, double[] y, int width, double[] split, double[] high, double[] low) {
        for (int j = 0; j < width; j++) {
            double p = x[j] * y[j];
            double h = (p + split[j]) - split[j];
            high[j] += h;
            low[j] += p - h;
        }
    }

    /** {@link #sumErrors} of x with itself. */
    static void sumSquareErrors(double[] x, int width, double[] split, double[] high, double[] low) {
        for (int j = 0; j < width; j++) {
            double v = x[j];
            double f = Math.fma(v, v, -(v * v));
            double h = (f + split[j]) - split[j];
            high[j] += h;
            low[j] += f - h;
        }
    }

    /** Adds the two parts of what rounding took from the product of x and y. */
    static void sumErrors(double[] x, double[] y, int width, double[] split, double[] high, double[] low) {
        for (int j = 0; j < width; j++) {
            double f = Math.fma(x[j], y[j], -(x[j] * y[j]));
            double h = (f + split[j]) - split[j];
            high[j] += h;
            low[j] += f - h;
        }
    }
}
