package io.github.sparkbatchnorm.stats;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * What an accumulator of gradients knows of each channel but the count of its pairs: exact sums of dy and of dy*x, and
 * what pairs that are not finite make of them in IEEE arithmetic, whatever x is centred with.
 */
final class PairSums extends LaneTarget {
    /** Fields of 8 bytes in the canonical form, before the sums. */
    static final int FIELDS = 11;

    private final boolean ignoresNonFinite;

    /** Pairs left out because they are not finite. */
    private final long[] ignored;

    private final long[] nan;
    private final long[] positiveInfinity;
    private final long[] negativeInfinity;
    private final long[] nanX;
    private final long[] infiniteX;

    /** The IEEE sum of dy*x where dy is NaN or x is not finite: 0, an infinity or NaN. */
    private final double[] special;

    /** Smallest and largest finite x where dy is +infinity, and where it is -infinity. */
    private final double[] minAtPositive;

    private final double[] maxAtPositive;
    private final double[] minAtNegative;
    private final double[] maxAtNegative;

    PairSums(int channels, boolean ignoresNonFinite) {
        super(channels);
        this.ignoresNonFinite = ignoresNonFinite;
        ignored = new long[channels];
        nan = new long[channels];
        positiveInfinity = new long[channels];
        negativeInfinity = new long[channels];
        nanX = new long[channels];
        infiniteX = new long[channels];
        special = new double[channels];
        minAtPositive = new double[channels];
        maxAtPositive = new double[channels];
        minAtNegative = new double[channels];
        maxAtNegative = new double[channels];
        Arrays.fill(minAtPositive, Double.POSITIVE_INFINITY);
        Arrays.fill(maxAtPositive, Double.NEGATIVE_INFINITY);
        Arrays.fill(minAtNegative, Double.POSITIVE_INFINITY);
        Arrays.fill(maxAtNegative, Double.NEGATIVE_INFINITY);
    }

    /** How many pairs of a channel were left out. */
    long ignored(int channel) {
        return ignored[channel];
    }

    @Override
    void widen(int channel, double smallest, double largest) {
        // Finite ranges of dy tell nothing.
    }

    @Override
    void add(int channel, double dy, double x) {
        boolean finiteX = Double.isFinite(x);
        boolean finiteDy = Double.isFinite(dy);
        if (ignoresNonFinite && !(finiteX && finiteDy)) {
            ignored[channel]++;
            return;
        }
        if (finiteDy && dy != 0) {
            exact.values(channel).add(dy);
            if (finiteX && x != 0) {
                exact.products(channel).addProduct(dy, x);
            }
        }
        if (!finiteX) {
            (Double.isNaN(x) ? nanX : infiniteX)[channel]++;
        }
        if (!finiteX || Double.isNaN(dy)) {
            special[channel] += dy * x;
        } else if (dy == Double.POSITIVE_INFINITY) {
            minAtPositive[channel] = Math.min(minAtPositive[channel], x);
            maxAtPositive[channel] = Math.max(maxAtPositive[channel], x);
        } else if (dy == Double.NEGATIVE_INFINITY) {
            minAtNegative[channel] = Math.min(minAtNegative[channel], x);
            maxAtNegative[channel] = Math.max(maxAtNegative[channel], x);
        }
        if (Double.isNaN(dy)) {
            nan[channel]++;
        } else if (!finiteDy) {
            (dy > 0 ? positiveInfinity : negativeInfinity)[channel]++;
        }
    }

    /** Adds what {@link #writeTo} wrote. */
    void addFrom(ByteBuffer in, int channel) {
        nan[channel] += in.getLong();
        positiveInfinity[channel] += in.getLong();
        negativeInfinity[channel] += in.getLong();
        nanX[channel] += in.getLong();
        infiniteX[channel] += in.getLong();
        special[channel] += in.getDouble();
        minAtPositive[channel] = Math.min(minAtPositive[channel], in.getDouble());
        maxAtPositive[channel] = Math.max(maxAtPositive[channel], in.getDouble());
        minAtNegative[channel] = Math.min(minAtNegative[channel], in.getDouble());
        maxAtNegative[channel] = Math.max(maxAtNegative[channel], in.getDouble());
        exact.addFrom(in, channel);
    }

    /** Bytes that {@link #writeTo} will write. Makes the sums canonical. */
    int canonicalSize(int channel) {
        return (FIELDS - 1) * Long.BYTES + exact.canonicalSize(channel);
    }

    /** Writes the canonical form of a channel. Call {@link #canonicalSize} first. */
    void writeTo(ByteBuffer out, int channel) {
        out.putLong(nan[channel]).putLong(positiveInfinity[channel]).putLong(negativeInfinity[channel]);
        out.putLong(nanX[channel]).putLong(infiniteX[channel]);
        for (double[] value : new double[][] {special, minAtPositive, maxAtPositive, minAtNegative, maxAtNegative}) {
            // One form each of NaN and of zero.
            out.putLong(Double.doubleToLongBits(value[channel] + 0.0));
        }
        exact.writeTo(out, channel);
    }

    /** Bytes of the Java heap in use, about. */
    long heapBytes() {
        return 88L * nan.length + exact.heapBytes();
    }
}
