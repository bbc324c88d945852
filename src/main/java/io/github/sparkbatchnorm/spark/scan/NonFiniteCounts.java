package io.github.sparkbatchnorm.spark.scan;

import io.github.sparkbatchnorm.spark.tensor.TensorColumn;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import io.github.sparkbatchnorm.stats.GradientSums;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntToLongFunction;

/** How many values of each channel are NaN, and how many infinite. */
public final class NonFiniteCounts implements Serializable {
    private static final long serialVersionUID = 1L;

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

    static NonFiniteCounts of(ChannelStatistics statistics) {
        return new NonFiniteCounts(statistics.channels(), statistics::nanCount, statistics::infinityCount);
    }

    static NonFiniteCounts ofGradients(GradientSums sums) {
        return new NonFiniteCounts(sums.channels(), sums::nanCount, sums::infinityCount);
    }

    /** Those of the values that the gradients are for. */
    static NonFiniteCounts ofInputs(GradientSums sums) {
        return new NonFiniteCounts(sums.channels(), sums::inputNanCount, sums::inputInfinityCount);
    }

    NonFiniteCounts plus(NonFiniteCounts other) {
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
