package io.github.sparkbatchnorm.stats;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** Counted bytes give the sums of their values. */
class ByteCountsTest {
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

    @Provide
    Arbitrary<Integer> counts() {
        return Arbitraries.oneOf(Arbitraries.integers().between(1, 300), Arbitraries.of(127, 128, 129, 256, 1000));
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
}
