package io.github.sparkbatchnorm.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.sparkbatchnorm.MergeContract;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** Integers of any size are summed exactly, and merge in any order. */
class IntegerMomentsTest extends MergeContract<long[], ChannelMoments> {
    private static final MathContext DIGITS = new MathContext(80);
    private static final SampleShape SHAPE = SampleShape.channelsFirst(2, 3);
    private static final long[] EDGES = {
        0,
        1,
        -1,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        Long.MIN_VALUE + 1,
        1L << 53,
        (1L << 53) + 1,
        -(1L << 53) - 1,
        1L << 62
    };

    private static long next(Random random) {
        return random.nextInt(4) == 0
                ? EDGES[random.nextInt(EDGES.length)]
                : random.nextLong() >> random.nextInt(Long.SIZE);
    }

    @Override
    protected long[] value(Random random) {
        int shift = random.nextInt(Long.SIZE);
        return random.longs(SHAPE.length()).map(v -> v >> shift).toArray();
    }

    @Override
    protected ChannelMoments of(List<long[]> values) {
        ChannelMoments.Accumulator moments = new ChannelMoments.Accumulator(2);
        values.forEach(sample -> moments.add(sample, SHAPE));
        return moments.snapshot();
    }

    @Override
    protected ChannelMoments combine(ChannelMoments a, ChannelMoments b) {
        return a.combine(b);
    }

    @Override
    protected Object bits(ChannelMoments merged) {
        return HexFormat.of().formatHex(merged.toRecord());
    }

    private static ChannelMoments of(long... values) {
        ChannelMoments.Accumulator moments = new ChannelMoments.Accumulator(1);
        if (values.length > 0) {
            moments.add(values, SampleShape.channelsFirst(1, values.length));
        }
        return moments.snapshot();
    }

    @Property(seed = "1", tries = 300)
    void everyNumberIsTheExactOneRoundedOnce(@ForAll long seed) {
        Random random = new Random(seed);
        int n = 2 + random.nextInt(40);
        int channels = 1 + random.nextInt(3);
        boolean last = random.nextBoolean();
        SampleShape shape = last ? SampleShape.channelsLast(n, channels) : SampleShape.channelsFirst(channels, n);
        long[] sample = new long[n * channels];
        Arrays.setAll(sample, i -> next(random));
        ChannelMoments.Accumulator accumulator = new ChannelMoments.Accumulator(channels);
        accumulator.add(sample, shape);
        ChannelMoments moments =
                ChannelMoments.fromRecord(accumulator.snapshot().toRecord());
        for (int c = 0; c < channels; c++) {
            BigDecimal sum = BigDecimal.ZERO;
            BigDecimal squares = BigDecimal.ZERO;
            for (int i = 0; i < n; i++) {
                BigDecimal v = BigDecimal.valueOf(sample[last ? i * channels + c : c * n + i]);
                sum = sum.add(v);
                squares = squares.add(v.multiply(v));
            }
            BigDecimal count = BigDecimal.valueOf(n);
            BigDecimal spread = squares.multiply(count).subtract(sum.multiply(sum));
            BigDecimal population = spread.divide(BigDecimal.valueOf((long) n * n), DIGITS);
            BigDecimal unbiased = spread.divide(BigDecimal.valueOf(n * (n - 1L)), DIGITS);
            ChannelStatistics statistics = moments.statistics();
            assertThat(moments.count(c)).isEqualTo(n);
            assertThat(moments.sum(c)).isEqualTo(sum.doubleValue());
            assertThat(statistics.mean(c)).isEqualTo(sum.divide(count, DIGITS).doubleValue());
            assertThat(statistics.populationVariance(c)).isEqualTo(population.doubleValue());
            assertThat(statistics.sampleVariance(c)).isEqualTo(unbiased.doubleValue());
            assertThat(moments.populationStandardDeviation(c))
                    .isEqualTo(population.sqrt(DIGITS).doubleValue());
            assertThat(moments.sampleStandardDeviation(c))
                    .isEqualTo(unbiased.sqrt(DIGITS).doubleValue());
        }
    }

    @Test
    void integersThatDoublesEqualAreTheDoubles() {
        long[] integers = {0, -3, 1L << 53, -(1L << 53), 1L << 62, Long.MIN_VALUE, 7};
        ChannelMoments.Accumulator doubles = new ChannelMoments.Accumulator(1);
        for (long v : integers) {
            doubles.add(0, (double) v);
        }
        assertThat(of(integers)).isEqualTo(doubles.snapshot());
        assertThat(of(0, 0)).isEqualTo(ChannelMoments.empty(1).combine(of(0)).combine(of(0)));
    }

    @Test
    void largestIntegersAreExact() {
        long[] values = new long[1000];
        Arrays.fill(values, Long.MAX_VALUE);
        ChannelMoments same = of(values);
        BigInteger largest = BigInteger.valueOf(Long.MAX_VALUE);
        assertThat(same.exactSum(0)).isEqualByComparingTo(new Scaled(largest.multiply(BigInteger.valueOf(1000)), 0));
        assertThat(same.exactSumOfSquares(0))
                .isEqualByComparingTo(new Scaled(largest.pow(2).multiply(BigInteger.valueOf(1000)), 0));
        assertThat(same.populationStandardDeviation(0)).isZero();
        assertThat(of(Long.MAX_VALUE, Long.MAX_VALUE - 1).statistics().populationVariance(0))
                .isEqualTo(0.25);
        Arrays.fill(values, Long.MIN_VALUE);
        assertThat(of(values).exactSumOfSquares(0))
                .isEqualByComparingTo(new Scaled(BigInteger.ONE.shiftLeft(126).multiply(BigInteger.valueOf(1000)), 0));
    }

    @Test
    void extremesAreUnknownWhereNoDoubleEqualsAnInteger() {
        assertThat(of(1L << 53, 3).hasKnownExtremes()).isTrue();
        assertThat(of(1L << 53, 3).max(0)).isEqualTo(0x1p53);
        for (long v : new long[] {(1L << 53) + 1, -(1L << 53) - 1, Long.MAX_VALUE, Long.MIN_VALUE + 1}) {
            ChannelMoments between = of(Long.MIN_VALUE, v, 1L << 62);
            assertThat(between.hasKnownExtremes()).isFalse();
            assertThat(between.min(0)).isNaN();
            assertThat(between).isEqualTo(of(v).combine(of(1L << 62)).combine(of(Long.MIN_VALUE)));
            assertThat(between.subtract(of(v)).sum(0)).isEqualTo(-0x1p62);
        }
    }

    @Test
    void integersOfAnotherShapeAreRefused() {
        ChannelMoments.Accumulator moments = new ChannelMoments.Accumulator(2);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> moments.add(new long[5], SHAPE))
                .withMessageContaining("sample of 5 values")
                .withMessageEndingWith("expected 6 values and 2 channels");
    }
}
