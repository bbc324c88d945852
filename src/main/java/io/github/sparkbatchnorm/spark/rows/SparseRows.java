package io.github.sparkbatchnorm.spark.rows;

import io.github.sparkbatchnorm.spark.codec.TensorColumn;
import java.io.Serializable;
import java.util.List;
import java.util.Locale;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.SparseVector;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.jspecify.annotations.Nullable;

/**
 * Counts of sparse samples.
 *
 * @param rows with a sparse sample
 * @param named values that these samples name
 * @param values of these samples, named or not
 */
public record SparseRows(long rows, long named, long values) implements Serializable {
    private static final long serialVersionUID = 1L;

    /** No sparse sample. */
    static final SparseRows NONE = new SparseRows(0, 0, 0);

    /** Bytes of an index and a value. */
    private static final int BYTES_OF_NAMED = Integer.BYTES + Double.BYTES;

    /** Outputs below this size are not worth a warning. */
    private static final long MIN_BYTES = 1_000_000_000;

    private static final int MIN_RATIO = 10;

    /** Rows of fewer channels are not read for a warning. */
    private static final int MIN_CHANNELS = 1000;

    SparseRows plus(SparseRows other) {
        return new SparseRows(rows + other.rows, named + other.named, values + other.values);
    }

    /**
     * A line of warning for before these values are written as dense ones.
     *
     * @param column in words
     * @return null if the values written are not much more than those read
     */
    public @Nullable String becomingDense(String column) {
        String sizes = sizes(named, values);
        return sizes == null
                ? null
                : String.format(
                        Locale.ROOT,
                        "%s: %,d named values in %,d rows of %,d become dense: %s",
                        column,
                        named,
                        rows,
                        values / rows,
                        sizes);
    }

    /**
     * A line of warning for before rows are written that no pass has counted. It goes by the first row: only if that
     * one is sparse, and much larger as a dense one, the rows are counted.
     *
     * @param data to be written
     * @param tensor its vector column
     * @param channels C
     * @return null if the values written are not much more than those read, as far as the first row tells
     */
    public static @Nullable String becomingDense(Dataset<Row> data, TensorColumn tensor, int channels) {
        if (!tensor.dataType().equals(SQLDataTypes.VectorType()) || channels < MIN_CHANNELS) {
            return null;
        }
        Column column = tensor.paths().get(0).toColumn();
        Dataset<Row> samples = data.where(column.isNotNull());
        List<Row> first = samples.select(column).takeAsList(1);
        if (first.isEmpty()
                || !(first.get(0).get(0) instanceof SparseVector row)
                || !isMuchMore(row.numActives(), row.size())) {
            return null;
        }
        long rows = samples.count();
        String sizes = sizes(row.numActives() * rows, row.size() * rows);
        return sizes == null
                ? null
                : String.format(
                        Locale.ROOT,
                        "%s: %,d rows of %,d become dense; if all are like the first, with %,d named values, %s",
                        tensor.describe(),
                        rows,
                        row.size(),
                        row.numActives(),
                        sizes);
    }

    private static boolean isMuchMore(long named, long values) {
        return Double.BYTES * values >= MIN_RATIO * BYTES_OF_NAMED * named;
    }

    private static @Nullable String sizes(long named, long values) {
        return Double.BYTES * values < MIN_BYTES || !isMuchMore(named, values)
                ? null
                : String.format(
                        "about %s are read, %s will be written, before compression",
                        ByteSize.of(BYTES_OF_NAMED * named), ByteSize.of(Double.BYTES * values));
    }
}
