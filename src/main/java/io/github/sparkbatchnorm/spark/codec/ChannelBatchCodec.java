package io.github.sparkbatchnorm.spark.codec;

import io.github.sparkbatchnorm.stats.SampleShape;
import io.github.sparkbatchnorm.stats.SampleValues;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.vectorized.ColumnVector;
import org.apache.spark.sql.vectorized.ColumnarArray;

/**
 * Channel columns of a columnar batch without nulls, read as one sample of shape {@code [C, rows]}: column by column.
 * For sums only.
 */
final class ChannelBatchCodec extends TensorCodec {
    private static final long serialVersionUID = 1L;

    private final StructType columns;
    private final transient ColumnVector[] vectors;
    private final int rows;
    private final boolean allFloat;

    ChannelBatchCodec(StructType columns, ColumnVector[] vectors, int rows, boolean allFloat) {
        super(null);
        this.columns = columns;
        this.vectors = vectors;
        this.rows = rows;
        this.allFloat = allFloat;
    }

    @Override
    public int width() {
        return vectors.length;
    }

    @Override
    boolean isNull(InternalRow row, int first) {
        return false;
    }

    @Override
    void readValue(InternalRow row, int first, RowSample out) {
        out.setSize(SampleSize.length(vectors.length));
        out.setDense(new Values(columns, vectors, rows, allFloat), SampleShape.channelsFirst(vectors.length, rows));
        out.setRows(rows);
    }

    private record Values(StructType columns, ColumnVector[] vectors, int rows, boolean isFloat)
            implements SampleValues {
        @Override
        public void copyTo(int from, Object to, int offset, int length) {
            for (int done = 0; done < length; ) {
                int channel = (from + done) / rows;
                int start = (from + done) % rows;
                int part = Math.min(length - done, rows - start);
                DataType type = columns.fields()[channel].dataType();
                NumericArrays.copy(new ColumnarArray(vectors[channel], 0, rows), type, start, to, offset + done, part);
                done += part;
            }
        }
    }

    @Override
    public DataType outputType() {
        return columns;
    }

    @Override
    public Object write(Object normalized, RowSample sample) {
        throw new UnsupportedOperationException("a batch of rows is not written");
    }
}
