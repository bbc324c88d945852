package io.github.sparkbatchnorm.spark.codec;

import io.github.sparkbatchnorm.stats.SampleValues;
import org.apache.spark.sql.catalyst.expressions.UnsafeArrayData;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.unsafe.Platform;

/** Arrays of numbers between Spark's internal form and Java. */
final class NumericArrays {
    /** Up to this magnitude each long is a double. */
    static final long EXACT_LONG = 1L << 53;

    private NumericArrays() {}

    /**
     * The values of an array of floats or doubles without nulls, copied when they are needed.
     *
     * @param array valid until the next row is read
     */
    record Values(ArrayData array, DataType elementType) implements SampleValues {
        @Override
        public boolean isFloat() {
            return elementType.equals(DataTypes.FloatType);
        }

        @Override
        public void copyTo(int from, Object to, int offset, int length) {
            copy(array, elementType, from, to, offset, length);
        }
    }

    /** Whether elements of that type can be values of a tensor. */
    static boolean isNumeric(DataType type) {
        return type.equals(DataTypes.FloatType)
                || type.equals(DataTypes.DoubleType)
                || type.equals(DataTypes.ByteType)
                || type.equals(DataTypes.ShortType)
                || type.equals(DataTypes.IntegerType)
                || type.equals(DataTypes.LongType)
                || type.equals(DataTypes.BooleanType);
    }

    /** Whether an array has a null element. */
    static boolean hasNull(ArrayData array) {
        if (array instanceof UnsafeArrayData unsafe) {
            // After the number of elements come the null bits, in words of 64: one look for 64 elements.
            int words = (unsafe.numElements() + 63) / 64;
            for (int i = 0; i < words; i++) {
                if (Platform.getLong(unsafe.getBaseObject(), unsafe.getBaseOffset() + 8L + 8L * i) != 0) {
                    return true;
                }
            }
            return false;
        }
        for (int i = 0; i < array.numElements(); i++) {
            if (array.isNullAt(i)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Copies some elements of an array without nulls.
     *
     * @param from the index of the first element
     * @param to {@code double[]}, or {@code float[]} for floats
     * @param offset the index in {@code to} for the first element
     * @return false if an element is a long beyond 2^53
     */
    static boolean copy(ArrayData array, DataType elementType, int from, Object to, int offset, int length) {
        boolean single = to instanceof float[];
        if (!single && !elementType.equals(DataTypes.DoubleType)) {
            return widen(array, elementType, from, (double[]) to, offset, length);
        }
        if (array instanceof UnsafeArrayData unsafe) {
            copyBytes(unsafe, from, to, single, offset, length);
        } else if (single) {
            float[] floats = (float[]) to;
            for (int i = 0; i < length; i++) {
                floats[offset + i] = array.getFloat(from + i);
            }
        } else {
            double[] doubles = (double[]) to;
            for (int i = 0; i < length; i++) {
                doubles[offset + i] = array.getDouble(from + i);
            }
        }
        return true;
    }

    private static void copyBytes(UnsafeArrayData array, int from, Object to, boolean single, int offset, int length) {
        long size = single ? Float.BYTES : Double.BYTES;
        long start = single ? Platform.FLOAT_ARRAY_OFFSET : Platform.DOUBLE_ARRAY_OFFSET;
        long header = UnsafeArrayData.calculateHeaderPortionInBytes(array.numElements());
        Platform.copyMemory(
                array.getBaseObject(),
                array.getBaseOffset() + header + size * from,
                to,
                start + size * offset,
                size * length);
    }

    /** The integers of an array without nulls. */
    static int[] toInts(ArrayData array) {
        if (array instanceof UnsafeArrayData) {
            return array.toIntArray();
        }
        int[] values = new int[array.numElements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = array.getInt(i);
        }
        return values;
    }

    private static boolean widen(ArrayData array, DataType elementType, int from, double[] to, int offset, int length) {
        for (int i = 0; i < length; i++) {
            if (elementType.equals(DataTypes.LongType)) {
                long v = array.getLong(from + i);
                if (!isExact(v)) {
                    return false;
                }
                to[offset + i] = v;
            } else if (elementType.equals(DataTypes.IntegerType)) {
                to[offset + i] = array.getInt(from + i);
            } else if (elementType.equals(DataTypes.ShortType)) {
                to[offset + i] = array.getShort(from + i);
            } else if (elementType.equals(DataTypes.ByteType)) {
                to[offset + i] = array.getByte(from + i);
            } else if (elementType.equals(DataTypes.FloatType)) {
                to[offset + i] = array.getFloat(from + i);
            } else {
                to[offset + i] = array.getBoolean(from + i) ? 1 : 0;
            }
        }
        return true;
    }

    /** Whether a double holds a long exactly. */
    static boolean isExact(long v) {
        return -EXACT_LONG <= v && v <= EXACT_LONG;
    }

    /** The values as an array that Spark writes. */
    static ArrayData toSpark(Object values) {
        return values instanceof float[] floats
                ? UnsafeArrayData.fromPrimitiveArray(floats)
                : UnsafeArrayData.fromPrimitiveArray((double[]) values);
    }

    /** The type of the output's elements: float for float, else double. */
    static DataType outputType(DataType elementType) {
        return elementType.equals(DataTypes.FloatType) ? DataTypes.FloatType : DataTypes.DoubleType;
    }
}
