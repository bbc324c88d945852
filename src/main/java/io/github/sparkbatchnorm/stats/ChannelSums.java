package io.github.sparkbatchnorm.stats;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * What an accumulator of moments knows of each channel but the count of its values: exact sums of values and of their
 * squares, minimum, maximum, counts of values that are not finite.
 */
final class ChannelSums extends LaneTarget {
    private final double[] min;
    private final double[] max;
    private final long[] nan;
    private final long[] positiveInfinity;
    private final long[] negativeInfinity;

    ChannelSums(int channels) {
        super(channels);
        min = new double[channels];
        max = new double[channels];
        Arrays.fill(min, Double.POSITIVE_INFINITY);
        Arrays.fill(max, Double.NEGATIVE_INFINITY);
        nan = new long[channels];
        positiveInfinity = new long[channels];
        negativeInfinity = new long[channels];
    }

    /** Adds a value and its square. */
    void add(int channel, double x) {
        if (Double.isFinite(x)) {
            widen(channel, x, x);
            if (x != 0) {
                exact.values(channel).add(x);
                exact.products(channel).addProduct(x, x);
            }
        } else if (Double.isNaN(x)) {
            nan[channel]++;
        } else {
            widen(channel, x, x);
            (x > 0 ? positiveInfinity : negativeInfinity)[channel]++;
        }
    }

    @Override
    void add(int channel, double x, double sameX) {
        add(channel, x);
    }

    /** Takes in a minimum and a maximum; NaN is nothing. */
    @Override
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
        exact.addFrom(in, channel);
    }

    /** Bytes that {@link #writeTo} will write. Makes the sums canonical. */
    int canonicalSize(int channel) {
        return 2 * Double.BYTES + 3 * Long.BYTES + exact.canonicalSize(channel);
    }

    /** Writes the canonical form of a channel. Call {@link #canonicalSize} first. */
    void writeTo(ByteBuffer out, int channel) {
        boolean none = min[channel] > max[channel];
        // Adding 0.0 makes 0.0 of -0.0.
        out.putDouble(none ? Double.NaN : min[channel] + 0.0).putDouble(none ? Double.NaN : max[channel] + 0.0);
        out.putLong(nan[channel]).putLong(positiveInfinity[channel]).putLong(negativeInfinity[channel]);
        exact.writeTo(out, channel);
    }

    /** Bytes of the Java heap in use, about. */
    long heapBytes() {
        return 40L * min.length + exact.heapBytes();
    }
}
