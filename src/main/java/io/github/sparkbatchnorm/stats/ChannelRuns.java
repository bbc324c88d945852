package io.github.sparkbatchnorm.stats;

import java.io.Serializable;
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
