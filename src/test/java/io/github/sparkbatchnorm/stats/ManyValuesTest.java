package io.github.sparkbatchnorm.stats;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import org.junit.jupiter.api.Test;

/** Channels with more values than an int counts, as merged moments have them. */
class ManyValuesTest {
    private static final double[] VALUES = {0.1, -7.25, 1e9 + 0.3, 3e-5, 0.1};
    /** How often the values are merged with themselves: {@code 5 * 2^35} values. */
    private static final int DOUBLINGS = 35;

    private static ChannelMoments moments() {
        ChannelMoments.Accumulator some = new ChannelMoments.Accumulator(1);
        for (double x : VALUES) {
            some.add(0, x);
        }
        ChannelMoments moments = some.snapshot();
        for (int i = 0; i < DOUBLINGS; i++) {
            moments = ChannelMoments.fromRecord(moments.combine(moments).toRecord());
        }
        return moments;
    }

    @Test
    void statisticsOfMoreThanAnIntOfValuesAreCorrectlyRounded() {
        BigDecimal times = new BigDecimal(BigInteger.ONE.shiftLeft(DOUBLINGS));
        BigDecimal n = times.multiply(BigDecimal.valueOf(VALUES.length));
        BigDecimal sum = BigDecimal.ZERO;
        BigDecimal squares = BigDecimal.ZERO;
        for (double x : VALUES) {
            BigDecimal exact = new BigDecimal(x);
            sum = sum.add(exact.multiply(times));
            squares = squares.add(exact.multiply(exact).multiply(times));
        }
        BigDecimal spread = squares.multiply(n).subtract(sum.multiply(sum));
        MathContext digits = new MathContext(200);

        ChannelMoments moments = moments();
        ChannelStatistics statistics = moments.statistics();
        assertThat(statistics.count(0)).isEqualTo(n.longValueExact()).isGreaterThan(Integer.MAX_VALUE);
        assertThat(moments.sum(0)).isEqualTo(sum.doubleValue());
        assertThat(statistics.mean(0)).isEqualTo(sum.divide(n, digits).doubleValue());
        assertThat(statistics.populationVariance(0))
                .isEqualTo(spread.divide(n.multiply(n), digits).doubleValue());
        assertThat(statistics.sampleVariance(0))
                .isEqualTo(spread.divide(n.multiply(n.subtract(BigDecimal.ONE)), digits)
                        .doubleValue());
        assertThat(statistics.min(0)).isEqualTo(-7.25);
        assertThat(statistics.max(0)).isEqualTo(1e9 + 0.3);
    }

    @Test
    void gradientsOfMoreThanAnIntOfPairsAreCorrectlyRounded() {
        GradientSums.Accumulator some = new GradientSums.Accumulator(1, false);
        double[] gradients = {0.3, -0.7};
        some.add(0, 0.1, gradients[0]);
        some.add(0, 1e9 + 0.3, gradients[1]);
        GradientSums sums = some.snapshot();
        for (int i = 0; i < DOUBLINGS; i++) {
            sums = sums.combine(sums);
        }
        assertThat(sums.count(0)).isEqualTo(2L << DOUBLINGS);
        BigDecimal dy = new BigDecimal(gradients[0]).add(new BigDecimal(gradients[1]));
        BigDecimal times = new BigDecimal(BigInteger.ONE.shiftLeft(DOUBLINGS));
        assertThat(sums.sum(0)).isEqualTo(dy.multiply(times).doubleValue());
        assertThat(sums.mean(0, sums.count(0)))
                .isEqualTo(dy.divide(BigDecimal.valueOf(2)).doubleValue());
    }
}
