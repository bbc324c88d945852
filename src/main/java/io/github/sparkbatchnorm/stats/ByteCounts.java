package io.github.sparkbatchnorm.stats;

import java.util.Arrays;

/**
 * Counts how often each channel has each unsigned byte. That gives exact sums of images for less time than converting
 * their bytes to numbers takes. Not thread-safe.
 */
final class ByteCounts {
    /** Most channels whose counts fit the first-level cache. */
    static final int MAX_CHANNELS = 16;

    private static final int VALUES = 1 << Byte.SIZE;
    /** Consecutive bytes are counted apart, since a count must wait for an earlier one at the same place. */
    private static final int MIN_LANES = 4;

    private final int channels;
    /** 256 counts for each lane; lane l is of channel {@code l % C}. */
    private final int[] counts;

    /** Most bytes that are counted before the counts go to the sums. */
    private final int most;
    /** How many more bytes can be counted. */
    private int room;

    ByteCounts(int channels) {
        this(channels, Integer.MAX_VALUE);
    }

    /** @param most most bytes that are counted before the counts go to the sums, and most bytes of a sample */
    ByteCounts(int channels, int most) {
        this.channels = channels;
        this.most = most;
        room = most;
        counts = new int[(channels < MIN_LANES ? MIN_LANES * channels : channels) * VALUES];
    }

    /** Counts the bytes of one sample, channels last. */
    void add(byte[] bytes, int offset, int length, ChannelSink out) {
        if (length > room) {
            flush(out);
        }
        room -= length;
        int lane = 0;
        for (int i = offset; i < offset + length; i++) {
            counts[lane + (bytes[i] & 0xFF)]++;
            lane += VALUES;
            if (lane == counts.length) {
                lane = 0;
            }
        }
    }

    /** Adds the counted bytes to sums, and sets all counts to 0. */
    void flush(ChannelSink out) {
        for (int i = 0; i < counts.length; i++) {
            if (counts[i] > 0) {
                int channel = i / VALUES % channels;
                int value = i % VALUES;
                out.widen(channel, value, value);
                if (value > 0) {
                    out.exact.values(channel).add((long) value * counts[i], 0);
                    out.exact.products(channel).add((long) value * value * counts[i], 0);
                }
            }
        }
        Arrays.fill(counts, 0);
        room = most;
    }

    /** About how many bytes of the Java heap the counts take. */
    long heapBytes() {
        return (long) Integer.BYTES * counts.length;
    }
}
