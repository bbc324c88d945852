package io.github.sparkbatchnorm.spark;

import io.github.sparkbatchnorm.stats.SampleShape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.jspecify.annotations.Nullable;

/** Raw little-endian float32 or float64. */
final class BinaryCodec extends TensorCodec {
    private static final long serialVersionUID = 1L;

    private final boolean float64;

    BinaryCodec(boolean float64, @Nullable SampleShape shape) {
        super(shape);
        this.float64 = float64;
    }

    @Override
    void readValue(InternalRow row, int first, Sample out) {
        byte[] bytes = row.getBinary(first);
        int size = float64 ? Double.BYTES : Float.BYTES;
        if (bytes.length % size != 0) {
            out.set(Sample.Content.BROKEN_BYTES);
            return;
        }
        setFlatLater(bytes, !float64, bytes.length / size, out);
    }

    @Override
    void copy(Object source, int from, Object to, int offset, int length) {
        ByteBuffer in = ByteBuffer.wrap((byte[]) source).order(ByteOrder.LITTLE_ENDIAN);
        if (to instanceof float[] floats) {
            in.asFloatBuffer().get(from, floats, offset, length);
        } else {
            in.asDoubleBuffer().get(from, (double[]) to, offset, length);
        }
    }

    @Override
    DataType outputType() {
        return DataTypes.BinaryType;
    }

    @Override
    Object write(Object normalized, Sample sample) {
        if (normalized instanceof float[] floats) {
            ByteBuffer out = ByteBuffer.allocate(Float.BYTES * floats.length).order(ByteOrder.LITTLE_ENDIAN);
            out.asFloatBuffer().put(floats);
            return out.array();
        }
        double[] doubles = (double[]) normalized;
        ByteBuffer out = ByteBuffer.allocate(Double.BYTES * doubles.length).order(ByteOrder.LITTLE_ENDIAN);
        out.asDoubleBuffer().put(doubles);
        return out.array();
    }
}
