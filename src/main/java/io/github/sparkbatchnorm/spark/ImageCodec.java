package io.github.sparkbatchnorm.spark;

import io.github.sparkbatchnorm.stats.SampleShape;
import java.util.Arrays;
import org.apache.spark.ml.image.ImageSchema;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Images of Spark's {@code image} source: bytes 0 to 255 of shape {@code [H,W,C]}, channels last. Height and width may
 * differ from row to row. An image that could not be decoded, of height -1, is a null sample.
 */
final class ImageCodec extends TensorCodec {
    private static final long serialVersionUID = 1L;

    /** Places in {@link ImageSchema#columnSchema()}. */
    private static final int HEIGHT = 1;

    private static final int WIDTH = 2;
    private static final int CHANNELS = 3;
    private static final int DATA = 5;

    /** Each byte as a float: a lookup is faster than a conversion. */
    private static final float[] FLOATS = new float[256];

    static {
        for (int i = 0; i < FLOATS.length; i++) {
            FLOATS[i] = i;
        }
    }

    ImageCodec() {
        super(null);
    }

    /** Whether a struct is an image: it has the fields of Spark's image source. */
    static boolean accepts(DataType type) {
        return type instanceof StructType struct && sameNames(struct, ImageSchema.columnSchema());
    }

    private static boolean sameNames(StructType a, StructType b) {
        return Arrays.equals(a.fieldNames(), b.fieldNames());
    }

    @Override
    boolean isFlat() {
        return false;
    }

    @Override
    int rank() {
        return 3;
    }

    @Override
    boolean isNull(InternalRow row, int first) {
        return super.isNull(row, first) || image(row, first).getInt(HEIGHT) == -1;
    }

    private static InternalRow image(InternalRow row, int first) {
        return row.getStruct(first, ImageSchema.columnSchema().length());
    }

    @Override
    void readValue(InternalRow row, int first, Sample out) {
        InternalRow image = image(row, first);
        if (image.isNullAt(DATA)) {
            out.set(Sample.Content.BROKEN_BYTES);
            return;
        }
        int height = image.getInt(HEIGHT);
        int width = image.getInt(WIDTH);
        int channels = image.getInt(CHANNELS);
        byte[] data = image.getBinary(DATA);
        if (height < 1 || width < 1 || channels < 1 || (long) height * width * channels != data.length) {
            out.set(Sample.Content.BROKEN_BYTES);
            return;
        }
        if (!out.size().is(channels)) {
            out.setSize(SampleSize.channels(channels));
        }
        out.setDense(data, this, false, SampleShape.channelsLast(height, width, channels));
    }

    @Override
    boolean hasFloatValues() {
        return true;
    }

    @Override
    void copy(Object source, int from, Object to, int offset, int length) {
        byte[] data = (byte[]) source;
        if (to instanceof float[] floats) {
            for (int i = 0; i < length; i++) {
                floats[offset + i] = FLOATS[data[from + i] & 0xFF];
            }
        } else {
            double[] doubles = (double[]) to;
            for (int i = 0; i < length; i++) {
                doubles[offset + i] = data[from + i] & 0xFF;
            }
        }
    }

    @Override
    DataType outputType() {
        return DataTypes.createArrayType(DataTypes.DoubleType, false);
    }

    @Override
    Object write(Object normalized, Sample sample) {
        return NumericArrays.toSpark(normalized);
    }
}
