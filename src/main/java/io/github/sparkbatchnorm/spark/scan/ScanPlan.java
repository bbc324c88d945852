package io.github.sparkbatchnorm.spark.scan;

import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.ChannelGradients;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.spark.codec.BatchKey;
import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import io.github.sparkbatchnorm.stats.StatisticsDigest;
import java.io.Serializable;

/**
 * What a pass computes of each batch.
 *
 * @param <R> the result of a batch
 */
public sealed interface ScanPlan<R extends BatchResult> extends Serializable {
    /** {@return what happens to values that are not finite} */
    NonFinitePolicy policy();

    /** {@return the results in words, for the description of a job} */
    default String what() {
        return "gradients";
    }

    /** {@return the sums that the scan has to take} */
    ScanSums sums();

    /**
     * {@return whether a batch with a number of channels can have a result}
     *
     * @param channels C of the batch
     */
    default boolean accepts(int channels) {
        return true;
    }

    /**
     * {@return the result of a batch}
     *
     * @param key of the batch
     * @param partial all sums of the batch: {@linkplain Partial#hasValues not empty}, of channels that are
     *     {@linkplain #accepts accepted}
     */
    R result(BatchKey key, Partial partial);

    /**
     * {@return about the bytes of the result of a batch}
     *
     * @param partial all sums of the batch
     */
    default long bytes(Partial partial) {
        ChannelMoments moments = partial.moments();
        long statistics = moments == null ? 0 : (long) BatchResult.STATISTICS_BYTES * moments.heldChannels();
        long gradients = partial.gradients() == null ? 0 : (long) BatchResult.GRADIENTS_BYTES * partial.channels();
        return BatchResult.FIXED_BYTES + statistics + gradients;
    }

    private static ChannelStatistics statistics(ChannelMoments moments, NonFinitePolicy policy) {
        return policy == NonFinitePolicy.IGNORE ? moments.finiteStatistics() : moments.statistics();
    }

    private static ScanSums gradientSums(NonFinitePolicy policy, boolean moments) {
        return new ScanSums(moments, true, policy == NonFinitePolicy.IGNORE);
    }

    /**
     * The exact sums of each batch, not rounded.
     *
     * @param policy for values that are not finite
     */
    record Moments(NonFinitePolicy policy) implements ScanPlan<BatchResult.Moments> {
        private static final long serialVersionUID = 1L;

        @Override
        public String what() {
            return "moments";
        }

        @Override
        public ScanSums sums() {
            return ScanSums.OF_SAMPLES;
        }

        @Override
        public BatchResult.Moments result(BatchKey key, Partial partial) {
            return new BatchResult.Moments(key, partial.requireMoments());
        }

        @Override
        public long bytes(Partial partial) {
            return BatchResult.FIXED_BYTES + partial.bytes();
        }
    }

    /**
     * The statistics of each batch and its part of the digest.
     *
     * @param policy for values that are not finite
     */
    record Statistics(NonFinitePolicy policy) implements ScanPlan<BatchResult.Statistics> {
        private static final long serialVersionUID = 1L;

        @Override
        public String what() {
            return "statistics";
        }

        @Override
        public ScanSums sums() {
            return ScanSums.OF_SAMPLES;
        }

        @Override
        public BatchResult.Statistics result(BatchKey key, Partial partial) {
            return rounded(key, partial.requireMoments(), policy);
        }
    }

    /**
     * {@return the statistics of a batch and its part of the digest}
     *
     * @param key of the batch
     * @param moments of its samples
     * @param policy for values that are not finite
     */
    static BatchResult.Statistics rounded(BatchKey key, ChannelMoments moments, NonFinitePolicy policy) {
        return new BatchResult.Statistics(key, statistics(moments, policy), StatisticsDigest.ofBatch(moments));
    }

    /**
     * Gradients with the statistics of each batch, which the same scan finds.
     *
     * @param policy for values that are not finite
     * @param eps added to each variance, at least 0
     */
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

    /**
     * Gradients with the statistics of the one batch, which a forward pass found.
     *
     * @param policy for values that are not finite
     * @param statistics of the samples
     * @param eps added to each variance, at least 0
     */
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

    /**
     * Gradients with the running statistics of a state.
     *
     * @param policy for values that are not finite
     * @param state running statistics and eps
     */
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
