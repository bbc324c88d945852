package io.github.sparkbatchnorm.stats;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * What an accumulator of gradients knows of each slot but the count of its pairs: exact sums of dy and of dy * x, and
 * what pairs that are not finite make of these sums in IEEE arithmetic, whatever mean x is centred with later.
 *
 * <p>Where dy is infinite and x finite, the sign of {@code dy * (x - mean)} depends on the mean; the minimum and the
 * maximum of such x tell it for any mean.
 */
final class PairSums extends ChannelSink {
    // The 8-byte fields of a channel's record, after its count. The exact sums of dy and of dy * x follow.
    static final int NAN = 1;
    static final int POSITIVE_INFINITY = 2;
    static final int NEGATIVE_INFINITY = 3;
    static final int NAN_X = 4;
    static final int INFINITE_X = 5;
    static final int SPECIAL = 6;
    static final int MIN_AT_POSITIVE = 7;
    static final int MAX_AT_POSITIVE = 8;
    static final int MIN_AT_NEGATIVE = 9;
    static final int MAX_AT_NEGATIVE = 10;
    static final int FIELDS = 11;

    private static final long BYTES_OF_SLOT = 11 * Long.BYTES;

    private final boolean ignoresNonFinite;

    /** How many pairs were left out because they are not finite. */
    private long[] ignored;

    private long[] nan;
    private long[] positiveInfinity;
    private long[] negativeInfinity;
    private long[] nanX;
    private long[] infiniteX;

    /** The IEEE sum of dy * x where dy is NaN or x is not finite: 0, an infinity or NaN. */
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

    @Override
    long ignored(int slot) {
        return ignored[slot];
    }

    @Override
    void addEach(BlockSums.Block block, int lane, int channel) {
        int end = block.end(lane);
        for (int i = block.first() + lane; i < end; i += block.stride()) {
            add(channel, block.x(i), block.y(i));
        }
    }

    /** Adds a gradient and its product with a value. */
    void add(int slot, double dy, double x) {
        boolean finiteX = Double.isFinite(x);
        boolean finiteDy = Double.isFinite(dy);
        if (ignoresNonFinite && !(finiteX && finiteDy)) {
            ignored[slot]++;
            return;
        }
        if (finiteDy && dy != 0) {
            exact.values(slot).add(dy);
            if (finiteX && x != 0) {
                exact.products(slot).addProduct(dy, x);
            }
        }
        if (!finiteX) {
            (Double.isNaN(x) ? nanX : infiniteX)[slot]++;
        }
        if (!finiteX || Double.isNaN(dy)) {
            special[slot] += dy * x;
        } else if (dy == Double.POSITIVE_INFINITY) {
            minAtPositive[slot] = Math.min(minAtPositive[slot], x);
            maxAtPositive[slot] = Math.max(maxAtPositive[slot], x);
        } else if (dy == Double.NEGATIVE_INFINITY) {
            minAtNegative[slot] = Math.min(minAtNegative[slot], x);
            maxAtNegative[slot] = Math.max(maxAtNegative[slot], x);
        }
        if (Double.isNaN(dy)) {
            nan[slot]++;
        } else if (!finiteDy) {
            (dy > 0 ? positiveInfinity : negativeInfinity)[slot]++;
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

    /**
     * Checks the counts and the form of the numbers of a channel's record.
     *
     * @throws IllegalArgumentException if no pairs have such a record
     */
    static void check(ByteBuffer in) {
        long count = in.getLong();
        long rest = count;
        long restX = count;
        for (int field = NAN; field < SPECIAL; field++) {
            long some = in.getLong();
            long left = (field < NAN_X ? rest : restX) - some;
            if (some < 0 || left < 0) {
                throw new IllegalArgumentException("count " + count + " with " + some + " pairs of kind " + field
                        + "; expected none below 0, and no more of all kinds than pairs");
            }
            if (field < NAN_X) {
                rest = left;
            } else {
                restX = left;
            }
        }
        for (int field = SPECIAL; field < FIELDS; field++) {
            long bits = in.getLong();
            double value = Double.longBitsToDouble(bits);
            if (bits != Double.doubleToLongBits(value + 0.0)) {
                throw new IllegalArgumentException("bits " + Long.toHexString(bits) + " for " + value
                        + "; expected the one form of NaN or of zero");
            }
        }
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
        return BYTES_OF_SLOT * nan.length + exact.heapBytes();
    }

    /** The IEEE sum of the dy that are not finite, in a run of records; 0 if all are finite. */
    static double infiniteSum(ChannelRecords records, int run) {
        double sum = records.longAt(run, NAN) > 0 ? Double.NaN : 0;
        sum += records.longAt(run, POSITIVE_INFINITY) > 0 ? Double.POSITIVE_INFINITY : 0;
        return sum + (records.longAt(run, NEGATIVE_INFINITY) > 0 ? Double.NEGATIVE_INFINITY : 0);
    }

    /** The IEEE sum of the dy * (x - mean) that are not finite, in a run of records; 0 if all are finite. */
    static double infiniteProducts(ChannelRecords records, int run, double mean, double meanLow) {
        double sum = records.doubleAt(run, SPECIAL);
        for (int sign = 1; sign >= -1; sign -= 2) {
            double min = records.doubleAt(run, sign > 0 ? MIN_AT_POSITIVE : MIN_AT_NEGATIVE);
            double max = records.doubleAt(run, sign > 0 ? MAX_AT_POSITIVE : MAX_AT_NEGATIVE);
            if (min <= max) {
                // The signs of x - mean at both ends: unequal ones, and 0, make NaN.
                sum += sign * Double.POSITIVE_INFINITY * Math.signum((min - mean) - meanLow);
                sum += sign * Double.POSITIVE_INFINITY * Math.signum((max - mean) - meanLow);
            }
        }
        return sum;
    }
}
