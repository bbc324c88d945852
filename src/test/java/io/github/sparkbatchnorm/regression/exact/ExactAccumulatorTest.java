package io.github.sparkbatchnorm.regression.exact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Random;
import java.util.function.DoubleSupplier;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

final class ExactAccumulatorTest {
    private static ExactMoments of(double... values) {
        ExactAccumulator accumulator = new ExactAccumulator();
        DoubleStream.of(values).forEach(accumulator::add);
        return accumulator.moments();
    }

    @Test
    void sumsAreThoseOfBigDecimals() {
        Random random = new Random(5);
        DoubleSupplier anyFinite = () -> {
            double value = Double.longBitsToDouble(random.nextLong());
            return Double.isFinite(value) ? value : 1;
        };
        DoubleSupplier near = () -> 1e6 + random.nextGaussian();
        for (DoubleSupplier supplier : new DoubleSupplier[] {anyFinite, near}) {
            double[] values = DoubleStream.generate(supplier).limit(1500).toArray();
            BigDecimal sum = BigDecimal.ZERO;
            BigDecimal sumOfSquares = BigDecimal.ZERO;
            for (double value : values) {
                BigDecimal exact = new BigDecimal(value);
                sum = sum.add(exact);
                sumOfSquares = sumOfSquares.add(exact.multiply(exact));
            }
            ExactMoments moments = of(values);
            assertThat(moments.sum()).isEqualByComparingTo(sum);
            assertThat(moments.sumOfSquares()).isEqualByComparingTo(sumOfSquares);
            assertThat(moments.count()).isEqualTo(1500);
            assertThat(moments.min()).isEqualTo(DoubleStream.of(values).min().getAsDouble());
            assertThat(moments.max()).isEqualTo(DoubleStream.of(values).max().getAsDouble());
        }
    }

    @Test
    void statisticsAreRoundedOnce() {
        ExactMoments moments = of(1e16, 1e16 + 2);
        assertThat(moments.mean()).isEqualTo(1e16);
        assertThat(moments.variance()).isEqualTo(1);
        assertThat(moments.sampleVariance()).isEqualTo(2);
        ExactMoments thirds = of(1, 0, 0);
        assertThat(thirds.mean()).isEqualTo(1.0 / 3);
        assertThat(thirds.variance()).isEqualTo(2.0 / 9);
        assertThat(of(0.1, 0.1, 0.1).mean()).isEqualTo(0.1);
        assertThat(of(0.1, 0.1, 0.1).variance()).isZero();
    }

    @Test
    void valuesThatAreNotFiniteFollowIeee() {
        double infinity = Double.POSITIVE_INFINITY;
        assertThat(of(1, infinity).mean()).isEqualTo(infinity);
        assertThat(of(1, -infinity).mean()).isEqualTo(-infinity);
        assertThat(of(infinity, -infinity).mean()).isNaN();
        assertThat(of(1, Double.NaN).mean()).isNaN();
        assertThat(of(1, infinity).variance()).isNaN();
        assertThat(of(1, infinity, Double.NaN).max()).isEqualTo(infinity);
        assertThat(of(1, infinity, Double.NaN).sum()).isEqualByComparingTo("1");
        assertThat(of(1, infinity, Double.NaN).count()).isEqualTo(3);
        assertThat(of(Double.NaN).min()).isNaN();
        assertThat(Double.toString(of(-0.0).min())).isEqualTo("0.0");
    }

    @Test
    void fewValuesHaveNoVariance() {
        assertThat(of()).isEqualTo(ExactMoments.NONE);
        assertThat(of().mean()).isNaN();
        assertThat(of().variance()).isNaN();
        assertThat(of(7).variance()).isZero();
        assertThat(of(7).sampleVariance()).isNaN();
    }

    @Test
    void addingMomentsIsAddingValues() {
        ExactMoments both = of(3, -0.0, Double.NaN).plus(of(5, Double.NEGATIVE_INFINITY));
        ExactMoments all = of(3, -0.0, Double.NaN, 5, Double.NEGATIVE_INFINITY);
        assertThat(both.sum()).isEqualByComparingTo(all.sum());
        assertThat(both.sumOfSquares()).isEqualByComparingTo(all.sumOfSquares());
        assertThat(both.min()).isEqualTo(all.min());
        assertThat(both.max()).isEqualTo(all.max());
        assertThat(both.count()).isEqualTo(5);
        assertThat(ExactMoments.NONE.plus(all).min()).isEqualTo(all.min());
    }

    @Test
    void quotientsAreRoundedToTheNearestDoubleWithTiesToEven() {
        BigInteger two53 = BigInteger.ONE.shiftLeft(53);
        BigInteger one = BigInteger.ONE;
        assertThat(new Quotient(two53.add(one), one).toDouble()).isEqualTo(0x1p53);
        assertThat(new Quotient(two53.add(BigInteger.valueOf(3)), one).toDouble())
                .isEqualTo(0x1p53 + 4);
        assertThat(new Quotient(two53.add(one).shiftLeft(200).add(one), one.shiftLeft(200)).toDouble())
                .isEqualTo(0x1p53 + 2);
        assertThat(new Quotient(two53.add(one).shiftLeft(200).subtract(one), one.shiftLeft(200)).toDouble())
                .isEqualTo(0x1p53);
        // Half of the smallest double, and a little more.
        assertThat(new Quotient(one, one.shiftLeft(1075)).toDouble()).isZero();
        assertThat(new Quotient(one.shiftLeft(300).add(one), one.shiftLeft(1375)).toDouble())
                .isEqualTo(Double.MIN_VALUE);
        assertThat(new Quotient(one.shiftLeft(1024), one).toDouble()).isInfinite();
        assertThat(new Quotient(BigInteger.TEN.negate(), BigInteger.valueOf(3)).toDouble())
                .isEqualTo(-10.0 / 3);
        assertThat(new Quotient(BigInteger.ZERO, one).toDouble()).isZero();
        assertThatThrownBy(() -> new Quotient(one, BigInteger.ZERO))
                .isInstanceOf(ArithmeticException.class)
                .hasMessage("denominator 0; expected one above 0");
    }
}
