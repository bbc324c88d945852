package io.github.sparkbatchnorm.layer;

import io.github.sparkbatchnorm.stats.SampleShape;
import java.io.Serializable;

/** A function of a sample's values, each by the numbers of its channel. Immutable, so that threads can share it. */
public sealed interface SampleTransform extends Serializable permits ChannelTransform, InverseTransform {
    /** {@return C, the number of channels} */
    int channels();

    /**
     * Whether a value that is not finite is an error. The methods {@code apply} do not look for such a value: it is the
     * caller who checks, and who can name the row.
     *
     * @return true if the caller has to refuse a sample with such a value
     */
    boolean failsOnNonFinite();

    /**
     * Whether 0 gives 0 in every channel, so that a sparse sample stays sparse.
     *
     * @return true if values that a sparse sample does not name need not be looked at
     */
    default boolean keepsZeros() {
        for (int c = 0; c < channels(); c++) {
            if (apply(c, 0) != 0) {
                return false;
            }
        }
        return true;
    }

    /**
     * The result of one value.
     *
     * @param channel the channel of the value, from 0
     * @param value any double
     * @return the result, not rounded to float
     */
    double apply(int channel, double value);

    /**
     * The results of a flat sample.
     *
     * @param values in the order of the shape; they stay as they are
     * @param shape the sample's shape
     * @return a fresh array of the same length and order
     * @throws IllegalArgumentException if the number of values or channels does not fit
     */
    float[] apply(float[] values, SampleShape shape);

    /**
     * The results of a flat sample.
     *
     * @param values in the order of the shape; they stay as they are
     * @param shape the sample's shape
     * @return a fresh array of the same length and order
     * @throws IllegalArgumentException if the number of values or channels does not fit
     */
    double[] apply(double[] values, SampleShape shape);

    /**
     * Sets the results of a flat sample in an array at hand, to the same bits. Allocates nothing.
     *
     * @param values in the order of the shape; they stay as they are unless the results are put into the same array
     * @param shape the sample's shape
     * @param results takes the results, in the same order; may be the array of the values
     * @throws IllegalArgumentException if a number of values or channels does not fit; the results are then as they
     *     were
     */
    void apply(float[] values, SampleShape shape, float[] results);

    /**
     * Sets the results of a flat sample in an array at hand, to the same bits. Allocates nothing.
     *
     * @param values in the order of the shape; they stay as they are unless the results are put into the same array
     * @param shape the sample's shape
     * @param results takes the results, in the same order; may be the array of the values
     * @throws IllegalArgumentException if a number of values or channels does not fit; the results are then as they
     *     were
     */
    void apply(double[] values, SampleShape shape, double[] results);
}
