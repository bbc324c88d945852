package io.github.sparkbatchnorm.stats;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.VectorApi;
import io.github.sparkbatchnorm.stats.MomentsTesting.Values;
import java.nio.ByteBuffer;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

/** Blocks give the bits of value by value with plain loops and with those of the Vector API. */
class LaneLoopsTest {
    private static final List<LaneLoops> LOOPS = List.of(new ScalarLaneLoops(), VectorApi.chosen(LaneLoops.BEST));

    @Provide
    Arbitrary<Integer> lengths() {
        return Arbitraries.oneOf(
                Arbitraries.integers().between(0, 300), Arbitraries.of(1023, 1024, 1025, 1031, 1032, 2048, 3000));
    }

    @Property(tries = 600)
    void sumsOfARunHaveTheBitsOfValueByValue(
            @ForAll Values values,
            @ForAll Values factors,
            @ForAll("lengths") int length,
            @ForAll @IntRange(max = 9) int offset,
            @ForAll boolean single,
            @ForAll boolean squares,
            @ForAll long seed) {
        double[] x = values(values, offset + length + 3, single, seed);
        double[] y = squares ? x : values(factors, x.length, single, ~seed);
        ChannelSink slow = target(squares, 1);
        for (int i = offset; i < offset + length; i++) {
            add(slow, 0, x[i], y[i]);
        }
        Object arrayOfX = array(x, single);
        Object arrayOfY = squares ? arrayOfX : array(y, single);
        for (LaneLoops loops : LOOPS) {
            ChannelSink fast = target(squares, 1);
            new BlockSums(loops).addRun(arrayOfX, arrayOfY, offset, length, 0, fast);
            assertThat(bytes(fast, 1)).isEqualTo(bytes(slow, 1));
        }
    }

    @Property(tries = 600)
    void sumsOfStackedSamplesHaveTheBitsOfValueByValue(
            @ForAll Values values,
            @ForAll Values factors,
            @ForAll @IntRange(min = 1, max = 40) int channels,
            @ForAll @IntRange(min = 1, max = 9) int spatial,
            @ForAll boolean channelsLast,
            @ForAll @IntRange(min = 1, max = 5) int units,
            @ForAll @IntRange(max = 127) int fullRows,
            @ForAll boolean single,
            @ForAll boolean squares,
            @ForAll long seed) {
        SampleShape unit = channelsLast
                ? SampleShape.channelsLast(spatial, channels)
                : SampleShape.channelsFirst(channels, spatial);
        int row = units * unit.length();
        int filled = Math.min(fullRows, 40_000 / row) * row + 1 + (int) Math.floorMod(seed, (long) row);
        double[] x = values(values, filled + 5, single, seed);
        double[] y = squares ? x : values(factors, x.length, single, ~seed);
        ChannelSink slow = target(squares, channels);
        for (int i = 0; i < filled; i++) {
            add(slow, unit.channelOf(i % unit.length()), x[i], y[i]);
        }
        Object arrayOfX = array(x, single);
        Object arrayOfY = squares ? arrayOfX : array(y, single);
        for (LaneLoops loops : LOOPS) {
            ChannelSink fast = target(squares, channels);
            new BlockSums(loops).addStack(arrayOfX, arrayOfY, filled, row, unit, fast);
            assertThat(bytes(fast, channels)).isEqualTo(bytes(slow, channels));
        }
    }

    private static double[] values(Values kind, int length, boolean single, long seed) {
        return MomentsTesting.samples(kind, 1, SampleShape.channelsFirst(length), single, seed)
                .get(0);
    }

    private static Object array(double[] values, boolean single) {
        return single ? MomentsTesting.toFloats(values) : values;
    }

    private static void add(ChannelSink sums, int channel, double x, double y) {
        if (sums instanceof MomentSums moments) {
            moments.add(channel, x);
        } else {
            ((PairSums) sums).add(channel, x, y);
        }
    }

    private static ChannelSink target(boolean squares, int channels) {
        return squares ? new MomentSums(channels) : new PairSums(channels, false);
    }

    private static byte[] bytes(ChannelSink sums, int channels) {
        ByteBuffer out = ByteBuffer.allocate(1 << 20);
        for (int c = 0; c < channels; c++) {
            sums.canonicalSize(c);
            sums.writeTo(out, c);
        }
        byte[] written = new byte[out.position()];
        out.flip().get(written);
        return written;
    }
}
