package io.github.sparkbatchnorm.spark.codec;

import io.github.sparkbatchnorm.spark.shims.BytesInPlace;
import io.github.sparkbatchnorm.stats.SampleShape;
import io.github.sparkbatchnorm.stats.SampleValues;
import java.lang.reflect.Array;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.vectorized.ColumnarBatch;
import org.jspecify.annotations.Nullable;

/** Raw little-endian float32 or float64. */
final class BinaryCodec extends TensorCodec {
    private static final long serialVersionUID = 1L;

    private final boolean float64;
    /** The column of the columnar batch at hand, to be read in place. */
    private final transient @Nullable BytesInPlace column;

    BinaryCodec(boolean float64, @Nullable SampleShape shape) {
        this(float64, shape, null);
    }

    private BinaryCodec(boolean float64, @Nullable SampleShape shape, @Nullable BytesInPlace column) {
        super(shape);
        this.float64 = float64;
        this.column = column;
    }

    @Override
    public TensorCodec forBatch(ColumnarBatch batch, int first) {
        BytesInPlace found = BytesInPlace.of(batch.column(first));
        return found == null ? this : new BinaryCodec(float64, knownShape(), found);
    }

    @Override
    void readValue(InternalRow row, int first, RowSample out) {
        ByteBuffer bytes = BytesInPlace.read(column, row, row, first);
        int size = float64 ? Double.BYTES : Float.BYTES;
        if (bytes.remaining() % size != 0) {
            out.set(RowSample.Content.BROKEN_BYTES);
            return;
        }
        setFlatLater(new Values(bytes.order(ByteOrder.LITTLE_ENDIAN), !float64), bytes.remaining() / size, out);
    }

    private record Values(ByteBuffer bytes, boolean isFloat) implements SampleValues {
        @Override
        public void copyTo(int from, Object to, int offset, int length) {
            if (to instanceof float[] floats) {
                bytes.asFloatBuffer().get(from, floats, offset, length);
            } else {
                bytes.asDoubleBuffer().get(from, (double[]) to, offset, length);
            }
        }
    }

    @Override
    public DataType outputType() {
        return DataTypes.BinaryType;
    }

    @Override
    public Object write(Object normalized, RowSample sample) {
        boolean single = normalized instanceof float[];
        int size = single ? Float.BYTES : Double.BYTES;
        ByteBuffer out = ByteBuffer.allocate(size * Array.getLength(normalized)).order(ByteOrder.LITTLE_ENDIAN);
        if (single) {
            out.asFloatBuffer().put((float[]) normalized);
        } else {
            out.asDoubleBuffer().put((double[]) normalized);
        }
        return out.array();
    }
}
