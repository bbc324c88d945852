package io.github.sparkbatchnorm.spark;

import org.apache.spark.sql.catalyst.expressions.UnsafeArrayData;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.unsafe.Platform;
import org.jspecify.annotations.Nullable;

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

    /** {@code float[]} for floats, else {@code double[]}; null if a long is beyond 2^53. The array has no nulls. */
    static @Nullable Object toJava(ArrayData array, DataType elementType) {
        if (elementType.equals(DataTypes.FloatType)) {
            return array.toFloatArray();
        }
        if (elementType.equals(DataTypes.DoubleType)) {
            return array.toDoubleArray();
        }
        double[] values = new double[array.numElements()];
        for (int i = 0; i < values.length; i++) {
            if (elementType.equals(DataTypes.LongType)) {
                long v = array.getLong(i);
                if (!isExact(v)) {
                    return null;
                }
                values[i] = v;
            } else if (elementType.equals(DataTypes.IntegerType)) {
                values[i] = array.getInt(i);
            } else if (elementType.equals(DataTypes.ShortType)) {
                values[i] = array.getShort(i);
            } else if (elementType.equals(DataTypes.ByteType)) {
                values[i] = array.getByte(i);
            } else {
                values[i] = array.getBoolean(i) ? 1 : 0;
            }
        }
        return values;
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
