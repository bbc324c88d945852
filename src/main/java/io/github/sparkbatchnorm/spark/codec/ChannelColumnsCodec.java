package io.github.sparkbatchnorm.spark.codec;

import io.github.sparkbatchnorm.stats.SampleShape;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.vectorized.ColumnVector;
import org.apache.spark.sql.vectorized.ColumnarBatch;
import org.jspecify.annotations.Nullable;

/** Numeric columns, each a channel of a sample of shape {@code [C]}. The output is a struct of them. */
final class ChannelColumnsCodec extends TensorCodec {
    private static final long serialVersionUID = 1L;

    private final StructType columns;
    private final boolean keepNulls;
    private final boolean allFloat;

    ChannelColumnsCodec(StructType columns, boolean keepNulls) {
        super(SampleShape.channelsFirst(columns.length()));
        this.columns = columns;
        this.keepNulls = keepNulls;
        boolean onlyFloats = true;
        for (StructField field : columns.fields()) {
            onlyFloats &= field.dataType().equals(DataTypes.FloatType);
        }
        this.allFloat = onlyFloats;
    }

    @Override
    public int width() {
        return columns.length();
    }

    @Override
    @Nullable
    public TensorCodec forAllRows(ColumnarBatch batch, int first) {
        ColumnVector[] vectors = new ColumnVector[columns.length()];
        for (int c = 0; c < vectors.length; c++) {
            vectors[c] = batch.column(first + c);
            if (vectors[c].hasNull() || !isExact(vectors[c], batch.numRows())) {
                return null;
            }
        }
        return batch.numRows() == 0 ? null : new ChannelBatchCodec(columns, vectors, batch.numRows(), allFloat);
    }

    private static boolean isExact(ColumnVector vector, int rows) {
        if (vector.dataType().equals(DataTypes.LongType)) {
            for (int i = 0; i < rows; i++) {
                if (!NumericArrays.isExact(vector.getLong(i))) {
                    return false;
                }
            }
        }
        return true;
    }

    @Override
    boolean isNull(InternalRow row, int first) {
        return false;
    }

    @Override
    void readValue(InternalRow row, int first, RowSample out) {
        int channels = columns.length();
        boolean[] missing = null;
        int nulls = 0;
        for (int c = 0; c < channels; c++) {
            if (row.isNullAt(first + c)) {
                missing = missing == null ? new boolean[channels] : missing;
                missing[c] = true;
                nulls++;
            }
        }
        if (missing != null && !keepNulls) {
            out.setNullChannels(missing);
            return;
        }
        if (nulls == channels) {
            out.set(RowSample.Content.NULL);
            return;
        }
        if (allFloat && missing == null) {
            float[] values = out.floats(channels);
            for (int c = 0; c < channels; c++) {
                values[c] = row.getFloat(first + c);
            }
            setFlat(values, channels, out);
            return;
        }
        double[] values = out.doubles(channels);
        for (int c = 0; c < channels; c++) {
            if (missing == null || !missing[c]) {
                DataType type = columns.fields()[c].dataType();
                if (type.equals(DataTypes.LongType) && !NumericArrays.isExact(row.getLong(first + c))) {
                    out.set(RowSample.Content.LONG_TOO_LARGE);
                    return;
                }
                values[c] = value(row, first + c, type);
            }
        }
        setFlat(values, channels, out);
        if (missing != null) {
            out.setMissing(missing);
        }
    }

    private static double value(InternalRow row, int ordinal, DataType type) {
        if (type.equals(DataTypes.DoubleType)) {
            return row.getDouble(ordinal);
        } else if (type.equals(DataTypes.FloatType)) {
            return row.getFloat(ordinal);
        } else if (type.equals(DataTypes.LongType)) {
            return row.getLong(ordinal);
        } else if (type.equals(DataTypes.IntegerType)) {
            return row.getInt(ordinal);
        } else if (type.equals(DataTypes.ShortType)) {
            return row.getShort(ordinal);
        } else if (type.equals(DataTypes.ByteType)) {
            return row.getByte(ordinal);
        }
        return row.getBoolean(ordinal) ? 1 : 0;
    }

    @Override
    public DataType outputType() {
        List<StructField> fields = new ArrayList<>();
        for (int c = 0; c < columns.length(); c++) {
            StructField column = columns.fields()[c];
            DataType type = NumericArrays.outputType(column.dataType());
            fields.add(DataTypes.createStructField("c" + c, type, column.nullable()));
        }
        return DataTypes.createStructType(fields);
    }

    @Override
    public Object write(Object normalized, RowSample sample) {
        int channels = columns.length();
        boolean[] missing = sample.missing();
        Object[] values = new Object[channels];
        for (int c = 0; c < channels; c++) {
            if (missing != null && missing[c]) {
                continue;
            }
            if (normalized instanceof float[] floats) {
                values[c] = floats[c];
            } else {
                double y = ((double[]) normalized)[c];
                boolean narrow = columns.fields()[c].dataType().equals(DataTypes.FloatType);
                values[c] = narrow ? (Object) (float) y : (Object) y;
            }
        }
        return new GenericInternalRow(values);
    }
}
