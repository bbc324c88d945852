package io.github.sparkbatchnorm.spark.codec;

import io.github.sparkbatchnorm.spark.shims.BytesInPlace;
import io.github.sparkbatchnorm.stats.SampleShape;
import io.github.sparkbatchnorm.stats.SampleShape.Layout;
import io.github.sparkbatchnorm.stats.SampleValues;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.apache.spark.ml.image.ImageSchema;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.vectorized.ColumnarBatch;
import org.jspecify.annotations.Nullable;

/**
 * Images of Spark's {@code image} source: bytes 0 to 255 of shape {@code [H,W,C]}, channels last. Height and width may
 * differ from row to row. An image that could not be decoded, of height -1, is a null sample.
 */
public final class ImageCodec extends TensorCodec {
    private static final long serialVersionUID = 1L;

    /** Places in {@link ImageSchema#columnSchema()}. */
    private static final int HEIGHT = 1;

    private static final int WIDTH = 2;
    private static final int CHANNELS = 3;
    private static final int DATA = 5;

    /** The bytes of a columnar batch; null for rows. */
    private final transient @Nullable BytesInPlace bytes;
    /** Of the last image, which the next one mostly equals. */
    private transient @Nullable ImageSize last;

    ImageCodec() {
        this(null);
    }

    private ImageCodec(@Nullable BytesInPlace bytes) {
        super(null);
        this.bytes = bytes;
    }

    @Override
    public TensorCodec forBatch(ColumnarBatch batch, int first) {
        BytesInPlace found = BytesInPlace.ofField(batch.column(first), DATA);
        return found == null ? this : new ImageCodec(found);
    }

    /**
     * {@return whether a type is that of images: a struct with the fields of Spark's image source}
     *
     * @param type the type of a column
     */
    public static boolean accepts(DataType type) {
        return type instanceof StructType struct && sameNames(struct, ImageSchema.columnSchema());
    }

    private static boolean sameNames(StructType a, StructType b) {
        return Arrays.equals(a.fieldNames(), b.fieldNames());
    }

    @Override
    Layout layout() {
        return Layout.CHANNELS_LAST;
    }

    @Override
    @Nullable
    SampleShape shapeOf(@Nullable SampleSize size) {
        return null; // height and width are not in the size
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
    void readValue(InternalRow row, int first, RowSample out) {
        InternalRow image = image(row, first);
        if (image.isNullAt(DATA)) {
            out.set(RowSample.Content.BROKEN_BYTES);
            return;
        }
        int height = image.getInt(HEIGHT);
        int width = image.getInt(WIDTH);
        int channels = image.getInt(CHANNELS);
        ByteBuffer data = BytesInPlace.read(bytes, row, image, DATA);
        if (height < 1 || width < 1 || channels < 1 || (long) height * width * channels != data.remaining()) {
            out.set(RowSample.Content.BROKEN_BYTES);
            return;
        }
        ImageSize size = last;
        if (size == null || !size.is(height, width, channels)) {
            size = new ImageSize(
                    SampleShape.channelsLast(height, width, channels), height, width, SampleSize.channels(channels));
            last = size;
        }
        out.setSize(size.channels());
        out.setDense(new Values(data), size.shape());
    }

    private record ImageSize(SampleShape shape, int height, int width, SampleSize channels) {
        boolean is(int otherHeight, int otherWidth, int otherChannels) {
            return height == otherHeight && width == otherWidth && shape.channels() == otherChannels;
        }
    }

    private record Values(ByteBuffer unsignedBytes) implements SampleValues {
        @Override
        public boolean isFloat() {
            return false;
        }

        @Override
        public void copyTo(int from, Object to, int offset, int length) {
            double[] doubles = (double[]) to;
            int start = unsignedBytes.position() + from;
            for (int i = 0; i < length; i++) {
                doubles[offset + i] = unsignedBytes.get(start + i) & 0xFF;
            }
        }
    }

    @Override
    public DataType outputType() {
        return DataTypes.createArrayType(DataTypes.DoubleType, false);
    }

    @Override
    public Object write(Object normalized, RowSample sample) {
        return NumericArrays.toSpark(normalized);
    }
}
