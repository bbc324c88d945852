package io.github.sparkbatchnorm.stats;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.function.DoubleSupplier;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** Rounding in double-doubles gives what exact arithmetic gives, or nothing. */
class QuickRoundingTest {
    private final Scaled.QuickRounding quick = new Scaled.QuickRounding();
    private int decided;
    private int undecided;

    @Property(tries = 300)
    void whatIsDecidedIsWhatExactArithmeticGives(@ForAll long seed) {
        Random random = new Random(seed);
        int n = 1 + random.nextInt(random.nextBoolean() ? 5 : 200);
        int bits = 1 + random.nextInt(53);
        double mean = random.nextInt(4) == 0 ? 0 : Math.scalb(random.nextGaussian(), random.nextInt(60));
        int exponent = random.nextInt(3) == 0 ? random.nextInt(900) - 450 : 0;
        double[] values = new double[n];
        for (int i = 0; i < n; i++) {
            // Of few bits, so that means and variances are often doubles or ties.
            double spread = (random.nextLong() >> (64 - bits)) * Math.scalb(1.0, -random.nextInt(4));
            values[i] = Math.scalb(mean + (random.nextInt(5) == 0 ? 0 : spread), exponent);
        }
        compare(values);
    }

    private void compare(double... values) {
        ExactSum sum = new ExactSum();
        ExactSum squares = new ExactSum();
        for (double x : values) {
            sum.add(x);
            squares.addProduct(x, x);
        }
        ByteBuffer bytes = ByteBuffer.allocate(sum.canonicalSize() + squares.canonicalSize());
        sum.writeTo(bytes);
        squares.writeTo(bytes);
        compare(bytes, values.length);
    }

    private void compare(ByteBuffer sums, long count) {
        Scaled sum = ExactSum.readScaled(sums.rewind());
        Scaled squares = ExactSum.readScaled(sums);
        BigInteger n = BigInteger.valueOf(count);
        Scaled spread = ChannelStatistics.spread(sum, squares, n);
        double mean = sum.dividedBy(n);

        quick.read(sums.rewind(), count);
        compare(quick.mean(), () -> mean);
        compare(quick.meanLow(mean), () -> sum.lowOf(mean, n));
        if (quick.findSpread()) {
            compare(quick.variance(count), () -> spread.dividedBy(n.multiply(n)));
            if (count > 1) {
                compare(quick.variance(count - 1), () -> spread.dividedBy(n.multiply(n.subtract(BigInteger.ONE))));
            }
        }
    }

    private void compare(double found, DoubleSupplier exact) {
        if (Double.isNaN(found)) {
            undecided++;
        } else {
            decided++;
            assertThat(found).isEqualTo(exact.getAsDouble());
        }
    }

    @Test
    void commonDataIsDecided() {
        Random random = new Random(1);
        for (int batch = 0; batch < 1000; batch++) {
            double[] values = new double[2 + random.nextInt(20)];
            for (int i = 0; i < values.length; i++) {
                double x = 1 + 3 * random.nextGaussian();
                values[i] = batch % 2 == 0 ? x : (float) x;
            }
            compare(values);
        }
        assertThat(undecided).isLessThan(30); // variances of floats that are ties
        assertThat(decided).isEqualTo(4000 - undecided);
    }

    @Test
    void zerosAndSingleValuesAreDecided() {
        compare(0.0);
        compare(0.0, 0.0, 0.0);
        compare(-0.1);
        compare(1.0, -1.0);
        assertThat(undecided).isZero();
    }

    @Test
    void tiesAndNumbersBesideThemAreLeftOrRight() {
        double ulp = Math.ulp(1.0);
        compare(1, 1 + ulp); // the mean is a tie, and the variances are far below the squares
        assertThat(undecided).isEqualTo(3);
        for (double tiny : new double[] {1e-20, 1e-30, 1e-40, 1e-100, 1e-300}) {
            compare(1, 1 + ulp, tiny, -tiny, 0, 0);
            compare(1, 1 + ulp, tiny, 0);
            compare(1, 1 + ulp, -tiny, 0);
        }
        assertThat(decided).isGreaterThan(10);
    }

    @Property(tries = 300)
    void meansInTheMiddleOfTwoDoublesAreDecided(@ForAll long seed) {
        Random random = new Random(seed);
        double x = Math.scalb(1 + random.nextDouble(), random.nextInt(1200) - 600) * (random.nextBoolean() ? 1 : -1);
        double next = Math.nextUp(x);
        compare(x, next);
        assertThat(quick.mean()).isNotNaN();
        compare(x, next, x, x, next, next);
        assertThat(quick.mean()).isNotNaN();
        // Beside the middle by as little as a sum of these exponents can be.
        for (int bits = 1; bits < 60; bits++) {
            double little = Math.ulp(x) * Math.scalb(1.0, -bits);
            compare(x, next, little, 0);
            compare(x, next, -little, 0, 0, 0);
            compare(x, next, x, next, little);
        }
    }

    @Test
    void constantAndFarValuesAreLeftOrRight() {
        compare(0.1, 0.1, 0.1);
        compare(1e15, 1e15 + 1, 1e15 + 2);
        compare(1e300, 1e300);
        compare(Double.MIN_VALUE, 3 * Double.MIN_VALUE);
        compare(Double.MAX_VALUE, -Double.MAX_VALUE, Double.MAX_VALUE);
        compare(1e200, 1e-200, 1);
        assertThat(decided).isPositive();
        assertThat(undecided).isPositive();
    }

    @Test
    void countsBeyondDoublesAreLeft() {
        ByteBuffer sums = ByteBuffer.allocate(40);
        sums.putInt(0).putInt(1).putInt(3).putInt(0).putInt(1).putInt(9);
        compare(sums, (1L << 53) + 1);
        assertThat(decided).isZero();
        compare(sums, 1L << 53);
        assertThat(decided).isPositive();
    }
}
