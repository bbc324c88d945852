package io.github.sparkbatchnorm.spark.digest;

import io.github.sparkbatchnorm.layer.BatchNormException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.catalyst.expressions.SpecializedGetters;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.catalyst.util.MapData;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.BinaryType;
import org.apache.spark.sql.types.BooleanType;
import org.apache.spark.sql.types.ByteType;
import org.apache.spark.sql.types.CalendarIntervalType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DateType;
import org.apache.spark.sql.types.DayTimeIntervalType;
import org.apache.spark.sql.types.Decimal;
import org.apache.spark.sql.types.DecimalType;
import org.apache.spark.sql.types.DoubleType;
import org.apache.spark.sql.types.FloatType;
import org.apache.spark.sql.types.IntegerType;
import org.apache.spark.sql.types.LongType;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.NullType;
import org.apache.spark.sql.types.ShortType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.types.TimeType;
import org.apache.spark.sql.types.TimestampNTZType;
import org.apache.spark.sql.types.TimestampType;
import org.apache.spark.sql.types.UserDefinedType;
import org.apache.spark.sql.types.VariantType;
import org.apache.spark.sql.types.YearMonthIntervalType;
import org.apache.spark.unsafe.types.CalendarInterval;

/**
 * Rows of a schema as bytes: equal for equal rows, different for rows that differ in any value. Version 1.
 *
 * <p>A row is its values, in the order of the columns. A value is the byte 0 for null, or the byte 1 and then, with all
 * numbers big-endian:
 *
 * <table>
 * <caption>The bytes of a value</caption>
 * <tr><th>type</th><th>bytes</th></tr>
 * <tr><td>boolean</td><td>one byte, 0 or 1</td></tr>
 * <tr><td>tinyint, smallint, int, bigint</td><td>1, 2, 4, 8 bytes</td></tr>
 * <tr><td>float, double</td><td>IEEE 754, 4 and 8 bytes; each NaN is 0x7fc00000, 0x7ff8000000000000; -0.0 is not 0.0</td></tr>
 * <tr><td>decimal</td><td>the scale (int32), then as binary the unscaled value in two's complement, as short as possible</td></tr>
 * <tr><td>binary</td><td>the length (int32), the bytes</td></tr>
 * <tr><td>string, char, varchar</td><td>the same, of UTF-8, whatever the collation</td></tr>
 * <tr><td>date</td><td>days since 1970-01-01 (int32)</td></tr>
 * <tr><td>timestamp, timestamp_ntz</td><td>microseconds since 1970-01-01 00:00, of UTC and of the wall clock (int64)</td></tr>
 * <tr><td>time</td><td>nanoseconds since midnight (int64)</td></tr>
 * <tr><td>interval of years and months</td><td>months (int32)</td></tr>
 * <tr><td>interval of days to seconds</td><td>microseconds (int64)</td></tr>
 * <tr><td>interval</td><td>months (int32), days (int32), microseconds (int64)</td></tr>
 * <tr><td>array</td><td>the number of elements (int32), their values</td></tr>
 * <tr><td>map</td><td>the number of entries (int32), then key and value of each, in ascending order of these bytes</td></tr>
 * <tr><td>struct</td><td>the values of its fields</td></tr>
 * <tr><td>variant</td><td>see {@link VariantEncoder}</td></tr>
 * <tr><td>user-defined</td><td>as its SQL type: a dense and a sparse vector of the same numbers differ</td></tr>
 * </table>
 *
 * <p>Not thread-safe.
 */
final class RowEncoder {
    private final List<Value> columns;

    /** Writes a value that is not null. */
    @FunctionalInterface
    private interface Value {
        void write(SpecializedGetters from, int at, ByteSink to);
    }

    /**
     * Creates an encoder.
     *
     * @param schema of the rows
     * @throws BatchNormException if a column has a type that has no bytes
     */
    RowEncoder(StructType schema) {
        columns = fields(schema, "");
    }

    /** Writes a row behind what is there. */
    void write(SpecializedGetters row, ByteSink to) {
        write(columns, row, to);
    }

    private static void write(List<Value> fields, SpecializedGetters row, ByteSink to) {
        for (int i = 0; i < fields.size(); i++) {
            write(fields.get(i), row, i, to);
        }
    }

    private static void write(Value value, SpecializedGetters from, int at, ByteSink to) {
        if (from.isNullAt(at)) {
            to.putByte(0);
        } else {
            to.putByte(1);
            value.write(from, at, to);
        }
    }

    private static List<Value> fields(StructType schema, String path) {
        List<Value> fields = new ArrayList<>();
        for (StructField field : schema.fields()) {
            fields.add(of(field.dataType(), path + field.name()));
        }
        return fields;
    }

    /** @param path of the column or field, for the message */
    private static Value of(DataType type, String path) {
        if (type instanceof ArrayType array) {
            Value element = of(array.elementType(), path);
            return (from, at, to) -> writeElements(element, from.getArray(at), to);
        }
        if (type instanceof MapType map) {
            Value key = of(map.keyType(), path);
            Value value = of(map.valueType(), path);
            return (from, at, to) -> writeEntries(key, value, from.getMap(at), to);
        }
        if (type instanceof StructType struct) {
            List<Value> fields = fields(struct, path + ".");
            return (from, at, to) -> write(fields, from.getStruct(at, fields.size()), to);
        }
        if (type instanceof UserDefinedType<?> own) {
            return of(own.sqlType(), path);
        }
        return ofAtom(type, path);
    }

    private static Value ofAtom(DataType type, String path) {
        if (type instanceof FloatType) {
            return (from, at, to) -> to.putInt(Float.floatToIntBits(from.getFloat(at)));
        }
        if (type instanceof DoubleType) {
            return (from, at, to) -> to.putLong(Double.doubleToLongBits(from.getDouble(at)));
        }
        if (type instanceof BooleanType) {
            return (from, at, to) -> to.putByte(from.getBoolean(at) ? 1 : 0);
        }
        if (type instanceof ByteType) {
            return (from, at, to) -> to.putByte(from.getByte(at));
        }
        if (type instanceof ShortType) {
            return (from, at, to) -> to.putShort(from.getShort(at));
        }
        if (type instanceof IntegerType || type instanceof DateType || type instanceof YearMonthIntervalType) {
            return (from, at, to) -> to.putInt(from.getInt(at));
        }
        if (type instanceof LongType
                || type instanceof TimestampType
                || type instanceof TimestampNTZType
                || type instanceof TimeType
                || type instanceof DayTimeIntervalType) {
            return (from, at, to) -> to.putLong(from.getLong(at));
        }
        if (type instanceof StringType) {
            return (from, at, to) -> to.putBytes(from.getUTF8String(at).getBytes());
        }
        if (type instanceof BinaryType) {
            return (from, at, to) -> to.putBytes(from.getBinary(at));
        }
        if (type instanceof DecimalType decimal) {
            return (from, at, to) -> writeDecimal(from.getDecimal(at, decimal.precision(), decimal.scale()), to);
        }
        if (type instanceof CalendarIntervalType) {
            return (from, at, to) -> writeInterval(from.getInterval(at), to);
        }
        if (type instanceof VariantType) {
            return (from, at, to) -> VariantEncoder.write(from.getVariant(at), to);
        }
        if (type instanceof NullType) {
            return (from, at, to) -> {};
        }
        throw new BatchNormException("column " + path + ": type " + type.catalogString()
                + " has no digest; expected SQL types other than that: cast the column, or drop it");
    }

    private static void writeElements(Value element, ArrayData elements, ByteSink to) {
        int n = elements.numElements();
        to.putInt(n);
        for (int i = 0; i < n; i++) {
            write(element, elements, i, to);
        }
    }

    private static void writeEntries(Value key, Value value, MapData map, ByteSink to) {
        int n = map.numElements();
        byte[][] entries = new byte[n][];
        ArrayData keys = map.keyArray();
        ArrayData values = map.valueArray();
        for (int i = 0; i < n; i++) {
            int start = to.size();
            write(key, keys, i, to);
            write(value, values, i, to);
            entries[i] = to.cut(start);
        }
        Arrays.sort(entries, Arrays::compareUnsigned);
        to.putInt(n);
        for (byte[] entry : entries) {
            to.append(entry);
        }
    }

    private static void writeDecimal(Decimal value, ByteSink to) {
        BigDecimal number = value.toJavaBigDecimal();
        to.putInt(number.scale());
        to.putBytes(number.unscaledValue().toByteArray());
    }

    private static void writeInterval(CalendarInterval value, ByteSink to) {
        to.putInt(value.months);
        to.putInt(value.days);
        to.putLong(value.microseconds);
    }
}
