package io.github.sparkbatchnorm.layer;

import java.io.Serializable;
import java.math.BigDecimal;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The coefficients of {@code y = ((x - mean) - meanLow) * scale * lateFactor + bias}: arrays of length C.
 *
 * @param meanLow what the mean has lost to rounding
 * @param lateFactor null if it is 1 in all channels
 */
record ForwardParameters(double[] mean, double[] meanLow, double[] scale, double[] bias, double @Nullable [] lateFactor)
        implements Serializable {

    static ForwardParameters of(ForwardStatistics statistics, BatchNormState state) {
        double[] bias = new double[state.numFeatures()];
        for (int c = 0; c < bias.length; c++) {
            bias[c] = state.bias(c);
        }
        ChannelScale scale = ChannelScale.of(statistics.invstd, state);
        return new ForwardParameters(statistics.mean, statistics.meanLow, scale.scale(), bias, scale.lateFactor());
    }

    /** The coefficients of {@code y = x * scale * lateFactor}, to the bit: a bias of -0.0 changes no number. */
    static ForwardParameters scaling(ChannelScale scale) {
        double[] zero = new double[scale.scale().length];
        double[] minusZero = new double[zero.length];
        Arrays.fill(minusZero, -0.0);
        return new ForwardParameters(zero, zero, scale.scale(), minusZero, scale.lateFactor());
    }

    double apply(double x, int c) {
        return lateFactor == null
                ? applyDirect(x, c)
                : ((x - mean[c]) - meanLow[c]) * scale[c] * lateFactor[c] + bias[c];
    }

    /** y where there is no late factor. */
    double applyDirect(double x, int c) {
        return ((x - mean[c]) - meanLow[c]) * scale[c] + bias[c];
    }

    /** {@code scale * lateFactor}, rounded: the factors of {@code y = factor * x + shift}. */
    double[] factor() {
        double[] factor = scale.clone();
        for (int c = 0; c < factor.length && lateFactor != null; c++) {
            factor[c] *= lateFactor[c];
        }
        return factor;
    }

    /** {@code bias - (mean + meanLow) * factor}, rounded once. */
    double[] shift() {
        double[] shift = factor();
        for (int c = 0; c < shift.length; c++) {
            shift[c] = shift(shift[c], c);
        }
        return shift;
    }

    private double shift(double factor, int c) {
        if (!Double.isFinite(mean[c]) || !Double.isFinite(factor) || !Double.isFinite(bias[c])) {
            return bias[c] - mean[c] * factor;
        }
        BigDecimal wholeMean = new BigDecimal(mean[c]).add(new BigDecimal(meanLow[c]));
        return new BigDecimal(bias[c])
                .subtract(wholeMean.multiply(new BigDecimal(factor)))
                .doubleValue();
    }
}
