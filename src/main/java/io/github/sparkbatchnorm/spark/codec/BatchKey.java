package io.github.sparkbatchnorm.spark.codec;

import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StringType;

/** The key of a global batch as Spark stores it, in Spark's ascending order; {@link #NONE} without a batch column. */
public final class BatchKey implements Comparable<BatchKey>, Serializable {
    private static final long serialVersionUID = 1L;

    /** The key of data that is one batch. */
    public static final BatchKey NONE = new BatchKey((byte) 0, 0, "");

    private static final byte NUMBER = 1;
    private static final byte TEXT = 2;

    private final byte kind;
    private final long number;
    private final String text;

    private BatchKey(byte kind, long number, String text) {
        this.kind = kind;
        this.number = number;
        this.text = text;
    }

    /**
     * {@return the key of an integer, of a date as days or of a timestamp as microseconds since 1970-01-01}
     *
     * @param number of the batch column
     */
    public static BatchKey of(long number) {
        return new BatchKey(NUMBER, number, "");
    }

    /**
     * {@return the key of a string}
     *
     * @param text of the batch column
     */
    public static BatchKey of(String text) {
        return new BatchKey(TEXT, 0, text);
    }

    /** Whether a column of that type can tell batches apart. */
    static boolean accepts(DataType type) {
        return type instanceof StringType
                || isInteger(type)
                || type.equals(DataTypes.DateType)
                || type.equals(DataTypes.TimestampType)
                || type.equals(DataTypes.TimestampNTZType);
    }

    /**
     * {@return whether a type is one of integers}
     *
     * @param type of a column
     */
    public static boolean isInteger(DataType type) {
        return type.equals(DataTypes.ByteType)
                || type.equals(DataTypes.ShortType)
                || type.equals(DataTypes.IntegerType)
                || type.equals(DataTypes.LongType);
    }

    /**
     * {@return the key of the batch that a row belongs to}
     *
     * @param row the row, as Spark stores it
     * @param ordinal the place of the batch column, which is not null in this row
     * @param type the type of the batch column
     */
    public static BatchKey read(InternalRow row, int ordinal, DataType type) {
        if (type instanceof StringType) {
            return of(row.getUTF8String(ordinal).toString());
        } else if (type.equals(DataTypes.ByteType)) {
            return of(row.getByte(ordinal));
        } else if (type.equals(DataTypes.ShortType)) {
            return of(row.getShort(ordinal));
        } else if (type.equals(DataTypes.IntegerType) || type.equals(DataTypes.DateType)) {
            return of(row.getInt(ordinal));
        }
        return of(row.getLong(ordinal));
    }

    /** {@return the integer, the days of a date or the microseconds of a timestamp; 0 for a string} */
    public long number() {
        return number;
    }

    /** {@return the string; empty for all else} */
    public String text() {
        return text;
    }

    @Override
    public int compareTo(BatchKey other) {
        if (kind != other.kind) {
            return Byte.compare(kind, other.kind);
        }
        return kind == NUMBER
                ? Long.compare(number, other.number)
                : Arrays.compareUnsigned(
                        text.getBytes(StandardCharsets.UTF_8), other.text.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof BatchKey that && kind == that.kind && number == that.number && text.equals(that.text);
    }

    /** The same in each JVM. */
    @Override
    public int hashCode() {
        return 31 * Long.hashCode(number) + text.hashCode();
    }

    @Override
    public String toString() {
        return kind == NUMBER ? Long.toString(number) : text;
    }
}
