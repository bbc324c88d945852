package io.github.sparkbatchnorm.stats;

import java.math.BigInteger;

/** Rounds exact ratios once, to the nearest double, ties to even. */
final class Rounding {
    private static final int PRECISION = 53;
    private static final int MIN_EXPONENT = -1022;

    private Rounding() {}

    /**
     * The double nearest to {@code numerator / denominator * 2^exponent}: an infinity beyond the largest double, a
     * subnormal or 0.0 below the smallest normal one.
     *
     * @param denominator positive
     */
    static double nearest(BigInteger numerator, BigInteger denominator, int exponent) {
        if (numerator.signum() == 0) {
            return 0.0;
        }
        BigInteger dividend = numerator.abs();
        int shift = PRECISION + 2 - (dividend.bitLength() - denominator.bitLength());
        BigInteger divisor = denominator;
        if (shift > 0) {
            dividend = dividend.shiftLeft(shift);
        } else {
            divisor = divisor.shiftLeft(-shift);
        }
        BigInteger[] quotient = dividend.divideAndRemainder(divisor);
        // 55 or 56 bits of the quotient and one sticky bit that stands for all that follow.
        long digits = quotient[0].longValueExact() << 1 | quotient[1].signum();
        double magnitude = nearest(digits, exponent - shift - 1);
        return numerator.signum() < 0 ? -magnitude : magnitude;
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
