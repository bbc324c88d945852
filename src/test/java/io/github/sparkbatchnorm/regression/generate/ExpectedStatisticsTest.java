package io.github.sparkbatchnorm.regression.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.layer.Dtype;
import io.github.sparkbatchnorm.regression.exact.ExactMoments;
import io.github.sparkbatchnorm.stats.SampleShape;
import io.github.sparkbatchnorm.stats.StatisticsDigest;
import java.math.BigDecimal;
import java.math.BigInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class ExpectedStatisticsTest {
    private static final long MANY = 1_000_000_000_000L;

    /** Each value of a grid, times how often it occurs: no sums over powers. */
    @ParameterizedTest
    @EnumSource(Profile.class)
    void statisticsOf1e12RowsAreThoseOfEachValueTimesItsNumber(Profile profile) {
        for (Dtype dtype : Dtype.values()) {
            boolean sparse = dtype == Dtype.FLOAT64;
            GeneratorOptions options = GeneratorOptions.of(MANY, SampleShape.channelsFirst(4, 3), 1)
                    .withKind(sparse ? Kind.SPARSE : Kind.ARRAY)
                    .withDtype(dtype)
                    .withProfile(profile)
                    .withBatches(7, true)
                    .withNullEvery(11)
                    .withNonFiniteEvery(1_000_003);
            ExpectedStatistics expected = ExpectedStatistics.of(options);
            long n = MANY / 7 + 1; // 1e12 mod 7 is 1: batch 0 is the larger one
            assertThat(expected.rows(0)).isEqualTo(n - n / 11);
            long m = (MANY / 7 - MANY / 7 / 11) * 3;
            assertThat(expected.rows(3) * 3).isEqualTo(m);
            for (int c = 0; c < 4; c++) {
                assertCounted(expected.moments(3, c), profile.grid(dtype, c), m, sparse, 3 * 40_503);
            }
        }
    }

    private static void assertCounted(ExactMoments found, ChannelGrid grid, long m, boolean sparse, long shift) {
        long notFinite = m / 1_000_003;
        long from = notFinite
                + (sparse
                        ? BigInteger.valueOf(m)
                                .multiply(BigInteger.valueOf(9))
                                .divide(BigInteger.TEN)
                                .longValueExact()
                        : 0);
        long period = 1L << grid.bits;
        BigDecimal sum = BigDecimal.ZERO;
        BigDecimal sumOfSquares = BigDecimal.ZERO;
        for (long i = 0; i < period; i++) {
            BigDecimal times = BigDecimal.valueOf(below(m, i, period) - below(from, i, period));
            BigDecimal value = new BigDecimal(grid.value(i + shift));
            sum = sum.add(value.multiply(times));
            sumOfSquares = sumOfSquares.add(value.multiply(value).multiply(times));
        }
        assertThat(found.sum()).isEqualByComparingTo(sum);
        assertThat(found.sumOfSquares()).isEqualByComparingTo(sumOfSquares);
        assertThat(found.count()).isEqualTo(m);
        assertThat(found.nan() + found.positiveInfinite() + found.negativeInfinite())
                .isEqualTo(notFinite);
        assertThat(found.nan() - found.negativeInfinite()).isBetween(0L, 1L);
    }

    /** How many numbers below a bound are i modulo the period. */
    private static long below(long bound, long i, long period) {
        return bound <= i ? 0 : (bound - i - 1) / period + 1;
    }

    @Test
    void batchesOfOneSizeDiffer() {
        GeneratorOptions options =
                GeneratorOptions.of(100_000, SampleShape.channelsFirst(2), 1).withBatches(10, false);
        ExpectedStatistics expected = ExpectedStatistics.of(options);
        for (int batch = 0; batch < 6; batch++) {
            assertThat(expected.rows(batch)).isEqualTo(10_000);
            assertThat(expected.moments(batch, 0).mean())
                    .isNotEqualTo(expected.moments(batch + 1, 0).mean());
        }
        assertThat(expected.moments(7, 0)).isEqualTo(expected.moments(0, 0));
    }

    @Test
    void dataOfNullRowsAloneHasTheDigestOfNoBatch() {
        GeneratorOptions options =
                GeneratorOptions.of(5, SampleShape.channelsFirst(2), 1).withNullEvery(1);
        ExpectedStatistics expected = ExpectedStatistics.of(options);
        assertThat(expected.rows()).isZero();
        assertThat(expected.moments(0, 1)).isEqualTo(ExactMoments.NONE);
        assertThat(expected.digest()).isEqualTo(new StatisticsDigest(2).finish());
        assertThat(ExpectedStatistics.of(options.withBatches(3, false)).digest())
                .isEqualTo(expected.digest());
    }

    @Test
    void theSeedChangesNoStatistics() {
        SampleShape shape = SampleShape.channelsFirst(9);
        assertThat(ExpectedStatistics.of(GeneratorOptions.of(1000, shape, 2)).digest())
                .isEqualTo(ExpectedStatistics.of(GeneratorOptions.of(1000, shape, 1))
                        .digest())
                .isNotEqualTo(ExpectedStatistics.of(GeneratorOptions.of(1001, shape, 1))
                        .digest());
    }

    @Test
    void thereAreNoOtherBatchesAndChannels() {
        ExpectedStatistics expected = ExpectedStatistics.of(
                GeneratorOptions.of(10, SampleShape.channelsFirst(3), 1).withBatches(4, false));
        assertThat(expected.batches()).isEqualTo(4);
        assertThat(expected.rows(1)).isEqualTo(3);
        assertThat(expected.rows(2)).isEqualTo(2);
        assertThatThrownBy(() -> expected.rows(4)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> expected.moments(-1, 0)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> expected.moments(0, 3)).isInstanceOf(IndexOutOfBoundsException.class);
    }
}
