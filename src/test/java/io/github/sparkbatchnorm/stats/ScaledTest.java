package io.github.sparkbatchnorm.stats;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Quotients of exact sums, and what rounding took from them. */
final class ScaledTest {
    private static final MathContext DIGITS = new MathContext(1200); // a tie below the smallest double has 750

    @Property(tries = 2000)
    void quotientAndRestAreEachCorrectlyRounded(@ForAll long seed) {
        Random random = new Random(seed);
        BigInteger integer = new BigInteger(1 + random.nextInt(200), random);
        integer = random.nextBoolean() ? integer : integer.negate();
        int exponent = random.nextInt(1900) - 1100;
        BigInteger divisor =
                new BigInteger(1 + random.nextInt(62), random).shiftRight(1).add(BigInteger.ONE);

        ExactSum.Scaled sum = new ExactSum.Scaled(integer, exponent);
        double quotient = sum.dividedBy(divisor);
        double rest = sum.lowOf(quotient, divisor);

        BigDecimal unit = new BigDecimal(exponent < 0 ? 0.5 : 2).pow(Math.abs(exponent));
        BigDecimal exact = new BigDecimal(integer).multiply(unit);
        assertThat(quotient)
                .isEqualTo(exact.divide(new BigDecimal(divisor), DIGITS).doubleValue());
        assertThat(rest)
                .isEqualTo(exact.subtract(new BigDecimal(quotient).multiply(new BigDecimal(divisor)))
                        .divide(new BigDecimal(divisor), DIGITS)
                        .doubleValue());
    }
}
