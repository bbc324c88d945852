package io.github.sparkbatchnorm.spark.tensor;

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

    /** Rows of fewer channels are not looked at. */
    private static final int MIN_CHANNELS = 1000;

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
     * What to know before rows are written that no pass has counted, as far as their first one tells: it is read, and
     * the rows are counted, only where it is sparse and a dense one much larger. Null where that is not so.
     *
     * @param channels C
     */
    public static @Nullable String becomingDense(Dataset<Row> data, TensorColumn tensor, int channels) {
        if (!tensor.isVector() || channels < MIN_CHANNELS) {
            return null;
        }
        Column column = tensor.paths().get(0).in(data);
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
