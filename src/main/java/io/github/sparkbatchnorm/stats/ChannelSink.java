package io.github.sparkbatchnorm.stats;

import java.nio.ByteBuffer;

/**
 * What an accumulator knows of each channel but the count of its values, by {@linkplain ChannelSlots slot}: the exact
 * sums of its values and of their products with factors, and more. Not thread-safe.
 *
 * <p>{@link BlockSums} and {@link ByteCounts} add to a sink whose channels all have slots: channel c is slot c.
 */
abstract class ChannelSink {
    final ExactSums exact;

    ChannelSink(int slots) {
        exact = new ExactSums(slots);
    }

    /** Takes in the minimum and the maximum of finite values whose sums were added. By default nothing is kept. */
    void widen(int slot, double min, double max) {}

    /** Adds the values of one lane of a block value by value, whatever they are. */
    abstract void addEach(BlockSums.Block block, int lane, int channel);

    /** Moves everything to other slots. */
    abstract void move(ChannelSlots.Move move);

    /** How many of a slot's values are not to be counted. */
    long ignored(int slot) {
        return 0;
    }

    /** Adds a record that {@link #writeTo} wrote. */
    abstract void addFrom(ByteBuffer in, int slot);

    /** The number of bytes that {@link #writeTo} will write; makes the sums canonical. */
    abstract int canonicalSize(int slot);

    /** Writes the canonical record of a slot, without its count. {@link #canonicalSize} must have been called. */
    abstract void writeTo(ByteBuffer out, int slot);

    /** About how many bytes of the Java heap this takes. */
    abstract long heapBytes();
}
