package io.github.sparkbatchnorm.stats;

import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A division of the channels into runs of neighbours with equal numbers, which are held once. After dense samples
 * nearly every channel is a run of its own; after sparse ones, the channels between two that were named are a run.
 * Immutable; threads may share it. Public only to be registered with Kryo.
 */
public final class ChannelRuns implements Serializable {
    private static final long serialVersionUID = 1L;

    private final int channels;
    /** One past the last channel of each run, ascending; null if every channel is a run of its own. */
    private final int @Nullable [] ends;

    /** @param ends one past the last channel of each run, ascending; null if every channel is a run of its own */
    ChannelRuns(int channels, int @Nullable [] ends) {
        this.channels = channels;
        this.ends = ends;
    }

    /**
     * Reads C (int32) if every channel is a run of its own; otherwise minus the number of runs, C, and the end of each
     * run.
     *
     * @param recordBytes fewest bytes that follow for each run
     * @throws IllegalArgumentException if the bytes are not of that form, or too few for so many runs
     */
    static ChannelRuns read(ByteBuffer in, int recordBytes) {
        int first = getInt(in);
        if (first >= 0) {
            return new ChannelRuns(requireRoom(first, recordBytes, in), null);
        }
        int channels = getInt(in);
        int[] ends = new int[requireRoom(-first, Integer.BYTES + recordBytes, in)];
        int last = 0;
        for (int run = 0; run < ends.length; run++) {
            ends[run] = in.getInt();
            if (ends[run] <= last) {
                throw new IllegalArgumentException(
                        "a run from " + last + " to " + ends[run] + "; expected ascending ends");
            }
            last = ends[run];
        }
        if (last != channels) {
            throw new IllegalArgumentException("runs of " + last + " channels; expected " + channels);
        }
        return new ChannelRuns(channels, ends);
    }

    private static int getInt(ByteBuffer in) {
        if (in.remaining() < Integer.BYTES) {
            throw new IllegalArgumentException(in.remaining() + " bytes; expected " + Integer.BYTES + " or more");
        }
        return in.getInt();
    }

    /**
     * Checks that bytes have room for so many records.
     *
     * @return their number
     * @throws IllegalArgumentException if they have none, or the number is not 1 or more
     */
    static int requireRoom(int records, int recordBytes, ByteBuffer in) {
        if (records < 1 || records > in.remaining() / recordBytes) {
            throw new IllegalArgumentException(records + " channels in " + in.remaining()
                    + " bytes; expected 1 or more, of at least " + recordBytes + " bytes each");
        }
        return records;
    }

    /** The longest runs that lie in one run of each division. */
    ChannelRuns split(ChannelRuns other) {
        if (areSingle() || other.areSingle()) {
            return new ChannelRuns(channels, null);
        }
        int[] both = new int[(int) Math.min(channels, (long) count() + other.count())];
        int count = 0;
        for (int end = 0, i = 0, j = 0; end < channels; count++) {
            end = Math.min(end(i), other.end(j));
            i += end(i) == end ? 1 : 0;
            j += other.end(j) == end ? 1 : 0;
            both[count] = end;
        }
        return new ChannelRuns(channels, count == channels ? null : Arrays.copyOf(both, count));
    }

    /** C, the number of channels. */
    int channels() {
        return channels;
    }

    /** The number of runs. */
    int count() {
        return ends == null ? channels : ends.length;
    }

    /** Whether every channel is a run of its own. */
    boolean areSingle() {
        return ends == null;
    }

    /**
     * The run of a channel.
     *
     * @throws IndexOutOfBoundsException if there is no such channel
     */
    int of(int channel) {
        Objects.checkIndex(channel, channels);
        if (ends == null) {
            return channel;
        }
        int end = Arrays.binarySearch(ends, channel + 1);
        return end >= 0 ? end : -1 - end;
    }

    /** The first channel of a run. */
    int start(int run) {
        if (ends == null) {
            return run;
        }
        return run == 0 ? 0 : ends[run - 1];
    }

    /** One past the last channel of a run. */
    int end(int run) {
        return ends == null ? run + 1 : ends[run];
    }

    /** The number of channels in a run. */
    int length(int run) {
        return end(run) - start(run);
    }
}
