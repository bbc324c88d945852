package io.github.sparkbatchnorm.spark.digest;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.spark.types.variant.Variant;
import org.apache.spark.unsafe.types.VariantVal;

/**
 * A variant as bytes: equal for equal values, however the variant was built. Its own bytes depend on the order in which
 * names were met, and on whether a file kept it in parts.
 *
 * <p>A kind (one byte), and then, with numbers big-endian: 0 null; 1 false; 2 true; 3 an integer of any width (int64);
 * 4 double, 5 float (as a column's); 6 decimal without trailing zeros (as a column's); 7 string, 8 binary (length,
 * bytes); 9 date, 10 timestamp, 11 timestamp without time zone (int64); 12 UUID (two int64); 13 array: the number of
 * elements (int32), the elements; 14 object: the number of fields (int32), then of each the name (length, UTF-8) and
 * the value, in ascending order of these bytes.
 */
final class VariantEncoder {
    private VariantEncoder() {}

    static void write(VariantVal value, ByteSink to) {
        write(new Variant(value.getValue(), value.getMetadata()), to);
    }

    private static void write(Variant value, ByteSink to) {
        switch (value.getType()) {
            case NULL -> to.putByte(0);
            case BOOLEAN -> to.putByte(value.getBoolean() ? 2 : 1);
            case LONG -> writeLong(3, value.getLong(), to);
            case DOUBLE -> writeLong(4, Double.doubleToLongBits(value.getDouble()), to);
            case FLOAT -> {
                to.putByte(5);
                to.putInt(Float.floatToIntBits(value.getFloat()));
            }
            case DECIMAL -> {
                BigDecimal number = value.getDecimal().stripTrailingZeros();
                to.putByte(6);
                to.putInt(number.scale());
                to.putBytes(number.unscaledValue().toByteArray());
            }
            case STRING -> {
                to.putByte(7);
                to.putBytes(value.getString().getBytes(StandardCharsets.UTF_8));
            }
            case BINARY -> {
                to.putByte(8);
                to.putBytes(value.getBinary());
            }
            case DATE -> writeLong(9, value.getLong(), to);
            case TIMESTAMP -> writeLong(10, value.getLong(), to);
            case TIMESTAMP_NTZ -> writeLong(11, value.getLong(), to);
            case UUID -> {
                writeLong(12, value.getUuid().getMostSignificantBits(), to);
                to.putLong(value.getUuid().getLeastSignificantBits());
            }
            case ARRAY -> {
                to.putByte(13);
                int n = value.arraySize();
                to.putInt(n);
                for (int i = 0; i < n; i++) {
                    write(value.getElementAtIndex(i), to);
                }
            }
            case OBJECT -> writeObject(value, to);
        }
    }

    private static void writeLong(int kind, long value, ByteSink to) {
        to.putByte(kind);
        to.putLong(value);
    }

    private static void writeObject(Variant object, ByteSink to) {
        to.putByte(14);
        int n = object.objectSize();
        to.putInt(n);
        byte[][] fields = new byte[n][];
        for (int i = 0; i < n; i++) {
            Variant.ObjectField field = object.getFieldAtIndex(i);
            int start = to.size();
            to.putBytes(field.key.getBytes(StandardCharsets.UTF_8));
            write(field.value, to);
            fields[i] = to.cut(start);
        }
        Arrays.sort(fields, Arrays::compareUnsigned);
        for (byte[] field : fields) {
            to.append(field);
        }
    }
}
