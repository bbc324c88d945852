package io.github.sparkbatchnorm.stats;

import java.math.BigInteger;

/**
 * The exact number {@code integer * 2^exponent}, whose quotients are rounded once, to the nearest double, ties to even.
 */
record Scaled(BigInteger integer, int exponent) implements Comparable<Scaled> {
    static final Scaled ZERO = new Scaled(BigInteger.ZERO, 0);

    private static final int PRECISION = 53;
    private static final int MIN_EXPONENT = -1022;
    /** Bits of a quotient, so that its square root has 55 or 56. */
    private static final int SQUARE_PRECISION = 2 * PRECISION + 4;
    /** From here on {@code 2^(exponent - 53)} is a normal double. */
    private static final int MIN_LOW_EXPONENT = MIN_EXPONENT + PRECISION;

    /** The exact value of a finite double. */
    static Scaled of(double x) {
        long bits = Double.doubleToRawLongBits(x);
        BigInteger significand = BigInteger.valueOf(ExactSum.significand(bits));
        return new Scaled(bits < 0 ? significand.negate() : significand, ExactSum.exponent(bits));
    }

    Scaled times(BigInteger factor) {
        return new Scaled(integer.multiply(factor), exponent);
    }

    Scaled times(Scaled other) {
        return new Scaled(integer.multiply(other.integer), exponent + other.exponent);
    }

    Scaled minus(Scaled other) {
        int unit = Math.min(exponent, other.exponent);
        return new Scaled(
                integer.shiftLeft(exponent - unit).subtract(other.integer.shiftLeft(other.exponent - unit)), unit);
    }

    /**
     * Compares the numbers. Those of unequal sign or magnitude take no more than that; others the memory of their
     * digits, however far their exponents are apart.
     */
    @Override
    public int compareTo(Scaled other) {
        int sign = integer.signum();
        int signs = Integer.compare(sign, other.integer.signum());
        if (signs != 0 || sign == 0) {
            return signs;
        }
        int magnitudes = Integer.compare(integer.bitLength() + exponent, other.integer.bitLength() + other.exponent);
        return magnitudes != 0 ? sign * magnitudes : minus(other).integer.signum();
    }

    /** {@code this / divisor} to the nearest double; the divisor is positive. */
    double dividedBy(BigInteger divisor) {
        return nearest(integer, divisor, exponent);
    }

    /**
     * {@code sqrt(this / divisor)} to the nearest double; this number is not negative, the divisor is positive.
     *
     * <p>The root of the integer below a number is the integer below the root of that number. So the digits of the root
     * are exact, and the remainders of the division and of the root tell whether more follow.
     */
    double rootDividedBy(BigInteger divisor) {
        if (integer.signum() == 0) {
            return 0.0;
        }
        int shift = SQUARE_PRECISION - (integer.bitLength() - divisor.bitLength());
        shift += (exponent - shift) & 1; // an even exponent remains
        BigInteger[] square = divide(integer, divisor, shift);
        BigInteger[] root = square[0].sqrtAndRemainder();
        // 55 or 56 bits of the root and one sticky bit that stands for all that follow.
        long digits = root[0].longValueExact() << 1 | root[1].signum() | square[1].signum();
        return nearest(digits, (exponent - shift) / 2 - 1);
    }

    /**
     * {@code this / divisor - quotient} to the nearest double: the low part of the quotient as a double-double.
     *
     * <p>With the quotient {@code q = w 2^t}, |w| below {@code 2^53}, and {@code 2^u} the smaller of the units of this
     * sum S and of q, {@code R = (S - q d) / 2^u} is an integer. Rounding took at most half of a unit of q: {@code |S /
     * d - q| <= 2^(t-1)}, so {@code |R| <= d 2^(t-u-1) < 2^(bits-1)} with {@code bits = bitLength(d) + t - u}. For
     * {@code bits <= 53}, R and d are exact as doubles, and R is known by its lowest 64 bits. The division is then the
     * only rounding: R / d is 0 or above {@code 2^-53} in magnitude, so that {@code R / d 2^u} is 0 or a normal double,
     * and scaling is exact. In all other cases exact arithmetic gives the same.
     *
     * @param quotient the finite result of {@link #dividedBy} with this divisor
     * @param divisor positive
     */
    double lowOf(double quotient, BigInteger divisor) {
        Scaled high = of(quotient);
        int unit = Math.min(exponent, high.exponent);
        int bits = divisor.bitLength() + high.exponent - unit;
        if (bits > PRECISION || unit < MIN_LOW_EXPONENT) {
            return minus(high.times(divisor)).dividedBy(divisor);
        }
        long remainder = lowBits(integer.longValue(), exponent - unit)
                - lowBits(high.integer.longValue() * divisor.longValue(), high.exponent - unit);
        return Math.scalb((double) remainder / divisor.longValue(), unit);
    }

    /** The lowest 64 bits of {@code x * 2^shift}. */
    private static long lowBits(long x, int shift) {
        return shift < Long.SIZE ? x << shift : 0;
    }

    /**
     * The double nearest to {@code numerator / denominator * 2^exponent}: an infinity beyond the largest double, a
     * subnormal or 0.0 below the smallest normal one.
     *
     * @param denominator positive
     */
    private static double nearest(BigInteger numerator, BigInteger denominator, int exponent) {
        if (numerator.signum() == 0) {
            return 0.0;
        }
        BigInteger dividend = numerator.abs();
        int shift = PRECISION + 2 - (dividend.bitLength() - denominator.bitLength());
        BigInteger[] quotient = divide(dividend, denominator, shift);
        // 55 or 56 bits of the quotient and one sticky bit that stands for all that follow.
        long digits = quotient[0].longValueExact() << 1 | quotient[1].signum();
        double magnitude = nearest(digits, exponent - shift - 1);
        return numerator.signum() < 0 ? -magnitude : magnitude;
    }

    /** The integer below {@code dividend / divisor * 2^shift}, and a remainder. */
    private static BigInteger[] divide(BigInteger dividend, BigInteger divisor, int shift) {
        return shift > 0
                ? dividend.shiftLeft(shift).divideAndRemainder(divisor)
                : dividend.divideAndRemainder(divisor.shiftLeft(-shift));
    }

    /** The double nearest to {@code digits * 2^exponent}; digits is positive, 56 or 57 bits long. */
    private static double nearest(long digits, int exponent) {
        int length = Long.SIZE - Long.numberOfLeadingZeros(digits);
        int leading = exponent + length - 1;
        int kept = leading >= MIN_EXPONENT ? PRECISION : PRECISION - (MIN_EXPONENT - leading);
        if (kept < 0) {
            return 0.0; // below half of the smallest subnormal
        }
        int dropped = length - kept;
        long significand = digits >>> dropped;
        long remainder = digits & ((1L << dropped) - 1);
        long half = 1L << (dropped - 1);
        if (remainder > half || (remainder == half && (significand & 1) == 1)) {
            significand++;
        }
        // At most 2^53 and on the grid of the result: scaling is exact, or overflows to infinity.
        return Math.scalb((double) significand, exponent + dropped);
    }
}
