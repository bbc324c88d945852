package io.github.sparkbatchnorm.stats;

import java.nio.ByteBuffer;

/**
 * What an accumulator knows of each channel but the count of its values, by {@linkplain ChannelSlots slot}. Where
 * {@link BlockSums} puts what it found, with each channel a slot of its own: the sums of a channel's values, and of
 * their products with factors.
 */
abstract class ChannelSink {
    final ExactSums exact;

    ChannelSink(int slots) {
        exact = new ExactSums(slots);
    }

    /** Takes in the smallest and the largest of values that are all finite. */
    abstract void widen(int channel, double smallest, double largest);

    /** Adds a value and its product with a factor, exactly whatever they are. The slow way. */
    abstract void add(int channel, double value, double factor);

    /** Moves what is known to other slots. */
    abstract void move(ChannelSlots.Move move);

    /** How many of a slot's values are not to be counted. */
    long ignored(int slot) {
        return 0;
    }

    /** Adds what {@link #writeTo} wrote. */
    abstract void addFrom(ByteBuffer in, int slot);

    /** Bytes that {@link #writeTo} will write. Makes the sums canonical. */
    abstract int canonicalSize(int slot);

    /** Writes the canonical form of what is known of a slot. Call {@link #canonicalSize} first. */
    abstract void writeTo(ByteBuffer out, int slot);

    /** Bytes of the Java heap in use, about. */
    abstract long heapBytes();
}
