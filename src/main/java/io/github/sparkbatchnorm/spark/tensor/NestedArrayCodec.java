package io.github.sparkbatchnorm.spark.tensor;

import io.github.sparkbatchnorm.stats.SampleShape;
import java.util.Arrays;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.catalyst.util.GenericArrayData;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.jspecify.annotations.Nullable;

/** Arrays of arrays, one level an axis; each row tells its shape. */
final class NestedArrayCodec extends TensorCodec {
    private static final long serialVersionUID = 1L;

    private final ArrayType type;
    private final int rank;
    private final DataType elementType;
    private final boolean channelsLast;

    NestedArrayCodec(ArrayType type, @Nullable SampleShape shape, boolean channelsLast) {
        super(shape);
        this.type = type;
        this.channelsLast = channelsLast;
        int levels = 0;
        DataType inner = type;
        while (inner instanceof ArrayType array) {
            inner = array.elementType();
            levels++;
        }
        this.rank = levels;
        this.elementType = inner;
    }

    @Override
    boolean isFlat() {
        return false;
    }

    @Override
    int rank() {
        return rank;
    }

    @Override
    void readValue(InternalRow row, int first, Sample out) {
        ArrayData array = row.getArray(first);
        int[] dims = new int[rank];
        if (!measure(array, dims)) {
            out.set(Sample.Content.NULL_ELEMENT);
            return;
        }
        if (!out.size().is(dims)) {
            out.setSize(SampleSize.shape(dims));
        }
        if (Arrays.stream(dims).anyMatch(d -> d == 0)) {
            out.set(Sample.Content.WRONG_SIZE);
            return;
        }
        SampleShape shape = out.shape();
        if (!Arrays.equals(shape.dims(), dims) || shape.isChannelsLast() != channelsLast) {
            shape = channelsLast ? SampleShape.channelsLast(dims) : SampleShape.channelsFirst(dims);
        }
        SampleShape known = knownShape();
        if (known != null && !known.equals(shape)) {
            out.set(Sample.Content.WRONG_SIZE);
            return;
        }
        int length = shape.length();
        Object values = elementType.equals(DataTypes.FloatType) ? out.floats(length) : out.doubles(length);
        Sample.Content content = fill(array, 0, dims, values, 0);
        if (content == Sample.Content.VALUES) {
            out.setDense(values, shape);
        } else {
            out.set(content);
        }
    }

    /** Takes the axes from the first element of each level; false if one of these is null. */
    private boolean measure(ArrayData array, int[] dims) {
        ArrayData level = array;
        for (int axis = 0; axis < rank; axis++) {
            dims[axis] = level.numElements();
            if (axis + 1 < rank && dims[axis] > 0) {
                if (level.isNullAt(0)) {
                    return false;
                }
                level = level.getArray(0);
            }
        }
        return true;
    }

    private Sample.Content fill(ArrayData array, int axis, int[] dims, Object values, int offset) {
        if (array.numElements() != dims[axis]) {
            return Sample.Content.RAGGED;
        }
        if (NumericArrays.hasNull(array)) {
            return Sample.Content.NULL_ELEMENT;
        }
        if (axis == rank - 1) {
            return NumericArrays.copy(array, elementType, 0, values, offset, dims[axis])
                    ? Sample.Content.VALUES
                    : Sample.Content.LONG_TOO_LARGE;
        }
        int stride = stride(dims, axis);
        for (int i = 0; i < dims[axis]; i++) {
            Sample.Content content = fill(array.getArray(i), axis + 1, dims, values, offset + i * stride);
            if (content != Sample.Content.VALUES) {
                return content;
            }
        }
        return Sample.Content.VALUES;
    }

    private static int stride(int[] dims, int axis) {
        int stride = 1;
        for (int i = axis + 1; i < dims.length; i++) {
            stride *= dims[i];
        }
        return stride;
    }

    @Override
    public DataType outputType() {
        return outputType(type);
    }

    private static DataType outputType(DataType type) {
        return type instanceof ArrayType array
                ? new ArrayType(outputType(array.elementType()), array.containsNull())
                : NumericArrays.outputType(type);
    }

    @Override
    public Object write(Object normalized, Sample sample) {
        return nest(normalized, 0, sample.shape().dims(), 0);
    }

    private ArrayData nest(Object values, int axis, int[] dims, int offset) {
        if (axis == rank - 1) {
            return NumericArrays.toSpark(
                    values instanceof float[] floats
                            ? Arrays.copyOfRange(floats, offset, offset + dims[axis])
                            : Arrays.copyOfRange((double[]) values, offset, offset + dims[axis]));
        }
        int stride = stride(dims, axis);
        Object[] inner = new Object[dims[axis]];
        for (int i = 0; i < inner.length; i++) {
            inner[i] = nest(values, axis + 1, dims, offset + i * stride);
        }
        return new GenericArrayData(inner);
    }
}
