package io.github.sparkbatchnorm.spark.codec;

import io.github.sparkbatchnorm.spark.shims.SourceBatch;
import io.github.sparkbatchnorm.stats.SampleShape;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.vectorized.ColumnarBatch;
import org.jspecify.annotations.Nullable;

/** Flat arrays of numbers, in C order. */
final class ArrayCodec extends TensorCodec {
    private static final long serialVersionUID = 1L;

    private final ArrayType type;
    private final boolean checksNulls;

    ArrayCodec(ArrayType type, @Nullable SampleShape shape) {
        this(type, shape, type.containsNull());
    }

    private ArrayCodec(ArrayType type, @Nullable SampleShape shape, boolean checksNulls) {
        super(shape);
        this.type = type;
        this.checksNulls = checksNulls;
    }

    /** Elements are looked at one by one only where a batch has nulls among them, or does not tell. */
    @Override
    public TensorCodec forBatch(ColumnarBatch batch, int first) {
        return checksNulls && SourceBatch.hasNoNullElements(batch.column(first))
                ? new ArrayCodec(type, knownShape(), false)
                : this;
    }

    @Override
    void readValue(InternalRow row, int first, RowSample out) {
        ArrayData array = row.getArray(first);
        if (checksNulls && NumericArrays.hasNull(array)) {
            out.set(RowSample.Content.NULL_ELEMENT);
            return;
        }
        int length = array.numElements();
        DataType element = type.elementType();
        if (element.equals(DataTypes.FloatType) || element.equals(DataTypes.DoubleType)) {
            setFlatLater(new NumericArrays.Values(array, element), length, out);
            return;
        }
        double[] values = out.doubles(length);
        if (NumericArrays.copy(array, element, 0, values, 0, length)) {
            setFlat(values, length, out);
        } else {
            out.set(RowSample.Content.LONG_TOO_LARGE);
        }
    }

    @Override
    public DataType outputType() {
        return new ArrayType(NumericArrays.outputType(type.elementType()), type.containsNull());
    }

    @Override
    public Object write(Object normalized, RowSample sample) {
        return NumericArrays.toSpark(normalized);
    }
}
