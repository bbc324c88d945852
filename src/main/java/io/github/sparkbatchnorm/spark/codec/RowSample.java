package io.github.sparkbatchnorm.spark.codec;

import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.GradientSums;
import io.github.sparkbatchnorm.stats.SampleShape;
import io.github.sparkbatchnorm.stats.SampleValues;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The content of one row as a {@link TensorCodec} read it: a sample, or the reason why there is none. Reused from row
 * to row.
 */
public final class RowSample {
    /** What a row can hold. */
    public enum Content {
        /** Values. */
        VALUES,
        /** A null sample. */
        NULL,
        /** A null element in an array. */
        NULL_ELEMENT,
        /** A null in a channel column, where these are not kept. */
        NULL_CHANNEL,
        /** A long that no double holds exactly. */
        LONG_TOO_LARGE,
        /** A nested array whose rows differ in length. */
        RAGGED,
        /** Bytes that are not a whole number of values, or an image whose bytes are not height x width x channels. */
        BROKEN_BYTES,
        /** A length or shape other than the expected one: {@link #size} tells. */
        WRONG_SIZE
    }

    private static final SampleShape NO_SHAPE = SampleShape.channelsFirst(1);

    private Content content = Content.NULL;
    private Object values = new double[0];
    /** Where the values are to be copied from when they are needed; null if they are in {@code values}. */
    private @Nullable SampleValues source;

    private int rows = 1;
    private int @Nullable [] indices;
    private boolean @Nullable [] missing;
    // Arrays that values are read into, again and again while samples are of one length.
    private float[] floatBuffer = new float[0];
    private double[] doubleBuffer = new double[0];
    // Arrays that one value is read into.
    private final float[] oneFloat = new float[1];
    private final double[] oneDouble = new double[1];
    private SampleShape shape = NO_SHAPE;
    private SampleSize size = SampleSize.NONE;

    /** {@return what the row holds} The other methods are for {@link Content#VALUES}, except for {@link #size}. */
    public Content content() {
        return content;
    }

    /**
     * {@return the values as {@code float[]} or {@code double[]}, flat in C order; of a sparse sample only those it
     * names}
     */
    public Object values() {
        SampleValues from = source;
        if (from != null) {
            Object array = from.isFloat() ? floats(shape.length()) : doubles(shape.length());
            from.copyTo(0, array, 0, shape.length());
            values = array;
            source = null;
        }
        return values;
    }

    /** {@return whether the values are floats; else they are doubles} */
    public boolean isFloat() {
        SampleValues from = source;
        return from != null ? from.isFloat() : values instanceof float[];
    }

    /**
     * Copies the values of a dense sample.
     *
     * @param to {@code float[]} or {@code double[]}, as the values are
     * @param offset the index in {@code to} for the first value
     */
    public void copyTo(Object to, int offset) {
        SampleValues from = source;
        if (from != null) {
            from.copyTo(0, to, offset, shape.length());
        } else {
            System.arraycopy(values, 0, to, offset, shape.length());
        }
    }

    /** {@return the flat indices of a sparse sample's values; null for a dense sample} */
    public int @Nullable [] indices() {
        return indices;
    }

    /** An array to read floats into, which the next sample may be read into, too. */
    float[] floats(int length) {
        if (floatBuffer.length != length) {
            floatBuffer = new float[length];
        }
        return floatBuffer;
    }

    /** An array to read doubles into, which the next sample may be read into, too. */
    double[] doubles(int length) {
        if (doubleBuffer.length != length) {
            doubleBuffer = new double[length];
        }
        return doubleBuffer;
    }

    /**
     * {@return for each channel column whether it is null in the row, {@code [C]}; null if none is} With
     * {@link Content#NULL_CHANNEL}, too.
     */
    public boolean @Nullable [] missing() {
        return missing;
    }

    /** {@return the axes of the sample} */
    public SampleShape shape() {
        return shape;
    }

    /** {@return the number of rows in the sample: more than 1 if those of a columnar batch are read together} */
    public int rows() {
        return rows;
    }

    /** {@return the size of the sample, in which all rows have to agree} */
    public SampleSize size() {
        return size;
    }

    /**
     * Says what the row holds, and forgets what the last row held.
     *
     * @param what the kind of content
     */
    public void set(Content what) {
        content = what;
        source = null;
        rows = 1;
        indices = null;
        missing = null;
    }

    /**
     * Says which channels are null where no null is kept.
     *
     * @param nulls for each channel whether it is null, {@code [C]}
     */
    void setNullChannels(boolean[] nulls) {
        set(Content.NULL_CHANNEL);
        missing = nulls;
    }

    void setDense(Object denseValues, SampleShape denseShape) {
        set(Content.VALUES);
        values = denseValues;
        shape = denseShape;
    }

    /** Takes in a dense sample whose values are copied when they are needed. */
    void setDense(SampleValues from, SampleShape denseShape) {
        set(Content.VALUES);
        source = from;
        shape = denseShape;
    }

    /** Says how many rows the sample just taken in is made of. */
    void setRows(int count) {
        rows = count;
    }

    void setSparse(int[] sparseIndices, double[] sparseValues, SampleShape sparseShape) {
        set(Content.VALUES);
        values = sparseValues;
        indices = sparseIndices;
        shape = sparseShape;
    }

    /**
     * Says which channels are missing: their values do not count. All values are doubles from then on.
     *
     * @param missingChannels for each channel whether it is missing, {@code [C]}
     */
    public void setMissing(boolean[] missingChannels) {
        values = toDoubles(values());
        missing = missingChannels;
    }

    void setSize(SampleSize found) {
        size = found;
    }

    /**
     * Adds the values to the moments of a batch.
     *
     * @param moments of as many channels as the sample has
     */
    public void addTo(ChannelMoments.Accumulator moments) {
        if (source != null) {
            moments.add(source, shape);
        } else if (indices != null) {
            moments.addSparse(indices, (double[]) values, shape);
        } else if (missing != null) {
            for (int c = 0; c < missing.length; c++) {
                if (!missing[c]) {
                    moments.add(c, ((double[]) values)[c]);
                }
            }
        } else if (values instanceof float[] floats) {
            moments.add(floats, shape);
        } else {
            moments.add((double[]) values, shape);
        }
    }

    /**
     * Adds the values and their gradients to the sums of a batch.
     *
     * @param sums of as many channels as the sample has
     * @param gradients of this sample
     */
    public void addTo(GradientSums.Accumulator sums, RowSample gradients) {
        if (indices != null && gradients.indices != null) {
            sums.addSparse(indices, (double[]) values, gradients.indices, (double[]) gradients.values, shape);
            return;
        }
        Object x = denseValues();
        Object dy = gradients.denseValues();
        if (missing != null) {
            double[] values = toDoubles(x);
            double[] gradientValues = toDoubles(dy);
            for (int c = 0; c < missing.length; c++) {
                if (!missing[c]) {
                    sums.add(c, values[c], gradientValues[c]);
                }
            }
        } else if (x instanceof float[] floats && dy instanceof float[] gradientFloats) {
            sums.add(floats, gradientFloats, shape);
        } else {
            sums.add(toDoubles(x), toDoubles(dy), shape);
        }
    }

    /**
     * {@return the values as doubles: the array itself if it holds doubles}
     *
     * @param values {@code float[]} or {@code double[]}
     */
    public static double[] toDoubles(Object values) {
        if (values instanceof double[] doubles) {
            return doubles;
        }
        float[] floats = (float[]) values;
        double[] doubles = new double[floats.length];
        for (int i = 0; i < floats.length; i++) {
            doubles[i] = floats[i];
        }
        return doubles;
    }

    /**
     * {@return the values as floats, rounded}
     *
     * @param values finite or not
     */
    public static float[] toFloats(double[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }

    /** {@return all values, zeros included, as {@code float[]} or {@code double[]} of the shape's length} */
    public Object denseValues() {
        if (indices == null) {
            return values();
        }
        double[] dense = new double[shape.length()];
        double[] named = (double[]) values;
        for (int i = 0; i < named.length; i++) {
            dense[indices[i]] = named[i];
        }
        return dense;
    }

    /** {@return the number of {@link #values}} */
    public int valueCount() {
        return indices == null ? shape.length() : indices.length;
    }

    /**
     * {@return some values next to each other, without reading the others}
     *
     * @param from index of the first in {@link #values}
     * @param count number of values
     */
    public double[] values(int from, int count) {
        double[] some = new double[count];
        SampleValues in = source;
        if (in != null && in.isFloat()) {
            float[] floats = new float[count];
            in.copyTo(from, floats, 0, count);
            return toDoubles(floats);
        } else if (in != null) {
            in.copyTo(from, some, 0, count);
        } else {
            for (int i = 0; i < count; i++) {
                some[i] = value(from + i);
            }
        }
        return some;
    }

    /**
     * {@return a value; NaN for a missing channel}
     *
     * @param place an index in {@link #values}
     */
    public double value(int place) {
        SampleValues from = source;
        if (from != null && from.isFloat()) {
            from.copyTo(place, oneFloat, 0, 1);
            return oneFloat[0];
        } else if (from != null) {
            from.copyTo(place, oneDouble, 0, 1);
            return oneDouble[0];
        }
        if (values instanceof float[] floats) {
            return floats[place];
        }
        return missing == null || !missing[place] ? ((double[]) values)[place] : Double.NaN;
    }

    /** {@return the number of values other than 0} */
    public int countNonZero() {
        int count = 0;
        if (values() instanceof float[] floats) {
            for (float x : floats) {
                count += x == 0 ? 0 : 1;
            }
        } else {
            for (double x : (double[]) values) {
                count += x == 0 ? 0 : 1;
            }
        }
        return count;
    }

    /** {@return the index in {@link #values} of the first value that is not finite; -1 if all are finite} */
    public int firstNonFinite() {
        if (values() instanceof float[] floats) {
            for (int i = 0; i < floats.length; i++) {
                if (!Float.isFinite(floats[i])) {
                    return i;
                }
            }
        } else {
            double[] doubles = (double[]) values;
            for (int i = 0; i < doubles.length; i++) {
                if (!Double.isFinite(doubles[i]) && (missing == null || !missing[i])) {
                    return i;
                }
            }
        }
        return -1;
    }

    /**
     * {@return the channel of the value at an index in {@link #values}}
     *
     * @param place an index in {@link #values}
     */
    public int channelOf(int place) {
        return shape.channelOf(indices == null ? place : indices[place]);
    }

    @Override
    public String toString() {
        return content + " " + shape + (indices == null ? "" : " at " + Arrays.toString(indices));
    }
}
