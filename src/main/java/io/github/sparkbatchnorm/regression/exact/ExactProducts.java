package io.github.sparkbatchnorm.regression.exact;

import java.io.Serializable;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.HashMap;
import java.util.Map;

/**
 * The exact sum of products of two finite doubles: of the significands' products for each exponent, as integers, with
 * the weights of the exponents at the end. Not thread-safe.
 */
final class ExactProducts implements Serializable {
    private static final long serialVersionUID = 1L;

    private static final int FRACTION_BITS = 52;
    private static final int SMALLEST_EXPONENT = -1074;
    private static final int HALF = 27;
    private static final long HALF_MASK = (1L << HALF) - 1;

    private final Map<Integer, Bucket> buckets = new HashMap<>();
    private int lastExponent;
    private Bucket last = new Bucket();

    ExactProducts() {
        buckets.put(lastExponent, last);
    }

    /** Adds a product. */
    void add(double a, double b) {
        // |a * b| = significands' product * 2^(exponent + 2 * SMALLEST_EXPONENT)
        int exponent = exponent(a) + exponent(b);
        if (exponent != lastExponent) {
            lastExponent = exponent;
            last = buckets.computeIfAbsent(exponent, e -> new Bucket());
        }
        last.add(significand(a), significand(b));
    }

    private static int exponent(double value) {
        int biased = (int) (Double.doubleToRawLongBits(value) >>> FRACTION_BITS) & 0x7FF;
        return Math.max(biased, 1) - 1;
    }

    private static long significand(double value) {
        long bits = Double.doubleToRawLongBits(value);
        long fraction = bits & ((1L << FRACTION_BITS) - 1);
        boolean subnormal = ((bits >>> FRACTION_BITS) & 0x7FF) == 0;
        long size = subnormal ? fraction : fraction | 1L << FRACTION_BITS;
        return bits < 0 ? -size : size;
    }

    /** The sum of what was added. */
    BigDecimal sum() {
        BigDecimal sum = BigDecimal.ZERO;
        for (Map.Entry<Integer, Bucket> entry : buckets.entrySet()) {
            sum = sum.add(scaled(entry.getValue().total(), entry.getKey() + 2 * SMALLEST_EXPONENT));
        }
        return sum;
    }

    /** integer * 2^exponent. */
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

    /** The products of significands whose exponents have one sum. */
    private static final class Bucket implements Serializable {
        private static final long serialVersionUID = 1L;

        /** A long holds the sum of as many numbers of 54 bits, with their sign. */
        private static final int ROOM = 256;

        private BigInteger sum = BigInteger.ZERO;
        private int added;
        private long high; // weight 2^54
        private long middle; // weight 2^27
        private long low;

        void add(long a, long b) {
            long aHigh = a >> HALF;
            long aLow = a & HALF_MASK;
            long bHigh = b >> HALF;
            long bLow = b & HALF_MASK;
            high += aHigh * bHigh;
            middle += aHigh * bLow + aLow * bHigh;
            low += aLow * bLow;
            if (++added == ROOM) {
                sum = total();
                added = 0;
                high = 0;
                middle = 0;
                low = 0;
            }
        }

        BigInteger total() {
            return sum.add(BigInteger.valueOf(high).shiftLeft(2 * HALF))
                    .add(BigInteger.valueOf(middle).shiftLeft(HALF))
                    .add(BigInteger.valueOf(low));
        }
    }
}
