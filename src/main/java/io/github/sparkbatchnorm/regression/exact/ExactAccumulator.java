package io.github.sparkbatchnorm.regression.exact;

import java.io.Serializable;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.HashMap;
import java.util.Map;

/**
 * Adds up numbers exactly: the significands of each exponent as integers, with the weights of the exponents at the end.
 * About 20 ns a value, and a few hundred bytes for each exponent that occurs. Not thread-safe.
 */
public final class ExactAccumulator implements Serializable {
    private static final long serialVersionUID = 1L;

    private static final int FRACTION_BITS = 52;
    private static final int SMALLEST_EXPONENT = -1074;
    private static final int HALF = 27;
    private static final long HALF_MASK = (1L << HALF) - 1;

    private long count;
    private long nan;
    private long positiveInfinite;
    private long negativeInfinite;
    private double min = Double.NaN;
    private double max = Double.NaN;
    private final Map<Integer, Bucket> buckets = new HashMap<>();
    private int lastExponent;
    private Bucket last = new Bucket();

    /** Creates an accumulator of no values. */
    public ExactAccumulator() {
        buckets.put(lastExponent, last);
    }

    /**
     * Adds a value.
     *
     * @param value any
     */
    public void add(double value) {
        count++;
        if (Double.isNaN(value)) {
            nan++;
            return;
        }
        min = ExactMoments.smaller(min, value);
        max = ExactMoments.larger(max, value);
        if (value == Double.POSITIVE_INFINITY) {
            positiveInfinite++;
        } else if (value == Double.NEGATIVE_INFINITY) {
            negativeInfinite++;
        } else {
            addFinite(value);
        }
    }

    private void addFinite(double value) {
        long bits = Double.doubleToRawLongBits(value);
        int biased = (int) (bits >>> FRACTION_BITS) & 0x7FF;
        long fraction = bits & ((1L << FRACTION_BITS) - 1);
        long significand = biased == 0 ? fraction : fraction | 1L << FRACTION_BITS;
        // |value| = significand * 2^(exponent + SMALLEST_EXPONENT)
        int exponent = Math.max(biased, 1) - 1;
        if (exponent != lastExponent) {
            lastExponent = exponent;
            last = buckets.computeIfAbsent(exponent, e -> new Bucket());
        }
        last.add(bits < 0 ? -significand : significand);
    }

    /** {@return the moments of what was added} */
    public ExactMoments moments() {
        BigDecimal sum = BigDecimal.ZERO;
        BigDecimal sumOfSquares = BigDecimal.ZERO;
        for (Map.Entry<Integer, Bucket> entry : buckets.entrySet()) {
            int exponent = entry.getKey() + SMALLEST_EXPONENT;
            Bucket bucket = entry.getValue();
            bucket.carry();
            sum = sum.add(scaled(bucket.sum, exponent));
            sumOfSquares = sumOfSquares.add(scaled(bucket.sumOfSquares, 2 * exponent));
        }
        return new ExactMoments(count, nan, positiveInfinite, negativeInfinite, sum, sumOfSquares, min, max);
    }

    /** {@return integer * 2^exponent} */
    private static BigDecimal scaled(BigInteger integer, int exponent) {
        if (exponent >= 0) {
            return new BigDecimal(integer.shiftLeft(exponent));
        }
        // 2^-k = 5^k / 10^k; without the factors of two that the integer has
        int even = integer.signum() == 0 ? -exponent : Math.min(-exponent, integer.getLowestSetBit());
        int left = -exponent - even;
        return new BigDecimal(
                integer.shiftRight(even).multiply(BigInteger.valueOf(5).pow(left)), left);
    }

    /** The significands of one exponent, and their squares. */
    private static final class Bucket implements Serializable {
        private static final long serialVersionUID = 1L;

        /** As many significands of 54 bits with their sign as a long can hold the sum of. */
        private static final int ROOM = 512;

        private BigInteger sum = BigInteger.ZERO;
        private BigInteger sumOfSquares = BigInteger.ZERO;
        private int added;
        private long small;
        private long highSquares; // weight 2^54
        private long products; // weight 2^28
        private long lowSquares;

        void add(long significand) {
            long size = Math.abs(significand);
            long high = size >>> HALF;
            long low = size & HALF_MASK;
            small += significand;
            highSquares += high * high;
            products += high * low;
            lowSquares += low * low;
            if (++added == ROOM) {
                carry();
            }
        }

        private void carry() {
            sum = sum.add(BigInteger.valueOf(small));
            sumOfSquares = sumOfSquares
                    .add(BigInteger.valueOf(highSquares).shiftLeft(2 * HALF))
                    .add(BigInteger.valueOf(products).shiftLeft(HALF + 1))
                    .add(BigInteger.valueOf(lowSquares));
            added = 0;
            small = 0;
            highSquares = 0;
            products = 0;
            lowSquares = 0;
        }
    }
}
