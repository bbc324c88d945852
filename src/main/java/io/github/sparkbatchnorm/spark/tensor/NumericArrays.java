package io.github.sparkbatchnorm.spark.tensor;

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
     * @param from index of the first
     * @param to {@code double[]}, or {@code float[]} for floats
     * @param offset where the first one goes
     * @return false if a long is beyond 2^53
     */
    static boolean copy(ArrayData array, DataType elementType, int from, Object to, int offset, int length) {
        if (to instanceof float[] floats) {
            copy(array, from, floats, offset, length);
            return true;
        } else if (elementType.equals(DataTypes.DoubleType)) {
            copy(array, from, (double[]) to, offset, length);
            return true;
        }
        return widen(array, elementType, from, (double[]) to, offset, length);
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

    private static void copy(ArrayData array, int from, float[] to, int offset, int length) {
        if (array instanceof UnsafeArrayData unsafe) {
            copy(unsafe, from, to, Platform.FLOAT_ARRAY_OFFSET, Float.BYTES, offset, length);
        } else {
            for (int i = 0; i < length; i++) {
                to[offset + i] = array.getFloat(from + i);
            }
        }
    }

    private static void copy(ArrayData array, int from, double[] to, int offset, int length) {
        if (array instanceof UnsafeArrayData unsafe) {
            copy(unsafe, from, to, Platform.DOUBLE_ARRAY_OFFSET, Double.BYTES, offset, length);
        } else {
            for (int i = 0; i < length; i++) {
                to[offset + i] = array.getDouble(from + i);
            }
        }
    }

    private static void copy(
            UnsafeArrayData array, int from, Object to, long start, long size, int offset, int length) {
        long header = UnsafeArrayData.calculateHeaderPortionInBytes(array.numElements());
        Platform.copyMemory(
                array.getBaseObject(),
                array.getBaseOffset() + header + size * from,
                to,
                start + size * offset,
                size * length);
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

    static boolean isExact(long v) {
        return -EXACT_LONG <= v && v <= EXACT_LONG;
    }

    /** The array as Spark writes it. */
    static ArrayData toSpark(Object values) {
        return values instanceof float[] floats
                ? UnsafeArrayData.fromPrimitiveArray(floats)
                : UnsafeArrayData.fromPrimitiveArray((double[]) values);
    }

    /** Float stays float; all else is double in the output. */
    static DataType outputType(DataType elementType) {
        return elementType.equals(DataTypes.FloatType) ? DataTypes.FloatType : DataTypes.DoubleType;
    }
}
