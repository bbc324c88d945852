package io.github.sparkbatchnorm.stats;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What an accumulator knows of each channel but the count of its values: exact sums, minimum, maximum, counts of values
 * that are not finite.
 */
final class ChannelSums {
    /** About an {@link ExactSum} with its limbs. */
    private static final int EXACT_SUM_BYTES = 100;

    private static final ExactSum ZERO = new ExactSum();

    /** Made when a channel gets its first value that is not 0: what sparse samples never name costs little. */
    private final @Nullable ExactSum[] sums;

    private final @Nullable ExactSum[] squares;
    private final double[] min;
    private final double[] max;
    private final long[] nan;
    private final long[] positiveInfinity;
    private final long[] negativeInfinity;
    private int exactSums;

    ChannelSums(int channels) {
        sums = new ExactSum[channels];
        squares = new ExactSum[channels];
        min = new double[channels];
        max = new double[channels];
        Arrays.fill(min, Double.POSITIVE_INFINITY);
        Arrays.fill(max, Double.NEGATIVE_INFINITY);
        nan = new long[channels];
        positiveInfinity = new long[channels];
        negativeInfinity = new long[channels];
    }

    ExactSum sum(int channel) {
        return touch(sums, channel);
    }

    ExactSum squares(int channel) {
        return touch(squares, channel);
    }

    private ExactSum touch(@Nullable ExactSum[] exact, int channel) {
        ExactSum sum = exact[channel];
        if (sum == null) {
            sum = new ExactSum();
            exact[channel] = sum;
            exactSums++;
        }
        return sum;
    }

    /** Adds a value, exactly whatever it is. The slow way. */
    void add(int channel, double x) {
        if (Double.isFinite(x)) {
            widen(channel, x, x);
            if (x != 0) {
                sum(channel).add(x);
                squares(channel).addSquare(x);
            }
        } else if (Double.isNaN(x)) {
            nan[channel]++;
        } else {
            widen(channel, x, x);
            (x > 0 ? positiveInfinity : negativeInfinity)[channel]++;
        }
    }

    /** Takes in a minimum and a maximum; NaN is nothing. */
    void widen(int channel, double smallest, double largest) {
        if (smallest < min[channel]) {
            min[channel] = smallest;
        }
        if (largest > max[channel]) {
            max[channel] = largest;
        }
    }

    /** Adds what {@link #writeTo} wrote. */
    void addFrom(ByteBuffer in, int channel) {
        widen(channel, in.getDouble(), in.getDouble());
        nan[channel] += in.getLong();
        positiveInfinity[channel] += in.getLong();
        negativeInfinity[channel] += in.getLong();
        (ExactSum.isZeroAt(in) ? ZERO : sum(channel)).addFrom(in);
        (ExactSum.isZeroAt(in) ? ZERO : squares(channel)).addFrom(in);
    }

    /** Bytes that {@link #writeTo} will write. Makes the sums canonical. */
    int canonicalSize(int channel) {
        return 2 * Double.BYTES
                + 3 * Long.BYTES
                + orZero(sums[channel]).canonicalSize()
                + orZero(squares[channel]).canonicalSize();
    }

    /** Writes the canonical form of a channel. Call {@link #canonicalSize} first. */
    void writeTo(ByteBuffer out, int channel) {
        boolean none = min[channel] > max[channel];
        // Adding 0.0 makes 0.0 of -0.0.
        out.putDouble(none ? Double.NaN : min[channel] + 0.0).putDouble(none ? Double.NaN : max[channel] + 0.0);
        out.putLong(nan[channel]).putLong(positiveInfinity[channel]).putLong(negativeInfinity[channel]);
        orZero(sums[channel]).writeTo(out);
        orZero(squares[channel]).writeTo(out);
    }

    private static ExactSum orZero(@Nullable ExactSum sum) {
        return sum == null ? ZERO : sum;
    }

    /** Bytes of the Java heap in use, about. */
    long heapBytes() {
        return 56L * min.length + (long) EXACT_SUM_BYTES * exactSums;
    }
}
