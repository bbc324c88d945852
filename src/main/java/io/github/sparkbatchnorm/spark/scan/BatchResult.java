package io.github.sparkbatchnorm.spark.scan;

import io.github.sparkbatchnorm.layer.ChannelGradients;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.spark.tensor.BatchKey;
import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import io.github.sparkbatchnorm.stats.GradientSums;
import io.github.sparkbatchnorm.stats.StatisticsDigest;
import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/** What the driver gets of a batch: a few doubles a channel and a hash. */
public final class BatchResult implements Serializable {
    private static final long serialVersionUID = 1L;

    /** Of a batch: objects, its key and its hash. */
    private static final int FIXED_BYTES = 200;

    // Of a channel: doubles, and counts where they differ.
    private static final int STATISTICS_BYTES = 6 * Double.BYTES + Integer.BYTES;
    private static final int GRADIENTS_BYTES = 5 * Double.BYTES;
    private static final int NON_FINITE_BYTES = 4 * Long.BYTES;

    private final BatchKey key;
    private final @Nullable ChannelStatistics statistics;
    private final byte @Nullable [] hash;
    private final @Nullable ChannelGradients gradients;
    private final @Nullable NonFiniteCounts nonFiniteInputs;
    private final @Nullable NonFiniteCounts nonFiniteGradients;

    private BatchResult(
            BatchKey key,
            @Nullable ChannelMoments moments,
            @Nullable GradientSums sums,
            NonFinitePolicy policy,
            @Nullable GradientRule rule) {
        this.key = key;
        statistics = moments == null
                ? null
                : policy == NonFinitePolicy.IGNORE ? moments.finiteStatistics() : moments.statistics();
        hash = moments == null || rule != null ? null : StatisticsDigest.ofBatch(moments);
        gradients = sums == null || rule == null ? null : rule.gradients(sums, statistics);
        boolean fails = policy == NonFinitePolicy.FAIL;
        nonFiniteInputs = !fails
                ? null
                : statistics != null
                        ? NonFiniteCounts.of(statistics)
                        : sums == null ? null : NonFiniteCounts.ofInputs(sums);
        nonFiniteGradients = fails && sums != null ? NonFiniteCounts.ofGradients(sums) : null;
    }

    /** Rounds what is known of a batch; null if that is nothing. */
    static @Nullable BatchResult of(
            BatchKey key, Partial partial, NonFinitePolicy policy, @Nullable GradientRule rule) {
        ChannelMoments moments = partial.moments();
        GradientSums sums = partial.gradients();
        boolean none = moments == null ? sums == null : moments.isEmpty();
        return none ? null : new BatchResult(key, moments, sums, policy, rule);
    }

    /** About the bytes of what {@link #of} gives of a partial. */
    static long bytes(Partial partial, NonFinitePolicy policy, @Nullable GradientRule rule) {
        long bytes = FIXED_BYTES;
        ChannelMoments moments = partial.moments();
        if (moments != null) {
            bytes += (long) STATISTICS_BYTES * moments.heldChannels();
        }
        if (rule != null) {
            bytes += (long) GRADIENTS_BYTES * partial.channels();
        }
        return policy == NonFinitePolicy.FAIL ? bytes + (long) NON_FINITE_BYTES * partial.channels() : bytes;
    }

    BatchKey key() {
        return key;
    }

    /** Null if the pass takes none. */
    @Nullable
    ChannelStatistics statistics() {
        return statistics;
    }

    /** Of the moments; null where gradients are the aim. */
    byte @Nullable [] hash() {
        return hash;
    }

    @Nullable
    ChannelGradients gradients() {
        return gradients;
    }

    /** Null unless values that are not finite are an error. */
    @Nullable
    NonFiniteCounts nonFiniteInputs() {
        return nonFiniteInputs;
    }

    /** Null unless gradients that are not finite are an error. */
    @Nullable
    NonFiniteCounts nonFiniteGradients() {
        return nonFiniteGradients;
    }
}
