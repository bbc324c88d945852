package io.github.sparkbatchnorm.stats;

import java.io.Serializable;

/**
 * What {@link ChannelMoments} and {@link GradientSums} share: an immutable record of each channel, in bytes of one
 * canonical form. Threads may share it.
 */
abstract class ChannelAggregate implements Serializable {
    private static final long serialVersionUID = 1L;

    /** The field that every record begins with. */
    static final int COUNT = 0;

    final ChannelRecords records;

    ChannelAggregate(ChannelRecords records) {
        this.records = records;
    }

    /**
     * C, the number of channels.
     *
     * @return 1 or more
     */
    public final int channels() {
        return records.channels();
    }

    /**
     * The size of what is held and sent, which is also that of {@link #toCompactBytes}.
     *
     * @return in bytes
     */
    public final long bytes() {
        return records.size();
    }

    /**
     * The number of channels whose records are held: memory and messages grow with it.
     *
     * @return at most C; less where neighbouring channels have equal records, which are held once
     */
    public final int heldChannels() {
        return records.runs().count();
    }

    /**
     * The canonical bytes, in the layout that the class comment tells. Equal objects have equal bytes.
     *
     * @return a fresh array
     * @throws IllegalStateException if there are more bytes than an array holds, or minimum and maximum are unknown
     *     ({@link ChannelMoments#hasKnownExtremes}): {@link ChannelMoments#toRecord} keeps that
     */
    public final byte[] toBytes() {
        if (records.extremesUnknown()) {
            throw new IllegalStateException(
                    "canonical bytes cannot say that minimum and maximum are unknown; use toRecord");
        }
        return records.toBytes(0, 0);
    }

    /**
     * The bytes as they are held and sent: neighbouring channels with equal records share one. Only
     * {@code fromCompactBytes} of the same version of this library reads them.
     *
     * @return a fresh array
     */
    public final byte[] toCompactBytes() {
        return records.toCompactBytes();
    }

    final void requireChannels(int expected) {
        if (channels() != expected) {
            throw new IllegalArgumentException(
                    getClass().getSimpleName() + " of " + channels() + " channels; expected " + expected);
        }
    }

    final long longAt(int channel, int field) {
        return records.longAt(run(channel), field);
    }

    final double doubleAt(int channel, int field) {
        return records.doubleAt(run(channel), field);
    }

    final int run(int channel) {
        return records.runs().of(channel);
    }

    /** Whether the other object is of the same class and has the same canonical bytes. */
    @Override
    public final boolean equals(Object other) {
        return getClass().isInstance(other) && records.equals(((ChannelAggregate) other).records);
    }

    @Override
    public final int hashCode() {
        return records.hashCode();
    }

    /** The class, the number of channels and the number of bytes held. */
    @Override
    public final String toString() {
        return getClass().getSimpleName() + "[" + channels() + " channels, " + bytes() + " bytes]";
    }
}
