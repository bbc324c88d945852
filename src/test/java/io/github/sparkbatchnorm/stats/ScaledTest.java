package io.github.sparkbatchnorm.stats;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** Quotients of exact sums, their low parts and their roots. */
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

    @Property(seed = "1", tries = 3000)
    void rootOfAQuotientIsCorrectlyRounded(@ForAll long seed) {
        Random random = new Random(seed);
        BigInteger divisor = new BigInteger(1 + random.nextInt(126), random).add(BigInteger.ONE);
        int exponent = random.nextInt(4200) - 2200;
        // A square, a square of a tie, or numbers one beside them; or any number.
        BigInteger root = new BigInteger(1 + random.nextInt(56), random);
        BigInteger integer = random.nextInt(3) == 0
                ? new BigInteger(1 + random.nextInt(300), random)
                : root.multiply(root).multiply(divisor).add(BigInteger.valueOf(random.nextInt(3) - 1L));
        if (integer.signum() >= 0) {
            assertRoot(new Scaled(integer, exponent), divisor);
        }
    }

    @Test
    void rootsThatAreTiesGoToTheEvenNeighbour() {
        for (long root : new long[] {(1L << 53) + 1, (1L << 53) + 3, (1L << 54) - 1}) {
            Scaled tie = new Scaled(BigInteger.valueOf(root).pow(2), 0);
            assertThat(tie.rootDividedBy(BigInteger.ONE)).isEqualTo(nearest(BigInteger.valueOf(root)));
            assertThat(tie.times(BigInteger.TEN).rootDividedBy(BigInteger.TEN))
                    .isEqualTo(nearest(BigInteger.valueOf(root)));
            for (int beside = -1; beside <= 1; beside++) {
                assertRoot(
                        new Scaled(tie.integer().add(BigInteger.valueOf(beside)), 2 * (root % 5 == 0 ? 1 : 300)),
                        BigInteger.ONE);
            }
        }
        // Half of the smallest double, one and a half of it, and numbers beside these.
        assertThat(new Scaled(BigInteger.ONE, -2150).rootDividedBy(BigInteger.ONE))
                .isZero();
        assertThat(new Scaled(BigInteger.ONE.shiftLeft(100).add(BigInteger.ONE), -2250).rootDividedBy(BigInteger.ONE))
                .isEqualTo(Double.MIN_VALUE);
        assertThat(new Scaled(BigInteger.valueOf(9), -2150).rootDividedBy(BigInteger.ONE))
                .isEqualTo(2 * Double.MIN_VALUE);
        assertThat(new Scaled(BigInteger.ONE, -5000).rootDividedBy(BigInteger.ONE))
                .isZero();
    }

    @Test
    void rootsReachTheLargestDoubleAndBeyond() {
        Scaled largest = Scaled.of(Double.MAX_VALUE);
        assertThat(largest.times(largest).rootDividedBy(BigInteger.ONE)).isEqualTo(Double.MAX_VALUE);
        Scaled tie = new Scaled(BigInteger.ONE.shiftLeft(54).subtract(BigInteger.ONE), 970);
        assertThat(tie.times(tie).rootDividedBy(BigInteger.ONE)).isInfinite();
        Scaled below = new Scaled(tie.times(tie).integer().subtract(BigInteger.ONE), 1940);
        assertThat(below.rootDividedBy(BigInteger.ONE)).isEqualTo(Double.MAX_VALUE);
        assertThat(Scaled.ZERO.rootDividedBy(BigInteger.TEN)).isZero();
    }

    /** The root lies between the middles to both neighbours, in exact numbers; on a middle if it is the even one. */
    private static void assertRoot(Scaled number, BigInteger divisor) {
        double root = number.rootDividedBy(divisor);
        BigDecimal exact = new BigDecimal(number.integer()).multiply(powerOfTwo(number.exponent()));
        boolean even = (Double.doubleToRawLongBits(root) & 1) == 0;
        if (root > 0) {
            BigDecimal low = middle(Math.nextDown(root));
            int above = exact.compareTo(low.multiply(low).multiply(new BigDecimal(divisor)));
            assertThat(above).as("%s over %s above %s", number, divisor, low).isGreaterThanOrEqualTo(even ? 0 : 1);
        }
        if (Double.isFinite(root)) {
            BigDecimal high = middle(root);
            int below = exact.compareTo(high.multiply(high).multiply(new BigDecimal(divisor)));
            assertThat(below).as("%s over %s below %s", number, divisor, high).isLessThanOrEqualTo(even ? 0 : -1);
        }
    }

    /** The middle between a double and the next larger one, which is {@code 2^1024} for the largest. */
    private static BigDecimal middle(double x) {
        BigDecimal half = new BigDecimal(Math.ulp(x)).multiply(new BigDecimal("0.5"));
        return new BigDecimal(x).add(half);
    }

    private static BigDecimal powerOfTwo(int exponent) {
        return new BigDecimal(exponent < 0 ? 0.5 : 2).pow(Math.abs(exponent));
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
