package io.github.sparkbatchnorm.spark.codec;

import io.github.sparkbatchnorm.stats.SampleShape;
import io.github.sparkbatchnorm.stats.SampleShape.Layout;
import io.github.sparkbatchnorm.stats.SampleValues;
import java.io.Serializable;
import java.util.OptionalInt;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.vectorized.ColumnarBatch;
import org.jspecify.annotations.Nullable;

/**
 * One kind of tensor column: reads a sample from columns of Spark's internal rows, and makes an output value of that
 * kind. Each kind is a subclass.
 */
public abstract class TensorCodec implements Serializable {
    private static final long serialVersionUID = 1L;

    private final @Nullable SampleShape shape;

    /** Of the last flat sample, which the next one mostly equals. */
    private transient @Nullable FlatSize last;

    /** @param shape that the user gave, or that the columns tell; null if each row tells its own */
    TensorCodec(@Nullable SampleShape shape) {
        this.shape = shape;
    }

    /** The size of a flat sample, and its shape; the shape is null if a sample cannot have that length. */
    private record FlatSize(int length, SampleSize size, @Nullable SampleShape shape) {
        static FlatSize of(int length, @Nullable SampleShape expected) {
            SampleShape shape = expected;
            if (length == 0 || (expected != null && length != expected.length())) {
                shape = null;
            } else if (expected == null) {
                shape = SampleShape.channelsFirst(length);
            }
            return new FlatSize(length, SampleSize.length(length), shape);
        }
    }

    /** The shape that the user gave, or that the columns tell; null if each row tells. */
    final @Nullable SampleShape knownShape() {
        return shape;
    }

    /** C where the shape or the schema tells it. */
    OptionalInt knownChannels() {
        return shape == null ? OptionalInt.empty() : OptionalInt.of(shape.channels());
    }

    /** The size that each sample must have; null for any one. */
    @Nullable
    SampleSize expectedSize() {
        return shape == null ? null : SampleSize.length(shape.length());
    }

    /** Number of axes of a sample: of the shape, else of this kind of column. */
    int rank() {
        return shape == null ? 1 : shape.rank();
    }

    /** {@return the number of columns that hold a sample: C for channel columns, else 1} */
    public int width() {
        return 1;
    }

    /** The place of the channels. */
    Layout layout() {
        return shape == null ? Layout.CHANNELS_FIRST : shape.layout();
    }

    /**
     * The shape of samples; null where their sizes differ.
     *
     * @param size that all samples have; null if there is none
     */
    @Nullable
    SampleShape shapeOf(@Nullable SampleSize size) {
        if (shape != null || size == null) {
            return shape;
        }
        return SampleShape.of(layout(), size.toDims());
    }

    /** Whether samples are stored flat, so that they tell no axes. */
    boolean isFlat() {
        return true;
    }

    /**
     * {@return the codec for the rows of a columnar batch: this one, or one that has less to check or to copy}
     *
     * @param batch a batch whose vectors can be read in place
     * @param first the ordinal of the sample's first column
     */
    public TensorCodec forBatch(ColumnarBatch batch, int first) {
        return this;
    }

    /**
     * {@return the codec that reads all rows of a columnar batch as one sample of shape {@code [C, rows]}; null if the
     * rows have to be read one by one}
     *
     * @param batch a batch whose vectors can be read in place
     * @param first the ordinal of the sample's first column
     */
    @Nullable
    public TensorCodec forAllRows(ColumnarBatch batch, int first) {
        return null;
    }

    /**
     * Reads the sample of a row.
     *
     * @param row the row, as Spark stores it
     * @param first the ordinal of the sample's first column
     * @param out takes the sample, or the reason why there is none
     */
    public final void read(InternalRow row, int first, RowSample out) {
        if (isNull(row, first)) {
            out.set(RowSample.Content.NULL);
        } else {
            readValue(row, first, out);
        }
    }

    /** Whether the sample is null. */
    boolean isNull(InternalRow row, int first) {
        return row.isNullAt(first);
    }

    /** Reads a sample that is not null. */
    abstract void readValue(InternalRow row, int first, RowSample out);

    /** {@return the type of the output column; with channel columns a struct of them} */
    public abstract DataType outputType();

    /**
     * {@return the output value of a sample}
     *
     * @param sample as it was read from the row
     * @param normalized a dense {@code float[]} or {@code double[]}, of the sample's shape
     */
    public abstract Object write(Object normalized, RowSample sample);

    /**
     * {@return the output value of a sparse sample that stays sparse}
     *
     * @param indices of the named values, ascending
     * @param values at these indices
     * @param length the number of values, named or not
     */
    public Object writeSparse(int[] indices, double[] values, int length) {
        throw new UnsupportedOperationException("only vectors are sparse");
    }

    /**
     * Takes in a flat sample, if its length is right.
     *
     * @param values {@code float[]} or {@code double[]}, which is not copied
     * @param length the number of values
     * @param out takes the sample, or says that its length is wrong
     */
    public final void setFlat(Object values, int length, RowSample out) {
        SampleShape found = checkFlat(length, out);
        if (found != null) {
            out.setDense(values, found);
        }
    }

    /** Takes in a flat sample whose values are copied when they are needed, if its length is right. */
    final void setFlatLater(SampleValues source, int length, RowSample out) {
        SampleShape found = checkFlat(length, out);
        if (found != null) {
            out.setDense(source, found);
        }
    }

    /** The shape of a flat sample; null if its length is wrong, which the sample then says. */
    final @Nullable SampleShape checkFlat(int length, RowSample out) {
        FlatSize flat = last;
        if (flat == null || flat.length() != length) {
            flat = FlatSize.of(length, shape);
            last = flat;
        }
        out.setSize(flat.size());
        if (flat.shape() == null) {
            out.set(RowSample.Content.WRONG_SIZE);
        }
        return flat.shape();
    }
}
