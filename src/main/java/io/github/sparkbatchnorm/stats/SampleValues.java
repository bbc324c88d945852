package io.github.sparkbatchnorm.stats;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** The values of a flat sample that can be copied to where they are needed, which saves a copy in between. */
public interface SampleValues {
    /** Whether they are floats; else they are doubles. */
    boolean isFloat();

    /**
     * Copies some of them.
     *
     * @param from the flat index of the first
     * @param to {@code float[]} or {@code double[]}, as {@link #isFloat()} says
     * @param offset where the first one goes
     * @param length how many
     */
    void copyTo(int from, Object to, int offset, int length);

    /**
     * The values as unsigned bytes, from the position to the limit of a buffer that has an array, if that is what they
     * are; else null.
     */
    default @Nullable ByteBuffer unsignedBytes() {
        return null;
    }
}
