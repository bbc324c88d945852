package io.github.sparkbatchnorm.layer;

import java.io.Serializable;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * {@code weight * invstd} of each channel.
 *
 * @param scale the product; where it would be out of the range of doubles, invstd alone
 * @param gain what to multiply with after scale; null if it is 1 in all channels
 */
record ChannelScale(double[] scale, double @Nullable [] gain) implements Serializable {

    static ChannelScale of(double[] invstd, BatchNormState state) {
        double[] scale = new double[invstd.length];
        double[] gain = null;
        for (int c = 0; c < invstd.length; c++) {
            double weight = state.weight(c);
            scale[c] = weight * invstd[c];
            if (isPositiveFinite(Math.abs(weight)) && isPositiveFinite(invstd[c]) && !isNormal(scale[c])) {
                // The product is out of range, the result need not be: the two multiply one after the other.
                scale[c] = invstd[c];
                gain = gain == null ? ones(invstd.length) : gain;
                gain[c] = weight;
            }
        }
        return new ChannelScale(scale, gain);
    }

    private static boolean isPositiveFinite(double value) {
        return value > 0 && value < Double.POSITIVE_INFINITY;
    }

    private static boolean isNormal(double value) {
        return Math.abs(value) >= Double.MIN_NORMAL && Double.isFinite(value);
    }

    private static double[] ones(int length) {
        double[] ones = new double[length];
        Arrays.fill(ones, 1);
        return ones;
    }
}
