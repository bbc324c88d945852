package io.github.sparkbatchnorm.spark;

import java.nio.ByteBuffer;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.execution.vectorized.WritableColumnVector;
import org.apache.spark.sql.vectorized.ColumnVector;
import org.jspecify.annotations.Nullable;

/**
 * A binary column of a columnar batch, read where it is: {@link InternalRow#getBinary} would copy the bytes of each row
 * to an array of their own.
 *
 * <p>{@link WritableColumnVector} is internal API; the public {@link ColumnVector} only copies.
 */
final class BytesInPlace {
    private final WritableColumnVector column;

    private BytesInPlace(WritableColumnVector column) {
        this.column = column;
    }

    /** The bytes of a column; null if it does not hold them one row after the other. */
    static @Nullable BytesInPlace of(ColumnVector column) {
        return column instanceof WritableColumnVector vector && !vector.hasDictionary()
                ? new BytesInPlace(vector)
                : null;
    }

    /** The bytes of a row that is not null, from the buffer's position to its limit. */
    ByteBuffer read(int row) {
        return column.arrayData().getByteBuffer(column.getArrayOffset(row), column.getArrayLength(row));
    }
}
