package io.github.sparkbatchnorm.io;

import io.github.sparkbatchnorm.layer.Dtype;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A tensor as it stands in a file.
 *
 * @param shape the lengths of its axes; none for a single number
 * @param bytes its numbers in C order, little-endian: as many as the shape says
 */
record Tensor(ElementType type, long[] shape, ByteBuffer bytes) {
    static Tensor of(double[] values, Dtype dtype) {
        ElementType type = dtype == Dtype.FLOAT32 ? ElementType.F32 : ElementType.F64;
        ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(values.length, type.bytes()))
                .order(ByteOrder.LITTLE_ENDIAN);
        for (double value : values) {
            if (dtype == Dtype.FLOAT32) {
                bytes.putFloat((float) value);
            } else {
                bytes.putDouble(value);
            }
        }
        return new Tensor(type, new long[] {values.length}, bytes.flip());
    }

    static Tensor of(long value) {
        ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        return new Tensor(ElementType.I64, new long[0], bytes.putLong(value).flip());
    }

    /** A tensor over part of a file. */
    static Tensor of(ElementType type, long[] shape, byte[] file, int offset, int length) {
        return new Tensor(
                type, shape, ByteBuffer.wrap(file, offset, length).slice().order(ByteOrder.LITTLE_ENDIAN));
    }

    /** The values of floating-point numbers, widened exactly. */
    double[] values() {
        double[] values = new double[bytes.limit() / type.bytes()];
        for (int i = 0; i < values.length; i++) {
            values[i] = type.floating(bytes, i);
        }
        return values;
    }

    byte[] toBytes() {
        byte[] copy = new byte[bytes.limit()];
        bytes.get(0, copy);
        return copy;
    }
}
