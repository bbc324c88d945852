package io.github.sparkbatchnorm.spark.codec;

import io.github.sparkbatchnorm.stats.SampleShape;
import io.github.sparkbatchnorm.stats.SampleShape.Layout;
import java.util.Arrays;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.catalyst.util.GenericArrayData;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.jspecify.annotations.Nullable;

/** Arrays of arrays, with a level for each axis. Each row tells its shape. */
final class NestedArrayCodec extends TensorCodec {
    private static final long serialVersionUID = 1L;

    private final ArrayType type;
    private final int rank;
    private final DataType elementType;
    private final Layout layout;
    /** Of the last sample, which the next one mostly equals. */
    private transient @Nullable NestedSize last;

    NestedArrayCodec(ArrayType type, @Nullable SampleShape shape, Layout layout) {
        super(shape);
        this.type = type;
        this.layout = layout;
        int levels = 0;
        DataType inner = type;
        while (inner instanceof ArrayType array) {
            inner = array.elementType();
            levels++;
        }
        this.rank = levels;
        this.elementType = inner;
    }

    /** The axes of a sample, and its shape; the shape is null if a sample cannot have these axes. */
    @SuppressWarnings("ArrayRecordComponent") // never changed
    private record NestedSize(int[] dims, SampleSize size, @Nullable SampleShape shape) {
        static NestedSize of(int[] dims, Layout layout, @Nullable SampleShape expected) {
            SampleShape shape = null;
            if (Arrays.stream(dims).allMatch(length -> length > 0)) {
                shape = SampleShape.of(layout, dims);
            }
            boolean isAllowed = shape != null && (expected == null || expected.equals(shape));
            return new NestedSize(dims, SampleSize.shape(dims), isAllowed ? shape : null);
        }
    }

    @Override
    @Nullable
    SampleSize expectedSize() {
        SampleShape shape = knownShape();
        return shape == null ? null : SampleSize.shape(shape.dims());
    }

    @Override
    Layout layout() {
        return layout;
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
    void readValue(InternalRow row, int first, RowSample out) {
        ArrayData array = row.getArray(first);
        NestedSize size = measure(array);
        if (size == null) {
            out.set(RowSample.Content.NULL_ELEMENT);
            return;
        }
        out.setSize(size.size());
        SampleShape shape = size.shape();
        if (shape == null) {
            out.set(RowSample.Content.WRONG_SIZE);
            return;
        }
        int length = shape.length();
        Object values = elementType.equals(DataTypes.FloatType) ? out.floats(length) : out.doubles(length);
        RowSample.Content content = fill(array, 0, size.dims(), values, 0);
        if (content == RowSample.Content.VALUES) {
            out.setDense(values, shape);
        } else {
            out.set(content);
        }
    }

    /** The axes as the first element of each level has them; null if one of these is null. */
    private @Nullable NestedSize measure(ArrayData array) {
        NestedSize size = last;
        int[] dims = size == null ? new int[rank] : size.dims();
        ArrayData level = array;
        for (int axis = 0; axis < rank; axis++) {
            int length = level.numElements();
            if (dims[axis] != length) {
                dims = dims.clone();
                dims[axis] = length;
            }
            boolean isInner = axis + 1 < rank && length > 0;
            if (isInner && level.isNullAt(0)) {
                return null;
            }
            level = isInner ? level.getArray(0) : level;
        }
        if (size == null || dims != size.dims()) {
            size = NestedSize.of(dims, layout, knownShape());
            last = size;
        }
        return size;
    }

    private RowSample.Content fill(ArrayData array, int axis, int[] dims, Object values, int offset) {
        if (array.numElements() != dims[axis]) {
            return RowSample.Content.RAGGED;
        }
        if (NumericArrays.hasNull(array)) {
            return RowSample.Content.NULL_ELEMENT;
        }
        if (axis == rank - 1) {
            return NumericArrays.copy(array, elementType, 0, values, offset, dims[axis])
                    ? RowSample.Content.VALUES
                    : RowSample.Content.LONG_TOO_LARGE;
        }
        int stride = stride(dims, axis);
        for (int i = 0; i < dims[axis]; i++) {
            RowSample.Content content = fill(array.getArray(i), axis + 1, dims, values, offset + i * stride);
            if (content != RowSample.Content.VALUES) {
                return content;
            }
        }
        return RowSample.Content.VALUES;
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
    public Object write(Object normalized, RowSample sample) {
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
