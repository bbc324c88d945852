package io.github.sparkbatchnorm.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.sparkbatchnorm.stats.MomentsTesting.Values;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChannelMomentsTest {
    @Provide
    Arbitrary<SampleShape> shapes() {
        Arbitrary<Integer> channels = Arbitraries.of(1, 2, 3, 5, 13, 64, 127, 128, 129, 200);
        Arbitrary<Integer> spatial = Arbitraries.oneOf(
                Arbitraries.integers().between(1, 300), Arbitraries.of(1, 1, 2, 127, 128, 129, 784, 8191, 8192, 8193));
        return Combinators.combine(channels, spatial, Arbitraries.of(true, false))
                .as((c, s, last) -> last ? SampleShape.channelsLast(s, c) : SampleShape.channelsFirst(c, s))
                .filter(shape -> shape.length() <= 60_000);
    }

    @Property(tries = 300)
    void blocksGiveTheSameBitsAsValueByValue(
            @ForAll("shapes") SampleShape shape,
            @ForAll Values values,
            @ForAll boolean single,
            @ForAll long seed,
            @ForAll("counts") int count) {
        int rows = Math.max(1, Math.min(count, 120_000 / shape.length()));
        List<double[]> samples = MomentsTesting.samples(values, rows, shape, single, seed);
        assertThat(MomentsTesting.byBlocks(samples, shape, single)).isEqualTo(MomentsTesting.slowly(samples, shape));
    }

    @Property(tries = 200)
    void samplesThatAreCopiedLaterGiveTheSameBits(
            @ForAll("shapes") SampleShape shape,
            @ForAll Values values,
            @ForAll boolean single,
            @ForAll boolean pausing,
            @ForAll long seed,
            @ForAll("counts") int count) {
        int rows = Math.max(1, Math.min(count, 60_000 / shape.length()));
        List<double[]> samples = MomentsTesting.samples(values, rows, shape, single, seed);
        ChannelMoments.Accumulator moments = new ChannelMoments.Accumulator(shape.channels());
        ChannelMoments.Accumulator others = new ChannelMoments.Accumulator(shape.channels());
        for (double[] sample : samples) {
            moments.add(later(sample, single), shape);
            if (pausing) {
                moments.releaseBuffer();
                others.add(later(sample, single), shape);
                others.releaseBuffer();
            }
        }
        assertThat(moments.snapshot()).isEqualTo(MomentsTesting.slowly(samples, shape));
    }

    @Property(tries = 300)
    void unsignedBytesGiveTheSameBitsAsValueByValue(
            @ForAll("byteChannels") int channels,
            @ForAll boolean constant,
            @ForAll boolean mixed,
            @ForAll long seed,
            @ForAll("counts") int rows) {
        Random random = new Random(seed);
        ChannelMoments.Accumulator moments = new ChannelMoments.Accumulator(channels);
        ChannelMoments.Accumulator slow = new ChannelMoments.Accumulator(channels);
        for (int r = 0; r < rows; r++) {
            SampleShape shape = SampleShape.channelsLast(1 + random.nextInt(5), 1 + random.nextInt(5), channels);
            byte[] bytes = new byte[shape.length()];
            if (constant) {
                Arrays.fill(bytes, (byte) seed);
            } else {
                random.nextBytes(bytes);
            }
            double[] values = new double[bytes.length];
            for (int i = 0; i < values.length; i++) {
                values[i] = bytes[i] & 0xFF;
                slow.add(shape.channelOf(i), values[i]);
            }
            if (mixed && random.nextInt(3) == 0) {
                moments.add(values, shape);
                moments.releaseBuffer();
            } else {
                moments.add(new Bytes(bytes, random.nextInt(3)), shape);
            }
            if (random.nextInt(100) == 0) {
                assertThat(moments.snapshot()).isEqualTo(slow.snapshot());
            }
        }
        assertThat(moments.snapshot()).isEqualTo(slow.snapshot());
    }

    @Provide
    Arbitrary<Integer> byteChannels() {
        return Arbitraries.of(1, 2, 3, 4, 5, ByteCounts.MAX_CHANNELS, ByteCounts.MAX_CHANNELS + 1);
    }

    /** Unsigned bytes somewhere in an array. */
    private static final class Bytes implements SampleValues {
        private final ByteBuffer bytes;

        Bytes(byte[] values, int before) {
            byte[] array = new byte[before + values.length + 1];
            System.arraycopy(values, 0, array, before, values.length);
            bytes = ByteBuffer.wrap(array, before, values.length);
        }

        @Override
        public boolean isFloat() {
            return false;
        }

        @Override
        public void copyTo(int from, Object to, int offset, int length) {
            for (int i = 0; i < length; i++) {
                ((double[]) to)[offset + i] = bytes.get(bytes.position() + from + i) & 0xFF;
            }
        }

        @Override
        public ByteBuffer unsignedBytes() {
            return bytes;
        }
    }

    @Test
    void countsOfBytesGoToTheSumsBeforeTheyOverflow() {
        MomentSums sums = new MomentSums(1);
        ByteCounts counts = new ByteCounts(1, 5);
        counts.add(new byte[] {1, 2, -1}, 0, 3, sums);
        assertThat(sums.canonicalSize(0)).isEqualTo(new MomentSums(1).canonicalSize(0));
        counts.add(new byte[] {0, 0, 7}, 1, 2, sums);
        assertThat(sums.canonicalSize(0)).isEqualTo(new MomentSums(1).canonicalSize(0));
        counts.add(new byte[] {9}, 0, 1, sums);
        ByteBuffer flushed = ByteBuffer.wrap(record(sums));
        assertThat(flushed.getDouble(0)).isZero();
        assertThat(flushed.getDouble(8)).isEqualTo(255);
        counts.flush(sums);
        MomentSums slow = new MomentSums(1);
        for (int value : new int[] {1, 2, 255, 0, 7, 9}) {
            slow.add(0, value);
        }
        assertThat(record(sums)).isEqualTo(record(slow));
    }

    private static byte[] record(MomentSums sums) {
        ByteBuffer out = ByteBuffer.allocate(sums.canonicalSize(0));
        sums.writeTo(out, 0);
        return out.array();
    }

    private static SampleValues later(double[] sample, boolean single) {
        return new ArrayValues(single ? MomentsTesting.toFloats(sample) : sample);
    }

    @Provide
    Arbitrary<Integer> counts() {
        return Arbitraries.oneOf(Arbitraries.integers().between(1, 300), Arbitraries.of(127, 128, 129, 256, 1000));
    }

    @Property(tries = 100)
    void anyOrderAndAnyGroupingGiveTheSameBits(@ForAll Values values, @ForAll long seed) {
        Random random = new Random(seed);
        SampleShape shape = SampleShape.channelsFirst(3, 2);
        List<double[]> samples = MomentsTesting.samples(values, 200, shape, false, seed);
        ChannelMoments whole = MomentsTesting.byBlocks(samples, shape, false);
        Collections.shuffle(samples, random);
        ChannelMoments combined = ChannelMoments.empty(3);
        for (int from = 0; from < samples.size(); ) {
            int to = Math.min(samples.size(), from + random.nextInt(60));
            ChannelMoments part = MomentsTesting.byBlocks(samples.subList(from, to), shape, false);
            combined = random.nextBoolean() ? combined.combine(part) : part.combine(combined);
            from = to;
        }
        assertThat(combined).isEqualTo(whole).hasSameHashCodeAs(whole);
    }

    @Property(tries = 60)
    void floatsDoublesSparseAndShapesMixInOneAccumulator(@ForAll long seed) {
        Random random = new Random(seed);
        SampleShape[] shapes = {
            SampleShape.channelsFirst(4),
            SampleShape.channelsFirst(4, 3),
            SampleShape.channelsFirst(4, 5),
            SampleShape.channelsLast(7, 4),
            SampleShape.channelsFirst(4, 130)
        };
        ChannelMoments.Accumulator mixed = new ChannelMoments.Accumulator(4);
        ChannelMoments.Accumulator slow = new ChannelMoments.Accumulator(4);
        for (int i = 0; i < 60; i++) {
            SampleShape shape = shapes[random.nextInt(shapes.length)];
            double[] sample = MomentsTesting.samples(Values.SPECIAL, 1, shape, true, random.nextLong())
                    .get(0);
            int way = random.nextInt(3);
            if (way == 2) {
                for (int k = 0; k < sample.length; k++) {
                    sample[k] = random.nextInt(3) == 0 ? sample[k] : 0;
                }
                int[] indices = IntStream.range(0, sample.length)
                        .filter(k -> sample[k] != 0)
                        .toArray();
                mixed.addSparse(
                        indices,
                        Arrays.stream(indices).mapToDouble(k -> sample[k]).toArray(),
                        shape);
            } else if (way == 1) {
                mixed.add(MomentsTesting.toFloats(sample), shape);
            } else {
                mixed.add(sample, shape);
            }
            for (int k = 0; k < sample.length; k++) {
                slow.add(shape.channelOf(k), sample[k]);
            }
            if (random.nextInt(10) == 0) {
                mixed.snapshot();
            }
        }
        assertThat(mixed.snapshot()).isEqualTo(slow.snapshot());
    }

    @ParameterizedTest
    @EnumSource(Values.class)
    void inputIsNotWrittenTo(Values values) {
        SampleShape shape = SampleShape.channelsFirst(2, 200);
        double[] sample = MomentsTesting.samples(values, 1, shape, true, 3).get(0);
        double[] copy = sample.clone();
        float[] floats = MomentsTesting.toFloats(sample);
        ChannelMoments.Accumulator moments = new ChannelMoments.Accumulator(2);
        moments.add(sample, shape);
        moments.add(floats, shape);
        moments.snapshot();
        assertThat(sample).isEqualTo(copy);
        assertThat(floats).isEqualTo(MomentsTesting.toFloats(copy));
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 1, 1e3, 1e6, 1e8, 1e9, 1e12, -1e12})
    void meanAndVarianceAreWithinOneUlpWhateverTheMean(double offset) {
        Random random = new Random(42);
        assertExact(random.doubles(1001).map(v -> offset + v).toArray());
        assertExact(random.doubles(1001).map(v -> (float) (offset + v)).toArray());
    }

    @ParameterizedTest
    @ValueSource(doubles = {1e-300, 1e-200, 1e-160, 1e-100, 1e-38, 1e38, 1e100, 1e150, 1e153})
    void meanAndVarianceAreWithinOneUlpAtAnyMagnitude(double magnitude) {
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
    void minusZeroCountsAsZero() {
        ChannelMoments.Accumulator zeros = new ChannelMoments.Accumulator(1);
        zeros.add(0, -0.0);
        zeros.add(new double[] {-0.0}, SampleShape.channelsFirst(1));
        assertThat(Double.doubleToRawLongBits(zeros.snapshot().min(0))).isZero();
        assertThat(Double.doubleToRawLongBits(zeros.snapshot().max(0))).isZero();
        assertThat(Double.doubleToRawLongBits(zeros.snapshot().statistics().mean(0)))
                .isZero();
        assertThat(zeros.snapshot()).isEqualTo(moments(0.0, 0.0));
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
        assertThat(statistics(1, 2).hasNonFinite()).isFalse();
    }

    @Test
    void meanAndItsRestTogetherAreTheMeanToDoubleTheDigits() {
        double[] values = new Random(1).doubles(1000).map(v -> 1e8 + v).toArray();
        ChannelStatistics statistics = statistics(values);
        BigDecimal together = new BigDecimal(statistics.mean(0)).add(new BigDecimal(statistics.meanLow(0)));
        BigDecimal error = together.subtract(ExactReference.mean(boxed(values))).abs();
        assertThat(error).isLessThan(new BigDecimal("1e-23")); // 1e8 * 2^-106
        assertThat(statistics.meanLow(0)).isNotZero();
    }

    @Property(tries = 50)
    void bytesAndSerializationRoundTrip(@ForAll Values values, @ForAll long seed) throws Exception {
        SampleShape shape = SampleShape.channelsFirst(5);
        ChannelMoments moments =
                MomentsTesting.byBlocks(MomentsTesting.samples(values, 40, shape, false, seed), shape, false);
        assertThat(ChannelMoments.fromBytes(moments.toBytes())).isEqualTo(moments);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(moments);
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            ChannelMoments copy = (ChannelMoments) in.readObject();
            assertThat(copy).isEqualTo(moments);
            assertThat(copy.max(4)).isEqualTo(moments.max(4));
        }
    }

    @Test
    void badArgumentsAreRefusedWithTheirNumbers() {
        ChannelMoments.Accumulator three = new ChannelMoments.Accumulator(3);
        assertThatThrownBy(() -> three.add(new float[4], SampleShape.channelsFirst(3)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("4 values");
        assertThatThrownBy(() -> three.add(new double[4], SampleShape.channelsFirst(4)))
                .hasMessageContaining("3 channels");
        assertThatThrownBy(() -> three.addAll(ChannelMoments.empty(2))).hasMessageContaining("2 channels");
        assertThatThrownBy(() -> three.addSparse(new int[1], new double[2], SampleShape.channelsFirst(3)))
                .hasMessageContaining("2 values");
        assertThatThrownBy(() -> ChannelMoments.fromBytes(new byte[] {0, 0, 0, 1, 5}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("not the bytes");
        assertThatThrownBy(() -> new ChannelMoments.Accumulator(0)).hasMessageContaining("0 channels");
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
