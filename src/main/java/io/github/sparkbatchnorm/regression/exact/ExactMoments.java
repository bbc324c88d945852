package io.github.sparkbatchnorm.regression.exact;

import java.io.Serializable;
import java.math.BigDecimal;
import java.math.BigInteger;

/**
 * The exact statistics of a set of numbers. Sums are of the finite values alone.
 *
 * @param count n, of all values: those that are not finite, too
 * @param nan how many values are NaN
 * @param positiveInfinite how many values are positive infinity
 * @param negativeInfinite how many values are negative infinity
 * @param sum the sum of the values
 * @param sumOfSquares the sum of their squares
 * @param min the smallest value that is not NaN, where -0.0 counts as 0.0; NaN without any
 * @param max the largest
 */
public record ExactMoments(
        long count,
        long nan,
        long positiveInfinite,
        long negativeInfinite,
        BigDecimal sum,
        BigDecimal sumOfSquares,
        double min,
        double max)
        implements Serializable {
    private static final long serialVersionUID = 1L;

    /** The moments of no values. */
    public static final ExactMoments NONE =
            new ExactMoments(0, 0, 0, 0, BigDecimal.ZERO, BigDecimal.ZERO, Double.NaN, Double.NaN);

    /** {@return whether all values are finite} */
    public boolean isFinite() {
        return nan == 0 && positiveInfinite == 0 && negativeInfinite == 0;
    }

    /**
     * {@return the moments of these values and others}
     *
     * @param others of any number of values
     */
    public ExactMoments plus(ExactMoments others) {
        return new ExactMoments(
                count + others.count,
                nan + others.nan,
                positiveInfinite + others.positiveInfinite,
                negativeInfinite + others.negativeInfinite,
                sum.add(others.sum),
                sumOfSquares.add(others.sumOfSquares),
                smaller(min, others.min),
                larger(max, others.max));
    }

    static double smaller(double a, double b) {
        return Double.isNaN(a) || b < a ? b + 0.0 : a + 0.0; // -0.0 + 0.0 is 0.0
    }

    static double larger(double a, double b) {
        return Double.isNaN(a) || b > a ? b + 0.0 : a + 0.0;
    }

    /** {@return sum/n, rounded once; NaN or an infinity as IEEE arithmetic has it; NaN without values} */
    public double mean() {
        if (nan > 0 || (positiveInfinite > 0 && negativeInfinite > 0) || count == 0) {
            return Double.NaN;
        }
        if (!isFinite()) {
            return positiveInfinite > 0 ? Double.POSITIVE_INFINITY : Double.NEGATIVE_INFINITY;
        }
        return Quotient.of(sum, BigInteger.valueOf(count)).toDouble();
    }

    /** {@return the biased variance, rounded once; NaN where a value is not finite, or without values} */
    public double variance() {
        return isFinite() && count > 0 ? exactVariance().toDouble() : Double.NaN;
    }

    /** {@return the unbiased variance, rounded once; NaN where a value is not finite, or with fewer than two values} */
    public double sampleVariance() {
        return isFinite() && count > 1 ? exactSampleVariance().toDouble() : Double.NaN;
    }

    /**
     * {@return the mean}
     *
     * @throws ArithmeticException if there are no values
     */
    public Quotient exactMean() {
        return Quotient.of(sum, BigInteger.valueOf(count));
    }

    /**
     * {@return the biased variance}
     *
     * @throws ArithmeticException if there are no values
     */
    public Quotient exactVariance() {
        return variance(BigInteger.valueOf(count));
    }

    /**
     * {@return the unbiased variance}
     *
     * @throws ArithmeticException if there are fewer than two values
     */
    public Quotient exactSampleVariance() {
        return variance(BigInteger.valueOf(count - 1));
    }

    private Quotient variance(BigInteger divisor) {
        BigDecimal n = BigDecimal.valueOf(count);
        BigDecimal squares = n.multiply(sumOfSquares).subtract(sum.multiply(sum)); // n^2 * variance
        return Quotient.of(squares, divisor.multiply(BigInteger.valueOf(count)));
    }
}
