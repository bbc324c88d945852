package io.github.sparkbatchnorm.stats;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which lanes are summed as a block, and which value by value; {@link LaneLoopsTest} compares their bits. */
class BlockSumsTest {
    /** Counts the lanes that are added value by value. */
    private static final class SlowLanes extends ChannelSink {
        private int count;

        SlowLanes(int channels) {
            super(channels);
        }

        @Override
        void addEach(BlockSums.Block block, int lane, int channel) {
            count++;
        }

        @Override
        void move(ChannelSlots.Move move) {
            throw new AssertionError();
        }

        @Override
        void addFrom(ByteBuffer in, int slot) {
            throw new AssertionError();
        }

        @Override
        int canonicalSize(int slot) {
            throw new AssertionError();
        }

        @Override
        void writeTo(ByteBuffer out, int slot) {
            throw new AssertionError();
        }

        @Override
        long heapBytes() {
            throw new AssertionError();
        }
    }

    private static int slowLanes(Object x, Object y, int length) {
        SlowLanes out = new SlowLanes(1);
        new BlockSums(LaneLoops.BEST).addRun(x, y, 0, length, 0, out);
        return out.count;
    }

    private static int slowLanes(boolean isFloat, double magnitude, double oneOther) {
        double[] x = new double[1024];
        Arrays.fill(x, magnitude);
        x[11] = oneOther;
        x[12] = 0;
        Object array = isFloat ? MomentsTesting.toFloats(x) : x;
        return slowLanes(array, array, x.length);
    }

    @ParameterizedTest
    @CsvSource({"true, 0x1.8p5, 0x1p-16", "false, 0x1.8p5, 0x1p-14", "false, 0x1.8p430, 0x1p411", "false, 0x1p-430, 0"})
    void valuesWithinTheBoundsAreSummedAsABlock(boolean isFloat, double magnitude, double other) {
        assertThat(slowLanes(isFloat, magnitude, other)).isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "true, 0x1.8p5, 0x1.fffffep-17",
        "false, 0x1.8p5, 0x1.fffffp-15",
        "false, 0x1.8p5, NaN",
        "true, 0x1.8p5, NaN",
        "true, 0x1.8p5, Infinity"
    })
    void valuesBeyondTheBoundsAreAddedOneByOne(boolean isFloat, double magnitude, double other) {
        assertThat(slowLanes(isFloat, magnitude, other)).isPositive();
    }

    @ParameterizedTest
    @ValueSource(doubles = {0x1p431, 0x1.fp-431, Double.MIN_VALUE})
    void magnitudesOutOfRangeAreAddedOneByOne(double magnitude) {
        assertThat(slowLanes(false, magnitude, magnitude)).isEqualTo(8);
        double[] x = {magnitude};
        assertThat(slowLanes(x, new double[] {1}, 1)).isEqualTo(1);
        assertThat(slowLanes(new double[] {1}, x, 1)).isEqualTo(1);
        assertThat(slowLanes(new double[] {1}, new double[] {1}, 1)).isZero();
    }

    @Test
    void lanesOfOneChannelThatAreFarApartAreEachComparedWithTheLargest() {
        float[] x = new float[16]; // two rows of 8 lanes
        Arrays.fill(x, 1);
        x[3] = 0x1p30f;
        assertThat(slowLanes(x, x, 16)).isEqualTo(8); // the lane of 2^30 holds a 1, too
        x[11] = 0x1p30f;
        assertThat(slowLanes(x, x, 16)).isEqualTo(7);
    }

    @Test
    void stackedChannelsThatAreFarApartAreSummedAsABlock() {
        SampleShape unit = SampleShape.channelsFirst(2, 3);
        float[] x = new float[10 * unit.length() - 2];
        for (int i = 0; i < x.length; i++) {
            x[i] = unit.channelOf(i % unit.length()) == 0 ? 0x1p-30f : 0x1p30f;
        }
        SlowLanes out = new SlowLanes(2);
        new BlockSums(LaneLoops.BEST).addStack(x, x, x.length, unit.length(), unit, out);
        assertThat(out.count).isZero();
    }
}
