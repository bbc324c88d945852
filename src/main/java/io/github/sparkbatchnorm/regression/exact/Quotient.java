package io.github.sparkbatchnorm.regression.exact;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;

/**
 * A quotient of two integers, not reduced.
 *
 * @param numerator any integer
 * @param denominator above 0
 */
public record Quotient(BigInteger numerator, BigInteger denominator) {
    /** More bits than a double has, and one that stands for all that follow. */
    private static final int BITS = 66;

    /**
     * Creates a quotient.
     *
     * @param numerator any integer
     * @param denominator above 0
     * @throws ArithmeticException if the denominator is not above 0
     */
    public Quotient {
        if (denominator.signum() <= 0) {
            throw new ArithmeticException("denominator " + denominator + "; expected one above 0");
        }
    }

    /**
     * {@return a quotient}
     *
     * @param dividend any number
     * @param divisor above 0
     */
    public static Quotient of(BigDecimal dividend, BigInteger divisor) {
        BigInteger power = BigInteger.TEN.pow(Math.abs(dividend.scale()));
        return dividend.scale() >= 0
                ? new Quotient(dividend.unscaledValue(), divisor.multiply(power))
                : new Quotient(dividend.unscaledValue().multiply(power), divisor);
    }

    /** {@return the nearest double; of two, the even one} */
    public double toDouble() {
        int shift = Math.max(0, BITS + denominator.bitLength() - numerator.bitLength());
        BigInteger[] parts = numerator.abs().shiftLeft(shift).divideAndRemainder(denominator);
        BigInteger bits = parts[0].shiftLeft(1);
        if (parts[1].signum() != 0) {
            bits = bits.setBit(0); // whatever is beyond decides only between halves
        }
        double size = scaled(bits, shift + 1);
        return numerator.signum() < 0 ? -size : size;
    }

    /**
     * {@return the double nearest to the square root; of two, the even one}
     *
     * @throws ArithmeticException if this is below 0
     */
    public double squareRoot() {
        int wanted = Math.max(0, 2 * BITS + denominator.bitLength() - numerator.bitLength());
        int shift = wanted + wanted % 2;
        BigInteger[] parts = numerator.shiftLeft(shift).divideAndRemainder(denominator);
        BigInteger[] root = parts[0].sqrtAndRemainder();
        BigInteger bits = root[0].shiftLeft(1);
        if (root[1].signum() != 0 || parts[1].signum() != 0) {
            bits = bits.setBit(0); // as in toDouble
        }
        return scaled(bits, shift / 2 + 1);
    }

    /** {@return bits / 2^shift, rounded once} */
    private static double scaled(BigInteger bits, int shift) {
        return new BigDecimal(bits)
                .divide(new BigDecimal(BigInteger.ONE.shiftLeft(shift)), MathContext.UNLIMITED)
                .doubleValue();
    }

    /**
     * {@return this number to a precision}
     *
     * @param precision of the result
     */
    public BigDecimal toBigDecimal(MathContext precision) {
        return new BigDecimal(numerator).divide(new BigDecimal(denominator), precision);
    }
}
