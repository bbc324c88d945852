package io.github.sparkbatchnorm.spark;

import io.github.sparkbatchnorm.layer.ChannelGradients;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import io.github.sparkbatchnorm.stats.GradientSums;
import io.github.sparkbatchnorm.stats.StatisticsDigest;
import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/** What the driver gets of a batch: a few doubles a channel and a hash. */
final class BatchResult implements Serializable {
    private static final long serialVersionUID = 1L;

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
