package io.github.sparkbatchnorm.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Means and variances are the exact ones, rounded once. */
class ChannelStatisticsTest {
    @ParameterizedTest
    @ValueSource(doubles = {0, 1, 1e3, 1e6, 1e8, 1e9, 1e12, -1e12})
    void meanAndVarianceAreCorrectlyRoundedWhateverTheMean(double offset) {
        Random random = new Random(42);
        assertExact(random.doubles(1001).map(v -> offset + v).toArray());
        assertExact(random.doubles(1001).map(v -> (float) (offset + v)).toArray());
    }

    @ParameterizedTest
    @ValueSource(doubles = {1e-300, 1e-200, 1e-160, 1e-100, 1e-38, 1e38, 1e100, 1e150, 1e153})
    void meanAndVarianceAreCorrectlyRoundedAtAnyMagnitude(double magnitude) {
        assertExact(new Random(7).doubles(500).map(v -> v * magnitude).toArray());
    }

    @Test
    void cancellingValuesAreExact() {
        assertExact(1e16, 1, -1e16);
        assertExact(1e16, 1, -1e16, 1e-16, 3, -3);
    }

    @Test
    void powersOfTwoAndSubnormalsAreExact() {
        assertExact(DoubleStream.iterate(0x1p-200, v -> v < 0x1p201, v -> v * 2).toArray());
        assertExact(
                DoubleStream.iterate(-0x1p200, v -> v < -0x1p-201, v -> v / 2).toArray());
        assertExact(Double.MIN_VALUE, 2 * Double.MIN_VALUE, 5 * Double.MIN_VALUE);
        assertExact(Float.MIN_VALUE, 3 * Float.MIN_VALUE, 1);
    }

    @Test
    void varianceIsRightUpToTheLargestThatCanBeRepresented() {
        ChannelStatistics statistics = statistics(1.3e154, -1.3e154, 1.3e154, -1.3e154);
        assertThat(statistics.populationVariance(0)).isEqualTo(1.3e154 * 1.3e154);
        assertThat(statistics(Double.MAX_VALUE, Double.MAX_VALUE).mean(0)).isEqualTo(Double.MAX_VALUE);
        assertThat(statistics(Double.MAX_VALUE, Double.MAX_VALUE).populationVariance(0))
                .isZero();
        assertThat(statistics(Double.MAX_VALUE, -Double.MAX_VALUE).populationVariance(0))
                .isInfinite();
    }

    @Test
    void nistNumericalAccuracySetsAreExact() {
        assertExact(10000001, 10000003, 10000002);
        for (double center : new double[] {1.2, 1000000.2, 10000000.2}) {
            double[] values = new double[1001];
            values[0] = center;
            for (int i = 1; i < 1001; i++) {
                // The decimal numbers of the certificate, each as the nearest double.
                BigDecimal exact = BigDecimal.valueOf(center).add(new BigDecimal(i % 2 == 1 ? "-0.1" : "0.1"));
                values[i] = exact.doubleValue();
            }
            ChannelStatistics statistics = assertExact(values);
            assertThat(Math.sqrt(statistics.sampleVariance(0))).isCloseTo(0.1, within(1e-9));
        }
    }

    @Test
    void constantChannelHasItsValueAsMeanAndNoVariance() {
        for (double constant : new double[] {0, 1e7, -0.1, 1e300, Double.MIN_VALUE}) {
            ChannelStatistics statistics =
                    statistics(DoubleStream.generate(() -> constant).limit(777).toArray());
            assertThat(statistics.mean(0)).isEqualTo(constant);
            assertThat(statistics.meanLow(0)).isZero();
            assertThat(statistics.populationVariance(0)).isZero();
            assertThat(statistics.sampleVariance(0)).isZero();
        }
    }

    @Test
    void oneValueHasNoSampleVarianceAndNoValueHasNothing() {
        ChannelStatistics one = statistics(3.5);
        assertThat(one.mean(0)).isEqualTo(3.5);
        assertThat(one.populationVariance(0)).isZero();
        assertThat(one.sampleVariance(0)).isNaN();
        ChannelStatistics none = ChannelMoments.empty(1).statistics();
        assertThat(none.count(0)).isZero();
        assertThat(none.mean(0)).isNaN();
        assertThat(none.populationVariance(0)).isNaN();
        assertThat(none.sampleVariance(0)).isNaN();
        assertThat(none.min(0)).isNaN();
        assertThat(none.max(0)).isNaN();
        assertThat(ChannelMoments.empty(1).isEmpty()).isTrue();
    }

    @Test
    void sumIsRoundedOnceAndFollowsIeee() {
        double inf = Double.POSITIVE_INFINITY;
        assertThat(moments(1e16, 1, 1, -1e16).sum(0)).isEqualTo(2);
        assertThat(moments(0x1p53, 1, 0x1p-1074).sum(0)).isEqualTo(0x1.0000000000001p53);
        assertThat(moments(Double.MAX_VALUE, Double.MAX_VALUE, -Double.MAX_VALUE)
                        .sum(0))
                .isEqualTo(Double.MAX_VALUE);
        assertThat(moments(Double.MAX_VALUE, Double.MAX_VALUE).sum(0)).isEqualTo(inf);
        assertThat(moments(-0.0).sum(0)).isEqualTo(0.0);
        assertThat(ChannelMoments.empty(1).sum(0)).isEqualTo(0.0);
        assertThat(moments(1, inf).sum(0)).isEqualTo(inf);
        assertThat(moments(-inf, -inf, 2).sum(0)).isEqualTo(-inf);
        assertThat(moments(-inf, inf).sum(0)).isNaN();
        assertThat(moments(inf, Double.NaN).sum(0)).isNaN();
    }

    @Test
    void standardDeviationIsTheRootOfTheExactVarianceRoundedOnce() {
        int roundedTwice = 0;
        for (int seed = 0; seed < 300; seed++) {
            double[] values = new Random(seed).doubles(2 + seed % 9).toArray();
            ChannelMoments moments = moments(values);
            List<Double> boxed = boxed(values);
            double population = ExactReference.variance(boxed, values.length)
                    .sqrt(new MathContext(50))
                    .doubleValue();
            assertThat(moments.populationStandardDeviation(0)).isEqualTo(population);
            assertThat(moments.sampleStandardDeviation(0))
                    .isEqualTo(ExactReference.variance(boxed, values.length - 1)
                            .sqrt(new MathContext(50))
                            .doubleValue());
            roundedTwice += population == Math.sqrt(moments.statistics().populationVariance(0)) ? 0 : 1;
        }
        assertThat(roundedTwice)
                .as("roots of rounded variances differ from these")
                .isPositive();
    }

    @Test
    void standardDeviationReachesWhereVariancesDoNot() {
        double max = Double.MAX_VALUE;
        assertThat(moments(max, -max).populationStandardDeviation(0)).isEqualTo(max);
        assertThat(moments(max, -max).sampleStandardDeviation(0)).isInfinite();
        assertThat(moments(4e-200, -4e-200).populationStandardDeviation(0)).isEqualTo(4e-200);
        assertThat(moments(Double.MIN_VALUE, -Double.MIN_VALUE).populationStandardDeviation(0))
                .isEqualTo(Double.MIN_VALUE);
        // Half of the smallest double, and a little more than that.
        assertThat(moments(0, Double.MIN_VALUE).populationStandardDeviation(0)).isZero();
        assertThat(moments(0, Double.MIN_VALUE).sampleStandardDeviation(0)).isEqualTo(Double.MIN_VALUE);
    }

    @Test
    void standardDeviationNeedsFiniteValuesAndEnoughOfThem() {
        assertThat(ChannelMoments.empty(1).populationStandardDeviation(0)).isNaN();
        assertThat(ChannelMoments.empty(1).sampleStandardDeviation(0)).isNaN();
        assertThat(moments(3.5).populationStandardDeviation(0)).isZero();
        assertThat(moments(3.5).sampleStandardDeviation(0)).isNaN();
        for (double special : new double[] {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY}) {
            assertThat(moments(1, 2, special).populationStandardDeviation(0)).isNaN();
            assertThat(moments(1, 2, special).sampleStandardDeviation(0)).isNaN();
        }
    }

    @Test
    void notFiniteValuesFollowIeeeAndAreCounted() {
        double inf = Double.POSITIVE_INFINITY;
        assertThat(statistics(1, inf).mean(0)).isEqualTo(inf);
        assertThat(statistics(1, -inf).mean(0)).isEqualTo(-inf);
        assertThat(statistics(inf, -inf).mean(0)).isNaN();
        assertThat(statistics(1, Double.NaN, inf).mean(0)).isNaN();
        assertThat(statistics(1, inf).populationVariance(0)).isNaN();
        ChannelMoments moments = moments(1, Double.NaN, 3, inf, -inf);
        assertThat(moments.count(0)).isEqualTo(5);
        assertThat(moments.finiteCount(0)).isEqualTo(2);
        assertThat(moments.nanCount(0)).isEqualTo(1);
        assertThat(moments.positiveInfinityCount(0)).isEqualTo(1);
        assertThat(moments.negativeInfinityCount(0)).isEqualTo(1);
        assertThat(moments.min(0)).isEqualTo(-inf);
        assertThat(moments.max(0)).isEqualTo(inf);
        assertThat(moments.finiteStatistics().mean(0)).isEqualTo(2);
        assertThat(moments.finiteStatistics().populationVariance(0)).isEqualTo(1);
        assertThat(moments.finiteStatistics().count(0)).isEqualTo(2);
        assertThat(moments.statistics().hasNonFinite()).isTrue();
        assertThat(moments.statistics().nanCount(0)).isEqualTo(1);
        assertThat(moments.statistics().infinityCount(0)).isEqualTo(2);
        assertThat(moments.statistics().channels()).isEqualTo(1);
        assertThat(statistics(1, 2).hasNonFinite()).isFalse();
    }

    @Test
    void meanAndItsLowPartTogetherCarryTwiceTheDigits() {
        double[] values = new Random(1).doubles(1000).map(v -> 1e8 + v).toArray();
        ChannelStatistics statistics = statistics(values);
        BigDecimal together = new BigDecimal(statistics.mean(0)).add(new BigDecimal(statistics.meanLow(0)));
        BigDecimal error = together.subtract(ExactReference.mean(boxed(values))).abs();
        assertThat(error).isLessThan(new BigDecimal("1e-23")); // 1e8 * 2^-106
        assertThat(statistics.meanLow(0)).isNotZero();
    }

    private static ChannelStatistics assertExact(double... values) {
        ChannelStatistics statistics = statistics(values);
        List<Double> boxed = boxed(values);
        assertThat(statistics.mean(0)).isEqualTo(ExactReference.mean(boxed).doubleValue());
        assertThat(statistics.meanLow(0))
                .isEqualTo(ExactReference.meanLow(boxed).doubleValue());
        assertThat(statistics.populationVariance(0))
                .isEqualTo(ExactReference.variance(boxed, values.length).doubleValue());
        assertThat(statistics.sampleVariance(0))
                .isEqualTo(ExactReference.variance(boxed, values.length - 1).doubleValue());
        return statistics;
    }

    private static List<Double> boxed(double... values) {
        List<Double> boxed = new ArrayList<>();
        DoubleStream.of(values).forEach(boxed::add);
        return boxed;
    }

    private static ChannelMoments moments(double... values) {
        ChannelMoments.Accumulator accumulator = new ChannelMoments.Accumulator(1);
        accumulator.add(values, SampleShape.channelsFirst(1, values.length));
        return accumulator.snapshot();
    }

    private static ChannelStatistics statistics(double... values) {
        return moments(values).statistics();
    }
}
