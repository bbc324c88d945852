package io.github.sparkbatchnorm.stats;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The values of one flat sample in their source, to be copied once to where they are summed. Used by the thread that
 * adds the sample, before the call returns.
 */
public interface SampleValues {
    /**
     * The type of the values.
     *
     * @return true for float, false for double
     */
    boolean isFloat();

    /**
     * Copies values that are next to each other.
     *
     * @param from flat index of the first value
     * @param to {@code float[]} or {@code double[]}, as {@link #isFloat()} says
     * @param offset index in {@code to} of the first value
     * @param length number of values
     */
    void copyTo(int from, Object to, int offset, int length);

    /**
     * The source as unsigned bytes.
     *
     * @return a buffer with an array, the values from its position to its limit; null if the source has another type
     */
    default @Nullable ByteBuffer unsignedBytes() {
        return null;
    }
}
