package io.github.sparkbatchnorm.spark.shims;

import java.nio.ByteBuffer;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.execution.vectorized.WritableColumnVector;
import org.apache.spark.sql.vectorized.ColumnVector;
import org.apache.spark.sql.vectorized.ColumnarBatchRow;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of a binary column of a columnar batch, read where they are: {@link InternalRow#getBinary} copies the bytes
 * of each row into a new array.
 *
 * <p>{@link WritableColumnVector} is internal API; the public {@link ColumnVector} only copies.
 */
public final class BytesInPlace {
    private final WritableColumnVector column;

    private BytesInPlace(WritableColumnVector column) {
        this.column = column;
    }

    /**
     * The bytes of a binary column.
     *
     * @param column a vector of {@link SourceBatch#columns}
     * @return null if the vector does not hold the bytes one row after the other
     */
    public static @Nullable BytesInPlace of(ColumnVector column) {
        return column instanceof WritableColumnVector vector && !vector.hasDictionary()
                ? new BytesInPlace(vector)
                : null;
    }

    /**
     * The bytes of a binary field of a struct column.
     *
     * @param column a vector of {@link SourceBatch#columns}
     * @param field its place in the struct
     * @return null if the vector does not hold the bytes one row after the other
     */
    public static @Nullable BytesInPlace ofField(ColumnVector column, int field) {
        return column instanceof WritableColumnVector struct ? of(struct.getChild(field)) : null;
    }

    /**
     * The bytes in a column of a row, which are not null.
     *
     * @param row a row of the batch
     * @param ordinal of the column in the holder
     * @param inPlace that column of the columnar batch that the row is of; null if it cannot be read in place
     * @param holder the row, or the struct in the row that the column is in
     * @return the bytes from the buffer's position to its limit
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
