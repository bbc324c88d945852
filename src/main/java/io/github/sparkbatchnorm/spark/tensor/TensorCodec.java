package io.github.sparkbatchnorm.spark.tensor;

import io.github.sparkbatchnorm.stats.SampleShape;
import java.io.Serializable;
import java.nio.ByteBuffer;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.vectorized.ColumnarBatch;
import org.jspecify.annotations.Nullable;

/**
 * One kind of tensor column: reads a sample from columns of a row of Spark's, and makes the output value of the same
 * kind. One subclass a kind; the shape is what the user gave, or null to take it from each row.
 */
public abstract class TensorCodec implements Serializable {
    private static final long serialVersionUID = 1L;

    private final @Nullable SampleShape shape;

    TensorCodec(@Nullable SampleShape shape) {
        this.shape = shape;
    }

    /** The shape that the user gave, or that the columns tell; null if each row tells. */
    final @Nullable SampleShape knownShape() {
        return shape;
    }

    /** Number of axes of a sample: of the shape, else that of the column's kind. */
    int rank() {
        return shape == null ? 1 : shape.rank();
    }

    /** Columns that a sample takes from the row. */
    int width() {
        return 1;
    }

    /** Whether samples are stored flat, so that they tell no axes. */
    boolean isFlat() {
        return true;
    }

    /** What reads the rows of a columnar batch, from a column on: this, or one that has less to check. */
    TensorCodec forBatch(ColumnarBatch batch, int first) {
        return this;
    }

    /**
     * What reads all rows of a columnar batch together, as one sample of shape {@code [C, rows]}; null if they have to
     * be read one by one.
     */
    @Nullable
    TensorCodec forAllRows(ColumnarBatch batch, int first) {
        return null;
    }

    /** Reads the sample in a row, from a column on. */
    final void read(InternalRow row, int first, Sample out) {
        if (isNull(row, first)) {
            out.set(Sample.Content.NULL);
        } else {
            readValue(row, first, out);
        }
    }

    /** Whether the sample is null. */
    boolean isNull(InternalRow row, int first) {
        return row.isNullAt(first);
    }

    /** Reads a sample that is not null. */
    abstract void readValue(InternalRow row, int first, Sample out);

    /** The type of the output column; with channel columns a struct of them. */
    public abstract DataType outputType();

    /**
     * The output value of a sample.
     *
     * @param normalized {@code float[]} or {@code double[]}, as the sample's values but dense
     */
    public abstract Object write(Object normalized, Sample sample);

    /** Takes a flat sample in, after a check of its length. */
    final void setFlat(Object values, int length, Sample out) {
        SampleShape found = checkFlat(length, out);
        if (found != null) {
            out.setDense(values, found);
        }
    }

    /** The same for values that {@link #copy} copies later. */
    final void setFlatLater(Object source, boolean floats, int length, Sample out) {
        SampleShape found = checkFlat(length, out);
        if (found != null) {
            out.setDense(source, this, floats, found);
        }
    }

    /** What a sample's values are to be copied from, as unsigned bytes if that is what they are; else null. */
    @Nullable
    ByteBuffer unsignedBytes(Object source) {
        return null;
    }

    /** Copies some of a sample's values from what it was given to copy from. */
    void copy(Object source, int from, Object to, int offset, int length) {
        throw new UnsupportedOperationException(getClass().getName());
    }

    /** The shape of a sample of that length; null if it is wrong, which the sample then says. */
    private @Nullable SampleShape checkFlat(int length, Sample out) {
        if (!out.size().is(length)) {
            out.setSize(SampleSize.length(length));
        }
        if (length == 0 || (shape != null && length != shape.length())) {
            out.set(Sample.Content.WRONG_SIZE);
            return null;
        }
        return shape != null ? shape : flatShape(length, out);
    }

    /** {@code [length]}, the same object again where the last sample had it. */
    static SampleShape flatShape(int length, Sample last) {
        SampleShape previous = last.shape();
        return previous.rank() == 1 && previous.length() == length ? previous : SampleShape.channelsFirst(length);
    }
}
