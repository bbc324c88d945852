package io.github.sparkbatchnorm.stats;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** Quotients of exact sums, and their low parts. */
final class ScaledTest {
    private static final MathContext DIGITS = new MathContext(1200); // a tie below the smallest double has 750

    @Property(tries = 2000)
    void quotientAndItsLowPartAreEachCorrectlyRounded(@ForAll long seed) {
        Random random = new Random(seed);
        BigInteger integer = new BigInteger(1 + random.nextInt(200), random);
        integer = random.nextBoolean() ? integer : integer.negate();
        int exponent = random.nextInt(1900) - 1100;
        BigInteger divisor =
                new BigInteger(1 + random.nextInt(62), random).shiftRight(1).add(BigInteger.ONE);

        Scaled sum = new Scaled(integer, exponent);
        double quotient = sum.dividedBy(divisor);
        double low = sum.lowOf(quotient, divisor);

        BigDecimal unit = new BigDecimal(exponent < 0 ? 0.5 : 2).pow(Math.abs(exponent));
        BigDecimal exact = new BigDecimal(integer).multiply(unit);
        assertThat(quotient)
                .isEqualTo(exact.divide(new BigDecimal(divisor), DIGITS).doubleValue());
        assertThat(low)
                .isEqualTo(exact.subtract(new BigDecimal(quotient).multiply(new BigDecimal(divisor)))
                        .divide(new BigDecimal(divisor), DIGITS)
                        .doubleValue());
    }

    @Test
    void tiesGoToTheEvenNeighbour() {
        BigInteger one = BigInteger.ONE.shiftLeft(53);
        assertThat(nearest(one.add(BigInteger.ONE))).isEqualTo(0x1p53);
        assertThat(nearest(one.add(BigInteger.valueOf(3)))).isEqualTo(0x1.0000000000002p53);
        assertThat(nearest(one.shiftLeft(1).subtract(BigInteger.ONE))).isEqualTo(0x1p54);
        assertThat(new Scaled(BigInteger.ONE, -1075).dividedBy(BigInteger.ONE)).isZero();
        assertThat(new Scaled(BigInteger.valueOf(3), -1075).dividedBy(BigInteger.ONE))
                .isEqualTo(2 * Double.MIN_VALUE);
    }

    private static double nearest(BigInteger integer) {
        return new Scaled(integer, 0).dividedBy(BigInteger.ONE);
    }
}
