package io.github.sparkbatchnorm.spark;

import java.io.Serializable;
import java.util.List;
import java.util.Locale;
import org.apache.spark.ml.linalg.SparseVector;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.jspecify.annotations.Nullable;

/**
 * How much sparse samples there were.
 *
 * @param rows with a sparse sample
 * @param named values that they named
 * @param values that they stand for, named or not
 */
public record SparseRows(long rows, long named, long values) implements Serializable {
    private static final long serialVersionUID = 1L;

    /** No sparse sample. */
    static final SparseRows NONE = new SparseRows(0, 0, 0);

    /** An index and a value. */
    private static final int BYTES_OF_NAMED = Integer.BYTES + Double.BYTES;

    /** Smaller outputs surprise no one. */
    private static final long MIN_BYTES = 1_000_000_000;

    private static final int MIN_RATIO = 10;

    /** Rows of fewer channels, below a MB, are not looked at. */
    private static final int MIN_CHANNELS = 100_000;

    SparseRows plus(SparseRows other) {
        return new SparseRows(rows + other.rows, named + other.named, values + other.values);
    }

    /**
     * What to know before all these values are written, since outputs are dense; null if they are not much more than
     * what was read.
     *
     * @param column in words
     */
    public @Nullable String becomingDense(String column) {
        long read = BYTES_OF_NAMED * named;
        long written = Double.BYTES * values;
        if (written < MIN_BYTES || written < MIN_RATIO * read) {
            return null;
        }
        return String.format(
                Locale.ROOT,
                "%s: %,d named values in %,d rows of %,d become dense: about %s are read, %s will be written,"
                        + " before compression",
                column,
                named,
                rows,
                values / rows,
                ByteSize.of(read),
                ByteSize.of(written));
    }

    /**
     * The same where no pass has counted rows: what one row tells, read only where a dense row is large. Null where
     * that row is not sparse, or dense ones are not large.
     *
     * @param channels C
     */
    public static @Nullable String firstBecomingDense(Dataset<Row> data, TensorColumn tensor, int channels) {
        if (!tensor.isVector() || channels < MIN_CHANNELS) {
            return null;
        }
        Column column = tensor.paths().get(0).in(data);
        List<Row> first = data.select(column).where(column.isNotNull()).takeAsList(1);
        if (first.isEmpty() || !(first.get(0).get(0) instanceof SparseVector row)) {
            return null;
        }
        return String.format(
                Locale.ROOT,
                "%s: a first row names %,d of %,d values, and sparse rows become dense: %s will be written for each,"
                        + " before compression",
                tensor.describe(),
                row.numActives(),
                row.size(),
                ByteSize.of((long) Double.BYTES * row.size()));
    }
}
