package io.github.sparkbatchnorm.stats;

/** Loops in plain Java: lane by lane, all sums in registers. */
final class ScalarLaneLoops extends LaneLoops {
    @Override
    void range(float[] x, int first, int stride, int rows, int from, int to, Ranges out) {
        for (int j = from; j < to; j++) {
            int min = Integer.MAX_VALUE;
            int max = Integer.MIN_VALUE;
            int smallest = Integer.MAX_VALUE;
            for (int r = 0, i = first + j; r < rows; r++, i += stride) {
                int bits = Float.floatToRawIntBits(x[i]);
                smallest = Math.min(smallest, ((bits & Integer.MAX_VALUE) - 1) & Integer.MAX_VALUE);
                min = Math.min(min, ordered(bits));
                max = Math.max(max, ordered(bits));
            }
            out.min[j] = Float.intBitsToFloat(ordered(min));
            out.max[j] = Float.intBitsToFloat(ordered(max));
            out.smallest[j] = Float.intBitsToFloat(smallest + 1);
        }
    }

    /** Maps the bits of floats to integers of the same order, and back. */
    private static int ordered(int bits) {
        return bits ^ ((bits >> 31) & Integer.MAX_VALUE);
    }

    @Override
    void range(double[] x, int first, int stride, int rows, int from, int to, Ranges out) {
        for (int j = from; j < to; j++) {
            long min = Long.MAX_VALUE;
            long max = Long.MIN_VALUE;
            long smallest = Long.MAX_VALUE;
            for (int r = 0, i = first + j; r < rows; r++, i += stride) {
                long bits = Double.doubleToRawLongBits(x[i]);
                smallest = Math.min(smallest, ((bits & Long.MAX_VALUE) - 1) & Long.MAX_VALUE);
                min = Math.min(min, ordered(bits));
                max = Math.max(max, ordered(bits));
            }
            out.min[j] = Double.longBitsToDouble(ordered(min));
            out.max[j] = Double.longBitsToDouble(ordered(max));
            out.smallest[j] = Double.longBitsToDouble(smallest + 1);
        }
    }

    private static long ordered(long bits) {
        return bits ^ ((bits >> 63) & Long.MAX_VALUE);
    }

    @Override
    void sum(float[] x, float[] y, int first, int stride, int rows, int from, int to, Sums out) {
        for (int j = from; j < to; j++) {
            double split = out.splitProduct[j];
            double sum = 0;
            double high = 0;
            double low = 0;
            for (int r = 0, i = first + j; r < rows; r++, i += stride) {
                double v = x[i];
                double p = v * y[i]; // 48 bits: exact
                double h = (p + split) - split;
                sum += v;
                high += h;
                low += p - h;
            }
            out.sumHigh[j] = sum;
            out.productHigh[j] = high;
            out.productLow[j] = low;
        }
    }

    @Override
    void sum(double[] x, double[] y, int first, int stride, int rows, int from, int to, Sums out) {
        for (int j = from; j < to; j++) {
            double splitSum = out.splitSum[j];
            double splitProduct = out.splitProduct[j];
            double splitError = out.splitError[j];
            double sumHigh = 0;
            double sumLow = 0;
            double productHigh = 0;
            double productLow = 0;
            double errorHigh = 0;
            double errorLow = 0;
            for (int r = 0, i = first + j; r < rows; r++, i += stride) {
                double v = x[i];
                double w = y[i];
                double h = (v + splitSum) - splitSum;
                sumHigh += h;
                sumLow += v - h;
                double p = v * w;
                double ph = (p + splitProduct) - splitProduct;
                productHigh += ph;
                productLow += p - ph;
                double error = Math.fma(v, w, -p);
                double eh = (error + splitError) - splitError;
                errorHigh += eh;
                errorLow += error - eh;
            }
            out.sumHigh[j] = sumHigh;
            out.sumLow[j] = sumLow;
            out.productHigh[j] = productHigh;
            out.productLow[j] = productLow;
            out.errorHigh[j] = errorHigh;
            out.errorLow[j] = errorLow;
        }
    }
}
