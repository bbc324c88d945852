package io.github.sparkbatchnorm.stats;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * What an accumulator of gradients knows of each slot but the count of its pairs: exact sums of dy and of dy*x, and
 * what pairs that are not finite make of them in IEEE arithmetic, whatever x is centred with.
 */
final class PairSums extends ChannelSink {
    /** Fields of 8 bytes in the canonical form, before the sums. */
    static final int FIELDS = 11;

    private final boolean ignoresNonFinite;

    /** Pairs left out because they are not finite. */
    private long[] ignored;

    private long[] nan;
    private long[] positiveInfinity;
    private long[] negativeInfinity;
    private long[] nanX;
    private long[] infiniteX;

    /** The IEEE sum of dy*x where dy is NaN or x is not finite: 0, an infinity or NaN. */
    private double[] special;

    /** Smallest and largest finite x where dy is +infinity, and where it is -infinity. */
    private double[] minAtPositive;

    private double[] maxAtPositive;
    private double[] minAtNegative;
    private double[] maxAtNegative;

    PairSums(int slots, boolean ignoresNonFinite) {
        super(slots);
        this.ignoresNonFinite = ignoresNonFinite;
        ignored = new long[slots];
        nan = new long[slots];
        positiveInfinity = new long[slots];
        negativeInfinity = new long[slots];
        nanX = new long[slots];
        infiniteX = new long[slots];
        special = new double[slots];
        minAtPositive = new double[slots];
        maxAtPositive = new double[slots];
        minAtNegative = new double[slots];
        maxAtNegative = new double[slots];
        Arrays.fill(minAtPositive, Double.POSITIVE_INFINITY);
        Arrays.fill(maxAtPositive, Double.NEGATIVE_INFINITY);
        Arrays.fill(minAtNegative, Double.POSITIVE_INFINITY);
        Arrays.fill(maxAtNegative, Double.NEGATIVE_INFINITY);
    }

    @Override
    void move(ChannelSlots.Move move) {
        exact.move(move);
        ignored = move.of(ignored);
        nan = move.of(nan);
        positiveInfinity = move.of(positiveInfinity);
        negativeInfinity = move.of(negativeInfinity);
        nanX = move.of(nanX);
        infiniteX = move.of(infiniteX);
        special = move.of(special, 0);
        minAtPositive = move.of(minAtPositive, Double.POSITIVE_INFINITY);
        maxAtPositive = move.of(maxAtPositive, Double.NEGATIVE_INFINITY);
        minAtNegative = move.of(minAtNegative, Double.POSITIVE_INFINITY);
        maxAtNegative = move.of(maxAtNegative, Double.NEGATIVE_INFINITY);
    }

    /** How many pairs were left out. */
    @Override
    long ignored(int slot) {
        return ignored[slot];
    }

    @Override
    void addEach(Block block, int lane, int channel) {
        int end = block.end(lane);
        for (int i = block.first() + lane; i < end; i += block.stride()) {
            add(channel, block.x(i), block.y(i));
        }
    }

    /** Adds a gradient and its product with a value. */
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

    @Override
    void addFrom(ByteBuffer in, int slot) {
        nan[slot] += in.getLong();
        positiveInfinity[slot] += in.getLong();
        negativeInfinity[slot] += in.getLong();
        nanX[slot] += in.getLong();
        infiniteX[slot] += in.getLong();
        special[slot] += in.getDouble();
        minAtPositive[slot] = Math.min(minAtPositive[slot], in.getDouble());
        maxAtPositive[slot] = Math.max(maxAtPositive[slot], in.getDouble());
        minAtNegative[slot] = Math.min(minAtNegative[slot], in.getDouble());
        maxAtNegative[slot] = Math.max(maxAtNegative[slot], in.getDouble());
        exact.addFrom(in, slot);
    }

    @Override
    int canonicalSize(int slot) {
        return (FIELDS - 1) * Long.BYTES + exact.canonicalSize(slot);
    }

    @Override
    void writeTo(ByteBuffer out, int slot) {
        out.putLong(nan[slot]).putLong(positiveInfinity[slot]).putLong(negativeInfinity[slot]);
        out.putLong(nanX[slot]).putLong(infiniteX[slot]);
        for (double[] value : new double[][] {special, minAtPositive, maxAtPositive, minAtNegative, maxAtNegative}) {
            // One form each of NaN and of zero.
            out.putLong(Double.doubleToLongBits(value[slot] + 0.0));
        }
        exact.writeTo(out, slot);
    }

    @Override
    long heapBytes() {
        return 88L * nan.length + exact.heapBytes();
    }
}
