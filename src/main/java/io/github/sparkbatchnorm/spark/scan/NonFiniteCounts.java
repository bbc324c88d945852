package io.github.sparkbatchnorm.spark.scan;

import io.github.sparkbatchnorm.spark.codec.TensorColumn;
import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.GradientSums;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntToLongFunction;

/** How many values of each channel are NaN, and how many are infinite. */
final class NonFiniteCounts implements Serializable {
    private static final long serialVersionUID = 1L;

    /** The counts of no values. */
    static final NonFiniteCounts NONE = new NonFiniteCounts(0, c -> 0, c -> 0);

    private static final int MAX_CHANNELS_LISTED = 10;

    private final long[] nan;
    private final long[] infinite;

    private NonFiniteCounts(int channels, IntToLongFunction nan, IntToLongFunction infinite) {
        this.nan = new long[channels];
        this.infinite = new long[channels];
        for (int c = 0; c < channels; c++) {
            this.nan[c] = nan.applyAsLong(c);
            this.infinite[c] = infinite.applyAsLong(c);
        }
    }

    /** The counts of the samples of a partial. */
    static NonFiniteCounts ofValues(Partial partial) {
        ChannelMoments moments = partial.moments();
        if (moments != null) {
            return new NonFiniteCounts(
                    moments.channels(),
                    moments::nanCount,
                    c -> moments.positiveInfinityCount(c) + moments.negativeInfinityCount(c));
        }
        GradientSums sums = partial.gradients();
        return sums == null
                ? NONE
                : new NonFiniteCounts(sums.channels(), sums::inputNanCount, sums::inputInfinityCount);
    }

    /** The counts of the gradients of a partial. */
    static NonFiniteCounts ofGradients(Partial partial) {
        GradientSums sums = partial.gradients();
        return sums == null ? NONE : new NonFiniteCounts(sums.channels(), sums::nanCount, sums::infinityCount);
    }

    /** The counts of both. Different numbers of channels are an error that the report of the rows tells. */
    NonFiniteCounts plus(NonFiniteCounts other) {
        if (nan.length != other.nan.length) {
            return nan.length > other.nan.length ? this : other;
        }
        return new NonFiniteCounts(nan.length, c -> nan[c] + other.nan[c], c -> infinite[c] + other.infinite[c]);
    }

    /** Such as {@code 0 (1 NaN, 0 infinite), 3 (0 NaN, 2 infinite)}; empty if there is no such value. */
    String describe(TensorColumn column) {
        List<String> listed = new ArrayList<>();
        int affected = 0;
        for (int c = 0; c < nan.length; c++) {
            if (nan[c] + infinite[c] > 0 && affected++ < MAX_CHANNELS_LISTED) {
                listed.add(column.channelName(c) + " (" + nan[c] + " NaN, " + infinite[c] + " infinite)");
            }
        }
        String more = affected > MAX_CHANNELS_LISTED ? " and " + (affected - MAX_CHANNELS_LISTED) + " more" : "";
        return String.join(", ", listed) + more;
    }
}
