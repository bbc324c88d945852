package io.github.sparkbatchnorm.layer;

/**
 * The update of a running mean in double-double arithmetic: {@code mean + f * (batch - mean)}, where each mean is the
 * sum of a double and a low part. The error is below 1e-30, relative to the larger of both means.
 *
 * @param high the nearest double of the result
 * @param low what is left of it: {@code |low| <= ulp(high) / 2}
 * @see <a href="https://doi.org/10.1007/BF01397083">Dekker, A floating-point technique for extending the available
 *     precision, 1971</a>
 */
record RunningMean(double high, double low) {

    /**
     * The mean after a batch. Where the old or the new mean is not finite it is what the double formula gives.
     *
     * @param f the weight of the batch, from 0 to 1
     */
    RunningMean after(double batch, double batchLow, double f) {
        double plain = (1 - f) * high + f * batch;
        if (!Double.isFinite(plain) || !Double.isFinite(high) || !Double.isFinite(batch)) {
            return new RunningMean(plain, 0);
        }
        if (f == 1) {
            return new RunningMean(batch, batchLow);
        }
        double change = batch - high;
        double changeLow = (sumError(batch, -high, change) + batchLow) - low;
        double step = f * change;
        double stepLow = Math.fma(f, change, -step) + f * changeLow;
        double sum = high + step;
        double rest = (sumError(high, step, sum) + low) + stepLow;
        double rounded = sum + rest;
        // Far apart, the change overflows though the mean does not.
        return Double.isFinite(rounded)
                ? new RunningMean(rounded, ((sum - rounded) + rest) + 0.0) // no -0.0
                : new RunningMean(plain, 0);
    }

    /** {@code a + b - sum}, exactly, where sum is their rounded sum. */
    private static double sumError(double a, double b, double sum) {
        double bRounded = sum - a;
        return (a - (sum - bRounded)) + (b - bRounded);
    }
}
