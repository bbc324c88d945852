package io.github.sparkbatchnorm.spark.digest;

import io.github.sparkbatchnorm.layer.BatchNormException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Bytes that are written one after the other, big-endian, into an array that grows and is used again. */
final class ByteSink {
    /** The longest array that every JVM makes. */
    static final int MAX_BYTES = Integer.MAX_VALUE - 8;

    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private final int limit;
    private byte[] bytes = new byte[256];
    private int size;

    /** @param limit the most bytes that a row may have */
    ByteSink(int limit) {
        this.limit = limit;
    }

    void clear() {
        size = 0;
    }

    /** The array with the bytes from 0 to {@link #size}. */
    byte[] array() {
        return bytes;
    }

    int size() {
        return size;
    }

    void putByte(int value) {
        int at = reserve(1);
        bytes[at] = (byte) value;
    }

    void putShort(short value) {
        int at = reserve(Short.BYTES);
        SHORT.set(bytes, at, value);
    }

    void putInt(int value) {
        int at = reserve(Integer.BYTES);
        INT.set(bytes, at, value);
    }

    void putLong(long value) {
        int at = reserve(Long.BYTES);
        LONG.set(bytes, at, value);
    }

    /** The length (int32), and the bytes. */
    void putBytes(byte[] values) {
        putInt(values.length);
        append(values);
    }

    /** Takes back the bytes from a place on. */
    byte[] cut(int from) {
        byte[] tail = Arrays.copyOfRange(bytes, from, size);
        size = from;
        return tail;
    }

    static long longAt(byte[] bytes, int at) {
        return (long) LONG.get(bytes, at);
    }

    /** Bytes without their length. */
    void append(byte[] values) {
        int at = reserve(values.length);
        System.arraycopy(values, 0, bytes, at, values.length);
    }

    /** Makes room for more bytes, perhaps in a new array, and tells their place. */
    private int reserve(int more) {
        int at = size;
        if (more > limit - at) {
            throw new BatchNormException("a row of more than " + limit
                    + " bytes in the form that is hashed; expected smaller rows: select fewer columns");
        }
        size = at + more;
        if (size > bytes.length) {
            bytes = Arrays.copyOf(bytes, (int) Math.min(limit, Math.max(size, 2L * bytes.length)));
        }
        return at;
    }
}
