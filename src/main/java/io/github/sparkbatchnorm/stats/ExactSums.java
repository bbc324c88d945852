package io.github.sparkbatchnorm.stats;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Two exact sums a channel, of values and of products. Each is made when it gets its first value that is not 0: a
 * channel that sparse samples never name costs little.
 */
final class ExactSums {
    /** About an {@link ExactSum} with its limbs. */
    private static final int EXACT_SUM_BYTES = 100;

    private static final ExactSum ZERO = new ExactSum();

    private final @Nullable ExactSum[] values;
    private final @Nullable ExactSum[] products;
    private int made;

    ExactSums(int channels) {
        values = new ExactSum[channels];
        products = new ExactSum[channels];
    }

    ExactSum values(int channel) {
        return touch(values, channel);
    }

    ExactSum products(int channel) {
        return touch(products, channel);
    }

    private ExactSum touch(@Nullable ExactSum[] sums, int channel) {
        ExactSum sum = sums[channel];
        if (sum == null) {
            sum = new ExactSum();
            sums[channel] = sum;
            made++;
        }
        return sum;
    }

    /** Adds what {@link #writeTo} wrote. */
    void addFrom(ByteBuffer in, int channel) {
        (ExactSum.isZeroAt(in) ? ZERO : values(channel)).addFrom(in);
        (ExactSum.isZeroAt(in) ? ZERO : products(channel)).addFrom(in);
    }

    /** Bytes that {@link #writeTo} will write. Makes the sums canonical. */
    int canonicalSize(int channel) {
        return orZero(values[channel]).canonicalSize()
                + orZero(products[channel]).canonicalSize();
    }

    /** Writes the canonical form of a channel's sums. Call {@link #canonicalSize} first. */
    void writeTo(ByteBuffer out, int channel) {
        orZero(values[channel]).writeTo(out);
        orZero(products[channel]).writeTo(out);
    }

    private static ExactSum orZero(@Nullable ExactSum sum) {
        return sum == null ? ZERO : sum;
    }

    /** Bytes of the Java heap in use, about. */
    long heapBytes() {
        return 8L * values.length + (long) EXACT_SUM_BYTES * made;
    }
}
