package io.github.sparkbatchnorm.stats;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;

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
    private static final long NAN_BITS = 0x7FF8_0000_0000_0000L;
    private static final long MINUS_ZERO_BITS = Long.MIN_VALUE;

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
        boolean none = extremesUnknown || min[slot] > max[slot];
        // Adding 0.0 makes 0.0 of -0.0.
        out.putDouble(none ? Double.NaN : min[slot] + 0.0).putDouble(none ? Double.NaN : max[slot] + 0.0);
        out.putLong(nan[slot]).putLong(positiveInfinity[slot]).putLong(negativeInfinity[slot]);
        exact.writeTo(out, slot);
    }

    @Override
    long heapBytes() {
        return BYTES_OF_SLOT * min.length + exact.heapBytes();
    }

    /**
     * The records of the values that remain when those of {@code less} are taken away. Minimum and maximum are unknown.
     *
     * @param all records of as many channels
     * @throws IllegalArgumentException if no values remain that have such records
     */
    static ChannelRecords difference(ChannelRecords all, ChannelRecords less) {
        ChannelRuns runs = all.runs().split(less.runs());
        long[] counts = new long[runs.count()];
        MomentSums sums = new MomentSums(counts.length);
        sums.extremesUnknown = true;
        ByteBuffer inAll = all.buffer();
        ByteBuffer inLess = less.buffer();
        long size = 0;
        for (int run = 0; run < counts.length; run++) {
            inAll.position(all.offset(all.runs().of(runs.start(run))));
            inLess.position(less.offset(less.runs().of(runs.start(run))));
            counts[run] = inAll.getLong() - inLess.getLong();
            sums.addFrom(inLess, run);
            sums.negate(run);
            sums.addFrom(inAll, run);
            size += Long.BYTES + sums.canonicalSize(run);
        }
        ChannelRecords.Builder records = new ChannelRecords.Builder(runs.channels(), counts.length, FIELDS, size, true);
        ByteBuffer out = records.record();
        for (int run = 0; run < counts.length; run++) {
            int start = out.position();
            out.putLong(counts[run]);
            sums.writeTo(out, run);
            try {
                check(out.duplicate().position(start), true);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(
                        "the difference has in channel " + runs.start(run) + ": " + e.getMessage()
                                + "; only values that were added can be subtracted",
                        e);
            }
            records.endRun(runs.end(run));
        }
        return records.build();
    }

    private void negate(int slot) {
        nan[slot] = -nan[slot];
        positiveInfinity[slot] = -positiveInfinity[slot];
        negativeInfinity[slot] = -negativeInfinity[slot];
        exact.negate(slot);
    }

    /**
     * Checks that the numbers of a channel's record agree, as those of all values do.
     *
     * @param in at the record, whose sums are in canonical form
     * @throws IllegalArgumentException if no values have such a record
     */
    static void check(ByteBuffer in, boolean extremesUnknown) {
        long count = in.getLong();
        long minBits = in.getLong();
        long maxBits = in.getLong();
        long nan = in.getLong();
        long positive = in.getLong();
        long negative = in.getLong();
        long finite = count - nan - positive - negative; // overflows only if one of the next conditions holds
        if (count < 0
                || nan < 0
                || positive < 0
                || negative < 0
                || nan > count
                || positive > count - nan
                || finite < 0) {
            throw new IllegalArgumentException(
                    "count " + count + " with " + nan + " NaN, " + positive + " +infinity and " + negative
                            + " -infinity; expected none below 0, and no more of these than values");
        }
        if (extremesUnknown || nan == count) {
            if (minBits != NAN_BITS || maxBits != NAN_BITS) {
                throw new IllegalArgumentException(extremes(minBits, maxBits) + "; expected twice the bits "
                        + HexFormat.of().toHexDigits(NAN_BITS) + " where there are none");
            }
        } else {
            checkExtremes(minBits, maxBits, finite, positive > 0, negative > 0);
        }
        checkSums(
                finite,
                ExactSum.readScaled(in),
                ExactSum.readScaled(in),
                Double.longBitsToDouble(minBits),
                Double.longBitsToDouble(maxBits));
    }

    private static void checkExtremes(long minBits, long maxBits, long finite, boolean positive, boolean negative) {
        double min = Double.longBitsToDouble(minBits);
        double max = Double.longBitsToDouble(maxBits);
        boolean fit = fits(min, negative, Double.NEGATIVE_INFINITY, finite)
                && fits(max, positive, Double.POSITIVE_INFINITY, finite)
                && min <= max;
        boolean oneValue = finite == 1 && !positive && !negative;
        if (!fit || (oneValue && min < max)) {
            throw new IllegalArgumentException(extremes(minBits, maxBits) + " of " + finite + " finite values, "
                    + (positive ? "some" : "no") + " +infinity and " + (negative ? "some" : "no")
                    + " -infinity; expected those of such values");
        }
        if (minBits == MINUS_ZERO_BITS || maxBits == MINUS_ZERO_BITS) {
            throw new IllegalArgumentException(extremes(minBits, maxBits) + "; expected 0.0 for zero");
        }
    }

    /**
     * Whether an extreme is the infinity on its side if that is among the values, and the other one if all are that.
     */
    private static boolean fits(double extreme, boolean infinite, double infinity, long finite) {
        if (infinite) {
            return extreme == infinity;
        }
        return finite > 0 ? Double.isFinite(extreme) : extreme == -infinity;
    }

    private static String extremes(long minBits, long maxBits) {
        return "minimum " + Double.longBitsToDouble(minBits) + " and maximum " + Double.longBitsToDouble(maxBits);
    }

    /**
     * Checks sums of f values from {@code min} to {@code max}: {@code f sumOfSquares >= sum^2}, {@code f min <= sum <=
     * f max} and {@code m^2 <= sumOfSquares <= f m^2}, where m is the larger of |min| and |max|. An extreme that is not
     * finite says nothing of the finite values.
     */
    private static void checkSums(long finite, Scaled sum, Scaled squares, double min, double max) {
        if (finite == 0) {
            if (sum.integer().signum() != 0 || squares.integer().signum() != 0) {
                throw wrongSums(finite, sum, squares, "0");
            }
            return;
        }
        BigInteger f = BigInteger.valueOf(finite);
        if (squares.times(f).compareTo(sum.times(sum)) < 0) {
            throw wrongSums(finite, sum, squares, "at least sum^2 / " + finite + " as the sum of squares");
        }
        double lowest = Double.isFinite(min) ? min : -Double.MAX_VALUE;
        double highest = Double.isFinite(max) ? max : Double.MAX_VALUE;
        double present = Math.max(Double.isFinite(min) ? Math.abs(min) : 0, Double.isFinite(max) ? Math.abs(max) : 0);
        double largest = Math.max(-lowest, highest);
        if (sum.compareTo(Scaled.of(lowest).times(f)) < 0
                || sum.compareTo(Scaled.of(highest).times(f)) > 0
                || squares.compareTo(square(present)) < 0
                || squares.compareTo(square(largest).times(f)) > 0) {
            throw wrongSums(finite, sum, squares, "those of values from " + lowest + " to " + highest);
        }
    }

    private static Scaled square(double x) {
        Scaled exact = Scaled.of(x);
        return exact.times(exact);
    }

    private static IllegalArgumentException wrongSums(long finite, Scaled sum, Scaled squares, String expected) {
        return new IllegalArgumentException("sum " + sum.dividedBy(BigInteger.ONE) + " and sum of squares "
                + squares.dividedBy(BigInteger.ONE) + " of " + finite + " finite values; expected " + expected);
    }
}
