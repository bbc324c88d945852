package io.github.sparkbatchnorm.spark.scan;

import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.ChannelGradients;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.spark.tensor.BatchKey;
import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import io.github.sparkbatchnorm.stats.StatisticsDigest;
import java.io.Serializable;

/**
 * What a pass computes of each batch.
 *
 * @param <R> the result of a batch
 */
sealed interface ScanPlan<R extends BatchResult> extends Serializable {
    /** What happens to values that are not finite. */
    NonFinitePolicy policy();

    /** The sums that the scan has to take. */
    ScanSums sums();

    /** Whether a batch with that number of channels can have a result. */
    default boolean accepts(int channels) {
        return true;
    }

    /**
     * Rounds the sums of a batch.
     *
     * @param partial all sums of the batch: {@linkplain Partial#hasValues not empty}, of channels that are
     *     {@linkplain #accepts accepted}
     */
    R result(BatchKey key, Partial partial);

    private static ChannelStatistics statistics(ChannelMoments moments, NonFinitePolicy policy) {
        return policy == NonFinitePolicy.IGNORE ? moments.finiteStatistics() : moments.statistics();
    }

    private static ScanSums gradientSums(NonFinitePolicy policy, boolean moments) {
        return new ScanSums(moments, true, policy == NonFinitePolicy.IGNORE);
    }

    /** The statistics of each batch and its part of the digest. */
    record Statistics(NonFinitePolicy policy) implements ScanPlan<BatchResult.Statistics> {
        private static final long serialVersionUID = 1L;

        @Override
        public ScanSums sums() {
            return new ScanSums(true, false, false);
        }

        @Override
        public BatchResult.Statistics result(BatchKey key, Partial partial) {
            ChannelMoments moments = partial.requireMoments();
            return new BatchResult.Statistics(key, statistics(moments, policy), StatisticsDigest.ofBatch(moments));
        }
    }

    /** Gradients with the statistics of each batch, which the same scan finds. */
    record BatchGradients(NonFinitePolicy policy, double eps) implements ScanPlan<BatchResult.WithStatistics> {
        private static final long serialVersionUID = 1L;

        @Override
        public ScanSums sums() {
            return gradientSums(policy, true);
        }

        @Override
        public BatchResult.WithStatistics result(BatchKey key, Partial partial) {
            ChannelStatistics statistics = statistics(partial.requireMoments(), policy);
            ChannelGradients gradients = ChannelGradients.ofBatch(partial.requireGradients(), statistics, eps);
            return new BatchResult.WithStatistics(key, statistics, gradients);
        }
    }

    /** Gradients with the statistics of the one batch, which a forward pass found. */
    record KnownGradients(NonFinitePolicy policy, ChannelStatistics statistics, double eps)
            implements ScanPlan<BatchResult.Gradients> {
        private static final long serialVersionUID = 1L;

        @Override
        public ScanSums sums() {
            return gradientSums(policy, false);
        }

        @Override
        public boolean accepts(int channels) {
            return channels == statistics.channels();
        }

        @Override
        public BatchResult.Gradients result(BatchKey key, Partial partial) {
            return new BatchResult.Gradients(
                    key, ChannelGradients.ofBatch(partial.requireGradients(), statistics, eps));
        }
    }

    /** Gradients with the running statistics of a state. */
    record RunningGradients(NonFinitePolicy policy, BatchNormState state) implements ScanPlan<BatchResult.Gradients> {
        private static final long serialVersionUID = 1L;

        @Override
        public ScanSums sums() {
            return gradientSums(policy, false);
        }

        @Override
        public boolean accepts(int channels) {
            return channels == state.numFeatures();
        }

        @Override
        public BatchResult.Gradients result(BatchKey key, Partial partial) {
            return new BatchResult.Gradients(key, ChannelGradients.ofRunning(partial.requireGradients(), state));
        }
    }
}
