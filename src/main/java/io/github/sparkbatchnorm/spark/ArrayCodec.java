package io.github.sparkbatchnorm.spark;

import io.github.sparkbatchnorm.stats.SampleShape;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.jspecify.annotations.Nullable;

/** Flat arrays of numbers, in C order. */
final class ArrayCodec extends TensorCodec {
    private static final long serialVersionUID = 1L;

    private final ArrayType type;

    ArrayCodec(ArrayType type, @Nullable SampleShape shape) {
        super(shape);
        this.type = type;
    }

    @Override
    void readValue(InternalRow row, int first, Sample out) {
        ArrayData array = row.getArray(first);
        if (type.containsNull() && NumericArrays.hasNull(array)) {
            out.set(Sample.Content.NULL_ELEMENT);
            return;
        }
        Object values = NumericArrays.toJava(array, type.elementType());
        if (values == null) {
            out.set(Sample.Content.LONG_TOO_LARGE);
        } else {
            setFlat(values, array.numElements(), out);
        }
    }

    @Override
    DataType outputType() {
        return new ArrayType(NumericArrays.outputType(type.elementType()), type.containsNull());
    }

    @Override
    Object write(Object normalized, Sample sample) {
        return NumericArrays.toSpark(normalized);
    }
}
