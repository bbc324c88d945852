package io.github.sparkbatchnorm.layer;

import io.github.sparkbatchnorm.stats.SampleShape;
import io.github.sparkbatchnorm.stats.SampleShape.Layout;
import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where the running statistics of a state come from: the last pass that changed them. Immutable. It tells no time and
 * no host, so that the same data gives the same state file.
 *
 * @param rows the number of rows that counted; null if unknown
 * @param count n of each channel, over all batches of the pass; copied
 * @param digest of the statistics, {@code sha256:} and 64 hexadecimal digits; null if unknown
 * @param columns the name of each channel's column; null if the channels are in one column
 * @param shape of each sample; null where the sizes of samples differ
 * @param layout the place of the channels; null if unknown
 * @param dtype of the values; null if unknown
 * @param input the paths or the table that were read; empty for data without a path
 * @param where the condition on the rows; null for all of them
 * @param library the version of this library; null if unknown
 * @param spark the version of Spark; null if there was none
 */
public record Provenance(
        @Nullable Long rows,
        long[] count,
        @Nullable String digest,
        @Nullable List<String> columns,
        @Nullable SampleShape shape,
        @Nullable Layout layout,
        @Nullable Dtype dtype,
        List<String> input,
        @Nullable String where,
        @Nullable String library,
        @Nullable String spark)
        implements Serializable {
    /**
     * Copies the lists and the array.
     *
     * @param rows the number of rows that counted, or null
     * @param count n of each channel
     * @param digest of the statistics, or null
     * @param columns the name of each channel's column, or null
     * @param shape of each sample, or null
     * @param layout the place of the channels, or null
     * @param dtype of the values, or null
     * @param input the paths or the table that were read
     * @param where the condition on the rows, or null
     * @param library the version of this library, or null
     * @param spark the version of Spark, or null
     */
    public Provenance {
        count = count.clone();
        columns = columns == null ? null : List.copyOf(columns);
        input = List.copyOf(input);
    }

    /** {@return n of each channel, in a fresh array} */
    @Override
    public long[] count() {
        return count.clone();
    }

    /**
     * {@return this provenance with the places that were read}
     *
     * @param paths or the table
     */
    public Provenance withInput(List<String> paths) {
        return new Provenance(rows, count, digest, columns, shape, layout, dtype, paths, where, library, spark);
    }

    /** Whether the other one has the same values. */
    @Override
    public boolean equals(Object other) {
        return other instanceof Provenance that
                && Objects.equals(rows, that.rows)
                && Arrays.equals(count, that.count)
                && Objects.equals(digest, that.digest)
                && Objects.equals(columns, that.columns)
                && Objects.equals(shape, that.shape)
                && layout == that.layout
                && dtype == that.dtype
                && input.equals(that.input)
                && Objects.equals(where, that.where)
                && Objects.equals(library, that.library)
                && Objects.equals(spark, that.spark);
    }

    @Override
    public int hashCode() {
        return Objects.hash(rows, Arrays.hashCode(count), digest, columns, shape, input);
    }
}
