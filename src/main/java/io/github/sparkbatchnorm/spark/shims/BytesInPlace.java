package io.github.sparkbatchnorm.spark.shims;

import java.nio.ByteBuffer;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.execution.vectorized.WritableColumnVector;
import org.apache.spark.sql.vectorized.ColumnVector;
import org.apache.spark.sql.vectorized.ColumnarBatchRow;
import org.jspecify.annotations.Nullable;

/**
 * A binary column of a columnar batch, read where it is: {@link InternalRow#getBinary} would copy the bytes of each row
 * to an array of their own.
 *
 * <p>{@link WritableColumnVector} is internal API; the public {@link ColumnVector} only copies.
 */
public final class BytesInPlace {
    private final WritableColumnVector column;

    private BytesInPlace(WritableColumnVector column) {
        this.column = column;
    }

    /** The bytes of a column; null if it does not hold them one row after the other. */
    public static @Nullable BytesInPlace of(ColumnVector column) {
        return column instanceof WritableColumnVector vector && !vector.hasDictionary()
                ? new BytesInPlace(vector)
                : null;
    }

    /**
     * The bytes in a column of a row, from the buffer's position to its limit; not null.
     *
     * @param inPlace that column of the columnar batch that the row is of, if there is one
     * @param holder the row, or the struct in it that the column is in
     */
    public static ByteBuffer read(@Nullable BytesInPlace inPlace, InternalRow row, InternalRow holder, int ordinal) {
        if (inPlace == null || !(row instanceof ColumnarBatchRow inBatch)) {
            return ByteBuffer.wrap(holder.getBinary(ordinal));
        }
        WritableColumnVector column = inPlace.column;
        int id = inBatch.rowId;
        return column.arrayData().getByteBuffer(column.getArrayOffset(id), column.getArrayLength(id));
    }
}
