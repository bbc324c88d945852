package io.github.sparkbatchnorm.spark.tensor;

import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.GradientSums;
import io.github.sparkbatchnorm.stats.SampleShape;
import io.github.sparkbatchnorm.stats.SampleValues;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What a {@link TensorCodec} read from one row: a sample, nothing, or what is wrong. Reused from row to row. */
public final class Sample implements SampleValues {
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
        /** A long that is no double. */
        LONG_TOO_LARGE,
        /** A nested array whose rows differ in length. */
        RAGGED,
        /** Bytes that are no whole number of values, or an image whose bytes are not height x width x channels. */
        BROKEN_BYTES,
        /** Nothing that this sample's shape allows; {@link #size} tells. */
        WRONG_SIZE
    }

    private Content content = Content.NULL;
    private Object values = new double[0];
    /** Where the values are still to be copied from, and what can do it; null if they have been. */
    private @Nullable Object source;

    private @Nullable TensorCodec copier;
    private boolean single;
    private int rows = 1;
    private int @Nullable [] indices;
    private boolean @Nullable [] missing;
    // What codecs read values into, again and again while samples are of the same length.
    private float[] floatBuffer = new float[0];
    private double[] doubleBuffer = new double[0];
    private SampleShape shape = SampleShape.channelsFirst(1);
    private SampleSize size = SampleSize.NONE;

    public Content content() {
        return content;
    }

    /** {@code float[]} or {@code double[]}; of a sparse sample only what it names. */
    public Object values() {
        if (source != null) {
            Object array = single ? floats(shape.length()) : doubles(shape.length());
            copyTo(0, array, 0, shape.length());
            values = array;
            source = null;
        }
        return values;
    }

    @Override
    public boolean isFloat() {
        return single;
    }

    @Override
    public @Nullable ByteBuffer unsignedBytes() {
        return Objects.requireNonNull(copier).unsignedBytes(Objects.requireNonNull(source));
    }

    @Override
    public void copyTo(int from, Object to, int offset, int length) {
        Objects.requireNonNull(copier).copy(Objects.requireNonNull(source), from, to, offset, length);
    }

    /** Flat indices of a sparse sample's values, null for a dense one. */
    public int @Nullable [] indices() {
        return indices;
    }

    /** An array to read floats into. The next sample may be read into the same. */
    float[] floats(int length) {
        if (floatBuffer.length != length) {
            floatBuffer = new float[length];
        }
        return floatBuffer;
    }

    /** An array to read doubles into. The next sample may be read into the same. */
    double[] doubles(int length) {
        if (doubleBuffer.length != length) {
            doubleBuffer = new double[length];
        }
        return doubleBuffer;
    }

    /** Which channels of a row of channel columns are null; null if none is. */
    boolean @Nullable [] missing() {
        return missing;
    }

    public SampleShape shape() {
        return shape;
    }

    /** How many rows the sample is made of: 1, but where the rows of a columnar batch are read together. */
    public int rows() {
        return rows;
    }

    /** How large the sample is: what all rows must agree in. */
    public SampleSize size() {
        return size;
    }

    void set(Content what) {
        content = what;
        source = null;
        rows = 1;
        indices = null;
        missing = null;
    }

    void setDense(Object denseValues, SampleShape denseShape) {
        set(Content.VALUES);
        values = denseValues;
        shape = denseShape;
    }

    /**
     * Takes in a dense sample whose values are copied when they are needed.
     *
     * @param from what the codec can copy from
     */
    void setDense(Object from, TensorCodec codec, boolean floats, SampleShape denseShape) {
        set(Content.VALUES);
        source = from;
        copier = codec;
        single = floats;
        shape = denseShape;
    }

    /** Says that the sample just taken in is of that many rows. */
    void setRows(int count) {
        rows = count;
    }

    void setSparse(int[] sparseIndices, double[] sparseValues, SampleShape sparseShape) {
        set(Content.VALUES);
        values = sparseValues;
        indices = sparseIndices;
        shape = sparseShape;
    }

    void setMissing(boolean[] missingChannels) {
        missing = missingChannels;
    }

    void setSize(SampleSize found) {
        size = found;
    }

    /** Adds the values to an accumulator of as many channels. */
    public void addTo(ChannelMoments.Accumulator moments) {
        if (source != null) {
            moments.add(this, shape);
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

    /** Adds the values, with their gradients, to an accumulator of as many channels. */
    public void addTo(GradientSums.Accumulator sums, Sample gradients) {
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
     * Makes channels missing that are so in a sample or its gradients, which both hold values of channel columns; a
     * sample with no pair left is null.
     */
    static void uniteMissing(Sample x, Sample dy) {
        if (x.missing == null && dy.missing == null) {
            return;
        }
        boolean[] both = new boolean[x.shape.channels()];
        int channelsLeft = both.length;
        for (int c = 0; c < both.length; c++) {
            both[c] = (x.missing != null && x.missing[c]) || (dy.missing != null && dy.missing[c]);
            channelsLeft -= both[c] ? 1 : 0;
        }
        for (Sample sample : new Sample[] {x, dy}) {
            sample.values = toDoubles(sample.values());
            sample.missing = both;
        }
        if (channelsLeft == 0) {
            x.set(Content.NULL);
        }
    }

    /** The values as doubles: the same array if they are. */
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

    public static float[] toFloats(double[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }

    /** The values of a dense sample, or a sparse one filled up with zeros. */
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

    /** How many values are other than 0. */
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

    /** The first value that is not finite, as its place in {@link #values}; -1 if there is none. */
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

    /** The channel of a place in {@link #values}. */
    public int channelOf(int place) {
        return shape.channelOf(indices == null ? place : indices[place]);
    }

    @Override
    public String toString() {
        return content + " " + shape + (indices == null ? "" : " at " + Arrays.toString(indices));
    }
}
