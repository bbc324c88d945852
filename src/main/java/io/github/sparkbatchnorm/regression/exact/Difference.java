package io.github.sparkbatchnorm.regression.exact;

import java.math.BigDecimal;
import java.math.MathContext;

/**
 * How far a number is from the exact one.
 *
 * @param relative the distance, relative to the numbers that were added up; 0 for none, infinite for one that is not
 *     finite or not the special number that is due
 * @param floats how many floats the number is from the nearest one to the exact number, for results of that type
 * @param expected the exact number, rounded
 */
public record Difference(double relative, long floats, double expected) {
    private static final MathContext FEW_DIGITS = new MathContext(5);
    private static final BigDecimal SMALLEST = new BigDecimal(Double.MIN_VALUE);

    /**
     * {@return the distance of two numbers, relative to a third; 0 if it is at most the smallest double, and infinite
     * where the third is 0}
     *
     * @param found any
     * @param exact any
     * @param scale 0 or more
     */
    public static double relative(BigDecimal found, BigDecimal exact, BigDecimal scale) {
        return relative(found, exact, scale, SMALLEST);
    }

    private static double relative(BigDecimal found, BigDecimal exact, BigDecimal scale, BigDecimal near) {
        BigDecimal distance = found.subtract(exact).abs();
        if (distance.compareTo(near) <= 0) {
            return 0; // as near as doubles are
        }
        return scale.signum() == 0
                ? Double.POSITIVE_INFINITY
                : distance.divide(scale, FEW_DIGITS).doubleValue();
    }

    /** @param factor that a number was multiplied by whose distance from the exact one can be the smallest double */
    static Difference of(BigDecimal exact, BigDecimal scale, BigDecimal factor, double found) {
        double expected = exact.doubleValue();
        long floats = Math.abs(index(exact.floatValue()) - index((float) found));
        if (!Double.isFinite(found)) {
            boolean same = expected == found;
            return new Difference(same ? 0 : Double.POSITIVE_INFINITY, floats, expected);
        }
        BigDecimal near = SMALLEST.multiply(factor.abs().max(BigDecimal.ONE));
        double relative = relative(new BigDecimal(found), exact, scale, near);
        return new Difference(relative, floats, expected);
    }

    /** Where the formula gives NaN or an infinity: 0 times an infinity is NaN, too. */
    static Difference ofSpecial(double expected, double found) {
        boolean same = Double.compare(expected, found) == 0;
        return new Difference(same ? 0 : Double.POSITIVE_INFINITY, same ? 0 : Long.MAX_VALUE, expected);
    }

    static Difference ofNotFinite(double found) {
        return ofSpecial(Double.isFinite(found) ? Double.NaN : found, found);
    }

    /** The place of a float among all floats; infinities are beside the largest. */
    private static long index(float value) {
        int bits = Float.floatToIntBits(value + 0f);
        return bits >= 0 ? bits : -(long) (bits & Integer.MAX_VALUE);
    }
}
