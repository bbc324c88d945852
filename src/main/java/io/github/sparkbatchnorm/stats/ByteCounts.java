package io.github.sparkbatchnorm.stats;

import java.util.Arrays;

/**
 * Counts how often each channel has each unsigned byte: exact sums of images, for less than it takes to make numbers of
 * their bytes.
 */
final class ByteCounts {
    /** Most channels whose counts stay in the first-level cache. */
    static final int MAX_CHANNELS = 16;

    private static final int VALUES = 1 << Byte.SIZE;
    /** Bytes that follow each other are counted apart, since a count waits for the last one that was the same. */
    private static final int MIN_LANES = 4;

    private final int channels;
    /** For each lane, which is of channel lane % C, the counts of the bytes. */
    private final int[] counts;

    /** Most bytes that an int can count. */
    private final int most;

    private int room;

    ByteCounts(int channels) {
        this(channels, Integer.MAX_VALUE);
    }

    /** @param most bytes that are counted before the counts go to the sums, and of a sample */
    ByteCounts(int channels, int most) {
        this.channels = channels;
        this.most = most;
        room = most;
        counts = new int[(channels < MIN_LANES ? MIN_LANES * channels : channels) * VALUES];
    }

    /** Adds one sample, channels last. */
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

    /** Adds what was counted to sums, and counts anew. */
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

    long heapBytes() {
        return (long) Integer.BYTES * counts.length;
    }
}
