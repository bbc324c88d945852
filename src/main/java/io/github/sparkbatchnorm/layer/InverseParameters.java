package io.github.sparkbatchnorm.layer;

import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * The coefficients of {@code x = mean + ((y - bias) / lateFactor / scale + meanLow)}: arrays of length C.
 *
 * @param scale {@code weight * invstd}, and infinite where that is 0: a finite y then gives the mean
 * @param lateFactor null if it is 1 in all channels
 */
record InverseParameters(double[] mean, double[] meanLow, double[] scale, double[] bias, double @Nullable [] lateFactor)
        implements Serializable {

    /** The inverse of a forward pass. */
    static InverseParameters of(ForwardParameters forward) {
        double[] scale = forward.scale().clone();
        for (int c = 0; c < scale.length; c++) {
            scale[c] = scale[c] == 0 ? Double.POSITIVE_INFINITY : scale[c];
        }
        return new InverseParameters(forward.mean(), forward.meanLow(), scale, forward.bias(), forward.lateFactor());
    }

    /**
     * The same with factors in place of divisors and without the low part of the mean: near enough for results that are
     * rounded to float.
     */
    ForwardParameters narrow() {
        double[] factor = new double[scale.length];
        double[] factorLate = lateFactor == null ? null : lateFactor.clone();
        for (int c = 0; c < factor.length; c++) {
            factor[c] = 1 / scale[c];
            if (factorLate != null) {
                // 1 / weight can be too large for a double where the product of the two factors is not.
                double unit = Math.abs(factorLate[c]) < Double.MIN_NORMAL ? 0x1p64 : 1;
                factor[c] *= unit;
                factorLate[c] = 1 / (factorLate[c] * unit);
            }
        }
        return new ForwardParameters(bias, new double[factor.length], factor, mean, factorLate);
    }

    double apply(double y, int c) {
        return lateFactor == null
                ? applyDirect(y, c)
                : mean[c] + ((y - bias[c]) / lateFactor[c] / scale[c] + meanLow[c]);
    }

    /** x where there is no late factor. */
    double applyDirect(double y, int c) {
        return mean[c] + ((y - bias[c]) / scale[c] + meanLow[c]);
    }
}
