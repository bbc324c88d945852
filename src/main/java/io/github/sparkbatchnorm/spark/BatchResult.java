package io.github.sparkbatchnorm.spark;

import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import io.github.sparkbatchnorm.stats.StatisticsDigest;
import java.io.Serializable;

/** What the driver gets of a batch: a few doubles a channel and a hash. */
final class BatchResult implements Serializable {
    private static final long serialVersionUID = 1L;

    private final BatchKey key;
    private final ChannelStatistics statistics;
    private final byte[] hash;

    private BatchResult(BatchKey key, ChannelStatistics statistics, byte[] hash) {
        this.key = key;
        this.statistics = statistics;
        this.hash = hash;
    }

    /** Rounds the moments of a batch. */
    static BatchResult of(BatchKey key, ChannelMoments moments, NonFinitePolicy policy) {
        return new BatchResult(
                key,
                policy == NonFinitePolicy.IGNORE ? moments.finiteStatistics() : moments.statistics(),
                StatisticsDigest.ofBatch(moments));
    }

    BatchKey key() {
        return key;
    }

    ChannelStatistics statistics() {
        return statistics;
    }

    byte[] hash() {
        return hash;
    }
}
