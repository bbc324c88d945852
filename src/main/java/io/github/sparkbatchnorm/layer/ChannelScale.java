package io.github.sparkbatchnorm.layer;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The factor {@code weight * invstd} of each channel, in two parts where the product leaves the range of doubles.
 *
 * @param scale the product; invstd alone in a channel where the product would overflow or lose digits
 * @param lateFactor the weight in such a channel and 1 in all others, to multiply with after scale; null if no channel
 *     needs it
 */
record ChannelScale(double[] scale, double @Nullable [] lateFactor) {

    static ChannelScale of(double[] invstd, BatchNormState state) {
        double[] scale = new double[invstd.length];
        double[] lateFactor = null;
        for (int c = 0; c < invstd.length; c++) {
            double weight = state.weight(c);
            scale[c] = weight * invstd[c];
            if (isPositiveFinite(Math.abs(weight)) && isPositiveFinite(invstd[c]) && !isNormal(scale[c])) {
                // The product is out of range, the result need not be: the two multiply one after the other.
                scale[c] = invstd[c];
                lateFactor = lateFactor == null ? ones(invstd.length) : lateFactor;
                lateFactor[c] = weight;
            }
        }
        return new ChannelScale(scale, lateFactor);
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
