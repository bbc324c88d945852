package io.github.sparkbatchnorm.regression.generate;

import io.github.sparkbatchnorm.regression.exact.ExactMoments;
import java.io.DataOutputStream;
import java.io.IOException;
import java.math.BigInteger;

/**
 * The statistics of a channel in a batch, in closed form: its finite values are whole periods of the grid and a
 * remainder, and zeros that are absent.
 *
 * @param sum of the finite values
 * @param sumOfSquares of these
 * @param min of what is not NaN; NaN without any
 * @param max of the same
 */
record ChannelSums(BatchCounts counts, Dyadic sum, Dyadic sumOfSquares, double min, double max) {
    /**
     * The statistics of the values that come from a grid.
     *
     * @param shift of the batch
     */
    static ChannelSums of(BatchCounts counts, ChannelGrid grid, long shift) {
        long from = counts.firstOfGrid() + shift;
        long to = counts.values() + shift;
        BigInteger count = BigInteger.valueOf(to - from);
        BigInteger centre = BigInteger.valueOf(grid.centre);
        BigInteger step = BigInteger.valueOf(grid.step);
        BigInteger offsets = offsets(grid, to).subtract(offsets(grid, from));
        BigInteger squares = squares(grid, to).subtract(squares(grid, from));
        // Sums of (M + S u) and of (M + S u)^2 over the offsets u.
        BigInteger sum = centre.multiply(count).add(step.multiply(offsets));
        BigInteger sumOfSquares = centre.pow(2)
                .multiply(count)
                .add(centre.multiply(step).multiply(offsets).shiftLeft(1))
                .add(step.pow(2).multiply(squares));
        return new ChannelSums(
                counts,
                new Dyadic(sum, grid.exponent),
                new Dyadic(sumOfSquares, 2 * grid.exponent),
                min(counts, grid, from, to),
                max(counts, grid, from, to));
    }

    /** The sum of {@code (j mod 2^k) - 2^(k-1)} over the j below a bound. */
    private static BigInteger offsets(ChannelGrid grid, long bound) {
        return prefix(grid, bound, offsets(grid.period(), grid.half()), offsets(grid.index(bound), grid.half()));
    }

    /** The sum of the squares of these. */
    private static BigInteger squares(ChannelGrid grid, long bound) {
        return prefix(grid, bound, squares(grid.period(), grid.half()), squares(grid.index(bound), grid.half()));
    }

    private static BigInteger prefix(ChannelGrid grid, long bound, long period, long remainder) {
        return BigInteger.valueOf(bound >>> grid.bits)
                .multiply(BigInteger.valueOf(period))
                .add(BigInteger.valueOf(remainder));
    }

    /** The sum of {@code i - h} over the i below a bound of at most 2^16. */
    private static long offsets(long bound, long half) {
        return bound * (bound - 1) / 2 - bound * half;
    }

    /** The sum of {@code (i - h)^2} over the i below a bound of at most 2^16. */
    private static long squares(long bound, long half) {
        return (bound - 1) * bound * (2 * bound - 1) / 6 - half * bound * (bound - 1) + bound * half * half;
    }

    private static double min(BatchCounts counts, ChannelGrid grid, long from, long to) {
        if (negativeInfinite(counts) > 0) {
            return Double.NEGATIVE_INFINITY;
        }
        double least = counts.absent() > 0 || from == to ? 0 : Double.POSITIVE_INFINITY;
        if (from < to) {
            least = Math.min(least, grid.value(holdsAll(grid, from, to) ? 0 : from));
        }
        return orNan(counts, least, positiveInfinite(counts) > 0 ? Double.POSITIVE_INFINITY : Double.NaN);
    }

    private static double max(BatchCounts counts, ChannelGrid grid, long from, long to) {
        if (positiveInfinite(counts) > 0) {
            return Double.POSITIVE_INFINITY;
        }
        double most = counts.absent() > 0 || from == to ? 0 : Double.NEGATIVE_INFINITY;
        if (from < to) {
            most = Math.max(most, grid.value(holdsAll(grid, from, to) ? grid.period() - 1 : to - 1));
        }
        return orNan(counts, most, Double.NaN);
    }

    /** The extreme of the finite values, or another one where there are none. */
    private static double orNan(BatchCounts counts, double extreme, double other) {
        return counts.values() > counts.nonFinite() ? extreme + 0.0 : other; // -0.0 + 0.0 is 0.0
    }

    /** Whether numbers have both the first and the last i, as those do that go on after a last one. */
    private static boolean holdsAll(ChannelGrid grid, long from, long to) {
        return to - from >= grid.period() || grid.index(from) > grid.index(to - 1);
    }

    private static long nan(BatchCounts counts) {
        return (counts.nonFinite() + 2) / 3;
    }

    private static long positiveInfinite(BatchCounts counts) {
        return (counts.nonFinite() + 1) / 3;
    }

    private static long negativeInfinite(BatchCounts counts) {
        return counts.nonFinite() / 3;
    }

    /** The same numbers, for everything that can be asked of moments. */
    ExactMoments moments() {
        return new ExactMoments(
                counts.values(),
                nan(counts),
                positiveInfinite(counts),
                negativeInfinite(counts),
                sum.toBigDecimal(),
                sumOfSquares.toBigDecimal(),
                min,
                max);
    }

    /** Writes the channel's record, of which a digest is made. */
    void writeTo(DataOutputStream out) throws IOException {
        out.writeLong(counts.values());
        out.writeDouble(min);
        out.writeDouble(max);
        out.writeLong(nan(counts));
        out.writeLong(positiveInfinite(counts));
        out.writeLong(negativeInfinite(counts));
        sum.writeTo(out);
        sumOfSquares.writeTo(out);
    }
}
