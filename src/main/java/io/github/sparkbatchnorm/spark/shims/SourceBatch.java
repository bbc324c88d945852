package io.github.sparkbatchnorm.spark.shims;

import java.util.Iterator;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.execution.vectorized.WritableColumnVector;
import org.apache.spark.sql.vectorized.ColumnVector;
import org.apache.spark.sql.vectorized.ColumnarBatch;
import org.jspecify.annotations.Nullable;

/**
 * Rows that a source has read together: a columnar batch whose vectors can be read in place, or the rows of one whose
 * vectors cannot.
 */
public final class SourceBatch {
    private final @Nullable ColumnarBatch columns;
    private final Iterator<InternalRow> rows;

    private SourceBatch(@Nullable ColumnarBatch columns, Iterator<InternalRow> rows) {
        this.columns = columns;
        this.rows = rows;
    }

    static SourceBatch inPlace(ColumnarBatch columns) {
        return new SourceBatch(columns, columns.rowIterator());
    }

    static SourceBatch ofRows(Iterator<InternalRow> rows) {
        return new SourceBatch(null, rows);
    }

    /**
     * The rows, to be read once.
     *
     * @return rows that the next call of the iterator overwrites
     */
    public Iterator<InternalRow> rows() {
        return rows;
    }

    /**
     * The vectors of the columns, valid until the next batch is asked for.
     *
     * @return null if the batch has to be read by rows
     */
    public @Nullable ColumnarBatch columns() {
        return columns;
    }

    /**
     * Whether the arrays in a column have no null elements, as far as Spark's vector tells.
     *
     * @param column a vector of {@link #columns}
     * @return false also if the vector does not tell
     */
    public static boolean hasNoNullElements(ColumnVector column) {
        return column instanceof WritableColumnVector arrays
                && !arrays.getChild(0).hasNull();
    }
}
