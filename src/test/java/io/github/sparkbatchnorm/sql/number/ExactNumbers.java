package io.github.sparkbatchnorm.sql.number;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the functions give for finite numbers, in exact arithmetic. */
final class ExactNumbers {
    /** As many as a variance of few numbers can have, so that a root that is a tie is one here, too. */
    private static final MathContext DIGITS = new MathContext(400);

    private ExactNumbers() {}

    static @Nullable Double of(NumberStatistic statistic, List<BigDecimal> numbers) {
        BigDecimal n = BigDecimal.valueOf(numbers.size());
        if (numbers.isEmpty()) {
            return null;
        }
        BigDecimal sum = BigDecimal.ZERO;
        BigDecimal squares = BigDecimal.ZERO;
        for (BigDecimal x : numbers) {
            sum = sum.add(x);
            squares = squares.add(x.multiply(x));
        }
        BigDecimal spread = squares.multiply(n).subtract(sum.multiply(sum));
        return switch (statistic) {
            case SUM -> sum.doubleValue();
            case AVG -> sum.divide(n, DIGITS).doubleValue();
            case VAR_POP -> quotient(spread, n.multiply(n)).doubleValue();
            case STDDEV_POP -> quotient(spread, n.multiply(n)).sqrt(DIGITS).doubleValue();
            case VAR_SAMP -> numbers.size() == 1
                    ? null
                    : Double.valueOf(quotient(spread, n.multiply(n).subtract(n)).doubleValue());
            case STDDEV_SAMP -> numbers.size() == 1
                    ? null
                    : Double.valueOf(quotient(spread, n.multiply(n).subtract(n))
                            .sqrt(DIGITS)
                            .doubleValue());
        };
    }

    private static BigDecimal quotient(BigDecimal spread, BigDecimal divisor) {
        return spread.divide(divisor, DIGITS);
    }
}
