package io.github.sparkbatchnorm.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.stats.MomentsTesting.Values;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
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

/** However values are added, their moments are those of value by value. */
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

    @Provide
    Arbitrary<Integer> counts() {
        return Arbitraries.oneOf(Arbitraries.integers().between(1, 300), Arbitraries.of(127, 128, 129, 256, 1000));
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
    void samplesThatAreCopiedWhenSummedGiveTheSameBits(
            @ForAll("shapes") SampleShape shape,
            @ForAll Values values,
            @ForAll boolean single,
            @ForAll boolean inTurn,
            @ForAll long seed,
            @ForAll("counts") int count) {
        int rows = Math.max(1, Math.min(count, 60_000 / shape.length()));
        List<double[]> samples = MomentsTesting.samples(values, rows, shape, single, seed);
        Workspace workspace = new Workspace();
        ChannelMoments.Accumulator moments = new ChannelMoments.Accumulator(shape.channels(), workspace);
        ChannelMoments.Accumulator others = new ChannelMoments.Accumulator(shape.channels(), workspace);
        for (double[] sample : samples) {
            moments.add(new SampleBlocks.ArrayValues(single ? MomentsTesting.toFloats(sample) : sample), shape);
            if (inTurn) {
                moments.releaseBuffer();
                others.add(new SampleBlocks.ArrayValues(single ? MomentsTesting.toFloats(sample) : sample), shape);
                others.releaseBuffer();
            }
        }
        assertThat(moments.snapshot()).isEqualTo(MomentsTesting.slowly(samples, shape));
        assertThat(others.snapshot()).isEqualTo(inTurn ? moments.snapshot() : ChannelMoments.empty(shape.channels()));
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
    void otherValuesGiveUnequalMoments() {
        assertThat(moments(1, 2, 3))
                .isEqualTo(moments(3, 1, 2))
                .isNotEqualTo(moments(1, 2, 4))
                .isNotEqualTo(moments(1, 2, 3, 0))
                .isNotEqualTo(GradientSums.empty(1))
                .doesNotHaveSameHashCodeAs(moments(1, 2, 4))
                .hasToString("ChannelMoments[1 channels, 76 bytes]");
    }

    @Test
    void longRunsAreCopiedPieceByPiece() {
        SampleShape shape = SampleShape.channelsFirst(2, 2 * BlockSums.PIECE + 5);
        for (boolean single : new boolean[] {true, false}) {
            double[] sample =
                    MomentsTesting.samples(Values.NORMAL, 1, shape, single, 5).get(0);
            ChannelMoments.Accumulator moments = new ChannelMoments.Accumulator(2);
            moments.add(new SampleBlocks.ArrayValues(single ? MomentsTesting.toFloats(sample) : sample), shape);
            assertThat(moments.snapshot()).isEqualTo(MomentsTesting.slowly(List.of(sample), shape));
        }
    }

    @Test
    void channelsBeyondTheLastAreRefused() {
        ChannelMoments.Accumulator sparse = new ChannelMoments.Accumulator(1000);
        sparse.addSparse(new int[] {3}, new double[] {1}, SampleShape.channelsFirst(1000));
        for (ChannelMoments moments : List.of(sparse.snapshot(), moments(1))) {
            for (int channel : new int[] {-1, moments.channels()}) {
                assertThatThrownBy(() -> moments.count(channel)).isInstanceOf(IndexOutOfBoundsException.class);
                assertThatThrownBy(() -> moments.statistics().count(channel))
                        .isInstanceOf(IndexOutOfBoundsException.class);
            }
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

    private static ChannelMoments moments(double... values) {
        ChannelMoments.Accumulator accumulator = new ChannelMoments.Accumulator(1);
        accumulator.add(values, SampleShape.channelsFirst(1, values.length));
        return accumulator.snapshot();
    }
}
