package io.github.sparkbatchnorm.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.MergeContract;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * Samples that name few of many channels, mixed with others. What they come to is equal to the sums of dense arrays.
 */
class SparseMomentsTest extends MergeContract<SparseMomentsTest.Added, ChannelMoments> {
    private static final int CHANNELS = 300;
    private static final SampleShape SHAPE = SampleShape.channelsFirst(CHANNELS);

    /** A sparse sample; where there is one index and no other channel gets a value, that value alone. */
    record Added(int[] indices, double[] values, boolean alone) {
        double[] dense() {
            double[] dense = new double[CHANNELS];
            for (int i = 0; i < indices.length; i++) {
                dense[indices[i]] = values[i];
            }
            return dense;
        }
    }

    @Override
    protected Added value(Random random) {
        boolean alone = random.nextInt(30) == 0;
        int many = random.nextInt(25) == 0 ? CHANNELS / 2 : random.nextInt(4);
        TreeSet<Integer> indices = new TreeSet<>();
        for (int i = alone ? 1 : many; i > 0; i--) {
            indices.add(random.nextInt(8) == 0 ? random.nextInt(CHANNELS) : 20 * random.nextInt(CHANNELS / 20));
        }
        double[] values = indices.stream()
                .mapToDouble(i -> MomentsTesting.Values.SPECIAL.next(random))
                .toArray();
        return new Added(indices.stream().mapToInt(i -> i).toArray(), values, alone);
    }

    @Override
    protected ChannelMoments of(List<Added> values) {
        ChannelMoments.Accumulator moments = new ChannelMoments.Accumulator(CHANNELS);
        for (Added value : values) {
            if (value.alone()) {
                moments.add(value.indices()[0], value.values()[0]);
            } else {
                moments.addSparse(value.indices(), value.values(), SHAPE);
            }
        }
        ChannelMoments found = moments.snapshot();
        ChannelMoments expected = slowly(values);
        assertThat(found).isEqualTo(expected).hasSameHashCodeAs(expected);
        assertThat(StatisticsDigest.ofBatch(found)).isEqualTo(StatisticsDigest.ofBatch(expected));
        return found;
    }

    private static ChannelMoments slowly(List<Added> values) {
        ChannelMoments.Accumulator moments = new ChannelMoments.Accumulator(CHANNELS);
        for (Added value : values) {
            if (value.alone()) {
                moments.add(value.indices()[0], value.values()[0]);
            } else {
                moments.add(value.dense(), SHAPE);
            }
        }
        return moments.snapshot();
    }

    @Override
    protected ChannelMoments combine(ChannelMoments a, ChannelMoments b) {
        return a.combine(b);
    }

    @Override
    protected Object bits(ChannelMoments merged) {
        return HexFormat.of().formatHex(merged.toBytes());
    }

    @Test
    void bothFormsOfBytesComeBackEqual() throws Exception {
        Random random = new Random(1);
        List<Added> values = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            values.add(value(random));
            ChannelMoments moments = of(values);
            assertThat(ChannelMoments.fromBytes(moments.toBytes())).isEqualTo(moments);
            assertThat(ChannelMoments.fromCompactBytes(moments.toCompactBytes()))
                    .isEqualTo(moments);
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
                out.writeObject(moments);
            }
            try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
                assertThat(in.readObject()).isEqualTo(moments);
            }
        }
        assertThatThrownBy(() -> ChannelMoments.fromCompactBytes(new byte[] {-1, -1, -1, -1, 0}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("not the bytes");
    }

    @Test
    void statisticsOfEachChannelAreThoseOfDenseArrays() {
        Random random = new Random(2);
        List<Added> values = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            values.add(value(random));
        }
        ChannelMoments moments = of(values);
        assertThat(moments.toCompactBytes().length).isLessThan(moments.toBytes().length);
        for (int c = 0; c < CHANNELS; c++) {
            ChannelMoments.Accumulator one = new ChannelMoments.Accumulator(1);
            for (Added value : values) {
                if (!value.alone() || value.indices()[0] == c) {
                    one.add(0, value.dense()[c]);
                }
            }
            ChannelStatistics expected = one.snapshot().finiteStatistics();
            ChannelStatistics found = moments.finiteStatistics();
            assertThat(numbers(found, c)).as("channel %d", c).isEqualTo(numbers(expected, 0));
            assertThat(moments.finiteCount(c)).isEqualTo(one.snapshot().finiteCount(0));
        }
    }

    private static List<Double> numbers(ChannelStatistics s, int c) {
        return Arrays.asList(
                (double) s.count(c),
                s.mean(c),
                s.meanLow(c),
                s.populationVariance(c),
                s.sampleVariance(c),
                s.min(c),
                s.max(c),
                (double) s.nanCount(c),
                (double) s.infinityCount(c));
    }

    @Test
    void neighboursThatAreNamedAlikeDoNotMakeTheOthersNamed() {
        SampleShape large = SampleShape.channelsFirst(1_000_000);
        int[] indices = new int[3000];
        double[] values = new double[indices.length];
        for (int i = 0; i < indices.length; i++) {
            indices[i] = i < 2000 ? i : 2000 + 998 * (i - 2000) + 1; // no gap is as long as the run before
            values[i] = 1;
        }
        ChannelMoments.Accumulator moments = new ChannelMoments.Accumulator(large.channels());
        moments.addSparse(indices, values, large);
        ChannelMoments.Accumulator sum = new ChannelMoments.Accumulator(large.channels());
        sum.addAll(moments.snapshot());
        assertThat(sum.heapBytes()).isLessThan(2 * moments.heapBytes());
        assertThat(sum.snapshot()).isEqualTo(moments.snapshot());
    }

    @Test
    void whatIsNeverNamedTakesNoMemory() {
        SampleShape large = SampleShape.channelsFirst(10_000_000);
        ChannelMoments.Accumulator moments = new ChannelMoments.Accumulator(large.channels());
        GradientSums.Accumulator gradients = new GradientSums.Accumulator(large.channels(), false);
        for (int i = 0; i < 1000; i++) {
            int[] indices = {i, 9_999 * i, 9_999_999};
            double[] values = {i, -i, 0.5};
            moments.addSparse(indices, values, large);
            gradients.addSparse(indices, values, indices, values, large);
        }
        assertThat(moments.heapBytes()).isLessThan(1_000_000);
        assertThat(gradients.heapBytes()).isLessThan(1_500_000);
        assertThat(moments.snapshot().toCompactBytes()).hasSizeLessThan(500_000);
        assertThat(gradients.snapshot().toCompactBytes()).hasSizeLessThan(800_000);
        ChannelMoments twice = moments.snapshot().combine(moments.snapshot());
        assertThat(twice.count(5_000_000)).isEqualTo(2000);
        assertThat(twice.max(5_000_000)).isZero();
        assertThat(twice.statistics().mean(9_999_999)).isEqualTo(0.5);
        assertThat(twice.toCompactBytes()).hasSizeLessThan(500_000);
    }

    @Test
    void sparsePairsGiveTheSumsOfDenseOnes() {
        for (int seed = 0; seed < 20; seed++) {
            Random random = new Random(seed);
            for (boolean ignores : new boolean[] {false, true}) {
                GradientSums.Accumulator sparse = new GradientSums.Accumulator(CHANNELS, ignores);
                GradientSums.Accumulator dense = new GradientSums.Accumulator(CHANNELS, ignores);
                GradientSums parts = GradientSums.empty(CHANNELS);
                for (int i = 0; i < 10; i++) {
                    Added x = value(random);
                    Added dy = value(random);
                    GradientSums.Accumulator part = new GradientSums.Accumulator(CHANNELS, ignores);
                    sparse.addSparse(x.indices(), x.values(), dy.indices(), dy.values(), SHAPE);
                    part.addSparse(x.indices(), x.values(), dy.indices(), dy.values(), SHAPE);
                    dense.add(x.dense(), dy.dense(), SHAPE);
                    parts = parts.combine(part.snapshot());
                }
                assertThat(sparse.snapshot()).as("seed %d", seed).isEqualTo(dense.snapshot());
                assertThat(parts).as("seed %d", seed).isEqualTo(dense.snapshot());
                assertThat(GradientSums.fromCompactBytes(parts.toCompactBytes()))
                        .isEqualTo(GradientSums.fromBytes(parts.toBytes()));
            }
        }
    }

    @Test
    void sparsePairsThatDoNotFitAreRefused() {
        GradientSums.Accumulator sums = new GradientSums.Accumulator(3, false);
        SampleShape shape = SampleShape.channelsFirst(3);
        assertThatThrownBy(() -> sums.addSparse(new int[1], new double[1], new int[1], new double[2], shape))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("1 indices, 2 gradients");
        assertThatThrownBy(() -> sums.addSparse(new int[] {3}, new double[1], new int[0], new double[0], shape))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }
}
