package io.github.sparkbatchnorm.spark.scan;

import io.github.sparkbatchnorm.spark.codec.SampleSize;
import io.github.sparkbatchnorm.spark.rows.SparseRows;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The outcome of a scan.
 *
 * @param channels C
 * @param rows number of rows that count; rows that are dropped and null samples that are kept do not
 * @param fingerprint of these rows; of no meaning unless the input is guarded
 * @param sparse the sparse samples among these rows
 * @param size that all samples have; null if there is none, or they differ
 * @param batches in ascending order of their keys; there is none for a batch without a value
 * @param <R> the result of a batch
 */
public record ScanOutcome<R extends BatchResult>(
        int channels,
        long rows,
        long fingerprint,
        SparseRows sparse,
        @Nullable SampleSize size,
        List<Batch<R>> batches) {
    /**
     * Copies the list of batches.
     *
     * @param channels C
     * @param rows number of rows that count
     * @param fingerprint of these rows; of no meaning unless the input is guarded
     * @param sparse the sparse samples among these rows
     * @param size that all samples have, or null
     * @param batches in ascending order of their keys
     */
    public ScanOutcome {
        batches = List.copyOf(batches);
    }

    /** {@return the rows that a guarded pass has seen} */
    public RowsSeen seen() {
        return new RowsSeen(rows, fingerprint);
    }

    /**
     * A batch.
     *
     * @param label the key as people see it: a {@link Long} for integers; for strings, dates and timestamps Spark's
     *     cast to string; null without a batch column
     * @param result what the plan makes of its sums
     * @param <R> the result
     */
    public record Batch<R extends BatchResult>(@Nullable Object label, R result) {}
}
