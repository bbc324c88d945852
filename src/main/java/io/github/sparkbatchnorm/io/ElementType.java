package io.github.sparkbatchnorm.io;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The types of numbers that are read from files of tensors, by the names of safetensors. */
enum ElementType {
    F16(2, "<f2"),
    BF16(2, null),
    F32(4, "<f4"),
    F64(8, "<f8"),
    I32(4, "<i4"),
    I64(8, "<i8");

    private final int bytes;
    private final @Nullable String descr;

    ElementType(int bytes, @Nullable String descr) {
        this.bytes = bytes;
        this.descr = descr;
    }

    /** The type of a name of safetensors, null for one that is not read. */
    static @Nullable ElementType named(String name) {
        return Arrays.stream(values())
                .filter(t -> t.name().equals(name))
                .findFirst()
                .orElse(null);
    }

    /** The type of NumPy's name, null for one that is not read. */
    static @Nullable ElementType ofDescr(String descr) {
        return Arrays.stream(values())
                .filter(t -> descr.equals(t.descr))
                .findFirst()
                .orElse(null);
    }

    int bytes() {
        return bytes;
    }

    /** NumPy's name. */
    @Nullable
    String descr() {
        return descr;
    }

    boolean isFloating() {
        return this != I32 && this != I64;
    }

    /** A number at a place in little-endian bytes, widened exactly. */
    double floating(ByteBuffer from, int index) {
        int at = index * bytes;
        return switch (this) {
            case F16 -> half(from.getShort(at));
            case BF16 -> Float.intBitsToFloat(from.getShort(at) << 16);
            case F32 -> from.getFloat(at);
            case F64 -> from.getDouble(at);
            case I32, I64 -> throw new IllegalStateException(this + " is no floating-point type");
        };
    }

    /** A whole number at the start of little-endian bytes. */
    long integer(ByteBuffer from) {
        return this == I32 ? from.getInt(0) : from.getLong(0);
    }

    /** A number of IEEE's binary16: sign, 5 bits of exponent, 10 bits of fraction. */
    private static double half(short bits) {
        int exponent = (bits >> 10) & 31;
        int fraction = bits & 1023;
        double magnitude =
                switch (exponent) {
                    case 0 -> Math.scalb((double) fraction, -24);
                    case 31 -> fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN;
                    default -> Math.scalb((double) (1024 + fraction), exponent - 25);
                };
        return bits < 0 ? -magnitude : magnitude;
    }
}
