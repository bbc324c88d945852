package io.github.sparkbatchnorm.stats;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;

/** Mean and variance by exact rational arithmetic on the stored doubles: the yardstick of all tests. */
final class ExactReference {
    private static final MathContext DIGITS = new MathContext(60);

    private ExactReference() {}

    static BigDecimal sum(List<Double> values) {
        BigDecimal sum = BigDecimal.ZERO;
        for (double v : values) {
            sum = sum.add(new BigDecimal(v));
        }
        return sum;
    }

    static BigDecimal sumOfSquares(List<Double> values) {
        BigDecimal sum = BigDecimal.ZERO;
        for (double v : values) {
            BigDecimal exact = new BigDecimal(v);
            sum = sum.add(exact.multiply(exact));
        }
        return sum;
    }

    /** 60 digits of the mean. */
    static BigDecimal mean(List<Double> values) {
        return sum(values).divide(BigDecimal.valueOf(values.size()), DIGITS);
    }

    /** 60 digits of what rounding takes from the mean. */
    static BigDecimal meanLow(List<Double> values) {
        BigDecimal n = BigDecimal.valueOf(values.size());
        return sum(values)
                .subtract(new BigDecimal(mean(values).doubleValue()).multiply(n))
                .divide(n, DIGITS);
    }

    /** 60 digits of {@code (n sum(x^2) - sum(x)^2) / (n divisor)}. */
    static BigDecimal variance(List<Double> values, long divisor) {
        BigDecimal n = BigDecimal.valueOf(values.size());
        BigDecimal sum = sum(values);
        return sumOfSquares(values)
                .multiply(n)
                .subtract(sum.multiply(sum))
                .divide(n.multiply(BigDecimal.valueOf(divisor)), DIGITS);
    }
}
