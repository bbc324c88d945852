package io.github.sparkbatchnorm.spark.scan;

import io.github.sparkbatchnorm.spark.rows.SparseRows;
import io.github.sparkbatchnorm.spark.tensor.BatchKey;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Statistics of all global batches of a data set.
 *
 * @param channels C
 * @param rows number of rows that count; rows that are dropped and null samples that are kept do not
 * @param sparse the sparse samples among these rows
 * @param batches in ascending order of their keys; there is none for a batch without a value
 * @param digest {@code sha256:} and 64 hexadecimal digits; the same values have the same digest, however they are
 *     stored
 */
public record DatasetStatistics(int channels, long rows, SparseRows sparse, List<Batch> batches, String digest) {
    /**
     * Copies the list of batches.
     *
     * @param channels C
     * @param rows number of rows that count
     * @param sparse the sparse samples among these rows
     * @param batches in ascending order of their keys
     * @param digest {@code sha256:} and 64 hexadecimal digits
     */
    public DatasetStatistics {
        batches = List.copyOf(batches);
    }

    /**
     * One global batch.
     *
     * @param key the key in Spark's form
     * @param label a {@link Long} for integers; for strings, dates and timestamps Spark's cast to string; null without
     *     a batch column
     * @param statistics of each channel, over all values, or over the finite ones where the others are ignored
     */
    public record Batch(BatchKey key, @Nullable Object label, ChannelStatistics statistics) {}
}
