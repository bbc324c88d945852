package io.github.sparkbatchnorm.spark.scan;

import io.github.sparkbatchnorm.layer.ChannelGradients;
import io.github.sparkbatchnorm.spark.tensor.BatchKey;
import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import java.io.Serializable;

/** The rounded sums of one batch: a few doubles a channel. */
sealed interface BatchResult extends Serializable {
    /** Bytes of a batch: objects, its key and its hash. */
    int FIXED_BYTES = 200;

    /** Bytes of a channel's statistics: doubles, and counts where they differ. */
    int STATISTICS_BYTES = 6 * Double.BYTES + Integer.BYTES;

    /** Bytes of a channel's gradients: doubles. */
    int GRADIENTS_BYTES = 5 * Double.BYTES;

    BatchKey key();

    /** About the bytes of the result that these sums of a batch are rounded to. */
    static long bytes(Partial partial) {
        ChannelMoments moments = partial.moments();
        long statistics = moments == null ? 0 : (long) STATISTICS_BYTES * moments.heldChannels();
        long gradients = partial.gradients() == null ? 0 : (long) GRADIENTS_BYTES * partial.channels();
        return FIXED_BYTES + statistics + gradients;
    }

    /**
     * Statistics.
     *
     * @param hash what the batch gives to the digest of all batches
     */
    record Statistics(BatchKey key, ChannelStatistics statistics, byte[] hash) implements BatchResult {
        private static final long serialVersionUID = 1L;
    }

    /** Gradients with statistics that were known before the scan. */
    record Gradients(BatchKey key, ChannelGradients gradients) implements BatchResult {
        private static final long serialVersionUID = 1L;
    }

    /** Gradients and the statistics that they were made with. */
    record WithStatistics(BatchKey key, ChannelStatistics statistics, ChannelGradients gradients)
            implements BatchResult {
        private static final long serialVersionUID = 1L;
    }
}
