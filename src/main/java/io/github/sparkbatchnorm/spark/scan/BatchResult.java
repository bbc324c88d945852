package io.github.sparkbatchnorm.spark.scan;

import io.github.sparkbatchnorm.layer.ChannelGradients;
import io.github.sparkbatchnorm.spark.codec.BatchKey;
import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import java.io.Serializable;

/** What a scan sends to the driver of one batch; most often its rounded sums, a few doubles a channel. */
public sealed interface BatchResult extends Serializable {
    /** Bytes of a batch: objects, its key and its hash. */
    int FIXED_BYTES = 200;

    /** Bytes of a channel's statistics: doubles, and counts where they differ. */
    int STATISTICS_BYTES = 6 * Double.BYTES + Integer.BYTES;

    /** Bytes of a channel's gradients: doubles. */
    int GRADIENTS_BYTES = 5 * Double.BYTES;

    /** {@return the key of the batch} */
    BatchKey key();

    /**
     * The exact sums themselves.
     *
     * @param key of the batch
     * @param moments of its samples
     */
    record Moments(BatchKey key, ChannelMoments moments) implements BatchResult {
        private static final long serialVersionUID = 1L;
    }

    /**
     * Statistics.
     *
     * @param key of the batch
     * @param statistics of its samples
     * @param hash what the batch gives to the digest of all batches
     */
    record Statistics(BatchKey key, ChannelStatistics statistics, byte[] hash) implements BatchResult {
        private static final long serialVersionUID = 1L;
    }

    /**
     * Gradients with statistics that were known before the scan.
     *
     * @param key of the batch
     * @param gradients of weight and bias
     */
    record Gradients(BatchKey key, ChannelGradients gradients) implements BatchResult {
        private static final long serialVersionUID = 1L;
    }

    /**
     * Gradients and the statistics that they were made with.
     *
     * @param key of the batch
     * @param statistics of its samples
     * @param gradients of weight and bias
     */
    record WithStatistics(BatchKey key, ChannelStatistics statistics, ChannelGradients gradients)
            implements BatchResult {
        private static final long serialVersionUID = 1L;
    }
}
