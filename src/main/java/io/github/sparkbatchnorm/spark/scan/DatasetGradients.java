package io.github.sparkbatchnorm.spark.scan;

import io.github.sparkbatchnorm.layer.ChannelGradients;
import io.github.sparkbatchnorm.spark.rows.SparseRows;
import io.github.sparkbatchnorm.spark.tensor.BatchKey;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Gradients of weight and bias of all global batches of a data set.
 *
 * @param channels C
 * @param rows number of rows that count; rows that are dropped and null samples that are kept do not
 * @param sparse the sparse samples among these rows
 * @param batches in ascending order of their keys; there is none for a batch without a value
 */
public record DatasetGradients(int channels, long rows, SparseRows sparse, List<Batch> batches) {
    /**
     * Copies the list of batches.
     *
     * @param channels C
     * @param rows number of rows that count
     * @param sparse the sparse samples among these rows
     * @param batches in ascending order of their keys
     */
    public DatasetGradients {
        batches = List.copyOf(batches);
    }

    /**
     * One global batch.
     *
     * @param key the key in Spark's form
     * @param label a {@link Long} for integers; for strings, dates and timestamps Spark's cast to string; null without
     *     a batch column
     * @param statistics of the samples; null where running statistics are used
     * @param gradients dweight and dbias of each channel: sums over the batch
     */
    public record Batch(
            BatchKey key, @Nullable Object label, @Nullable ChannelStatistics statistics, ChannelGradients gradients) {}
}
