package io.github.sparkbatchnorm.stats;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * What an accumulator of moments knows of each slot but the count of its values: exact sums of values and of their
 * squares, minimum, maximum, and counts of values that are not finite.
 */
final class MomentSums extends ChannelSink {
    // The 8-byte fields of a channel's record, after its count. The exact sums of values and of squares follow.
    static final int MIN = 1;
    static final int MAX = 2;
    static final int NAN = 3;
    static final int POSITIVE_INFINITY = 4;
    static final int NEGATIVE_INFINITY = 5;
    static final int FIELDS = 6;

    private static final long BYTES_OF_SLOT = 5 * Long.BYTES;

    private double[] min;
    private double[] max;
    private long[] nan;
    private long[] positiveInfinity;
    private long[] negativeInfinity;

    MomentSums(int slots) {
        super(slots);
        min = new double[slots];
        max = new double[slots];
        Arrays.fill(min, Double.POSITIVE_INFINITY);
        Arrays.fill(max, Double.NEGATIVE_INFINITY);
        nan = new long[slots];
        positiveInfinity = new long[slots];
        negativeInfinity = new long[slots];
    }

    @Override
    void move(ChannelSlots.Move move) {
        exact.move(move);
        min = move.of(min, Double.POSITIVE_INFINITY);
        max = move.of(max, Double.NEGATIVE_INFINITY);
        nan = move.of(nan);
        positiveInfinity = move.of(positiveInfinity);
        negativeInfinity = move.of(negativeInfinity);
    }

    /** Adds a value and its square. */
    void add(int slot, double x) {
        if (Double.isFinite(x)) {
            widen(slot, x, x);
            if (x != 0) {
                exact.values(slot).add(x);
                exact.products(slot).addProduct(x, x);
            }
        } else if (Double.isNaN(x)) {
            nan[slot]++;
        } else {
            widen(slot, x, x);
            (x > 0 ? positiveInfinity : negativeInfinity)[slot]++;
        }
    }

    @Override
    void addEach(BlockSums.Block block, int lane, int channel) {
        int end = block.end(lane);
        for (int i = block.first() + lane; i < end; i += block.stride()) {
            add(channel, block.x(i));
        }
    }

    /** Takes in a minimum and a maximum; NaN changes nothing. */
    @Override
    void widen(int slot, double smallest, double largest) {
        if (smallest < min[slot]) {
            min[slot] = smallest;
        }
        if (largest > max[slot]) {
            max[slot] = largest;
        }
    }

    @Override
    void addFrom(ByteBuffer in, int slot) {
        widen(slot, in.getDouble(), in.getDouble());
        nan[slot] += in.getLong();
        positiveInfinity[slot] += in.getLong();
        negativeInfinity[slot] += in.getLong();
        exact.addFrom(in, slot);
    }

    @Override
    int canonicalSize(int slot) {
        return (FIELDS - 1) * Long.BYTES + exact.canonicalSize(slot);
    }

    @Override
    void writeTo(ByteBuffer out, int slot) {
        boolean none = min[slot] > max[slot];
        // Adding 0.0 makes 0.0 of -0.0.
        out.putDouble(none ? Double.NaN : min[slot] + 0.0).putDouble(none ? Double.NaN : max[slot] + 0.0);
        out.putLong(nan[slot]).putLong(positiveInfinity[slot]).putLong(negativeInfinity[slot]);
        exact.writeTo(out, slot);
    }

    @Override
    long heapBytes() {
        return BYTES_OF_SLOT * min.length + exact.heapBytes();
    }
}
