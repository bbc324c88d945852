package io.github.sparkbatchnorm.stats;

import java.io.Serializable;
import java.math.BigInteger;
import java.util.Objects;

/**
 * Exact sums of dy and of dy*x of each channel, for values x and the gradients dy of a loss with respect to what was
 * made of them; immutable. From these come {@code sum(dy)} and, for any mean, {@code sum(dy * (x - mean)) = sum(dy * x)
 * - mean * sum(dy)}, subtracted exactly and rounded once.
 *
 * <p>The same pairs give an equal object whatever their order, their grouping and the way they came in: equality is
 * equality of {@linkplain #toBytes() canonical bytes}. Pairs that are not finite make the sums what IEEE arithmetic
 * makes them, or are left out: the accumulator's choice.
 */
public final class GradientSums implements Serializable {
    private static final long serialVersionUID = 1L;

    /** Fields of a channel's record: the count, and what {@link PairSums#writeTo} writes. */
    private static final int COUNT = 0;

    private static final int NAN = 1;
    private static final int POSITIVE_INFINITY = 2;
    private static final int NEGATIVE_INFINITY = 3;
    private static final int NAN_X = 4;
    private static final int INFINITE_X = 5;
    private static final int SPECIAL = 6;
    private static final int MIN_AT_POSITIVE = 7;
    private static final int MAX_AT_POSITIVE = 8;
    private static final int MIN_AT_NEGATIVE = 9;
    private static final int MAX_AT_NEGATIVE = 10;

    private final ChannelRecords records;

    private GradientSums(ChannelRecords records) {
        this.records = records;
    }

    /** The sums of no pairs at all. */
    public static GradientSums empty(int channels) {
        return new Accumulator(channels, false).snapshot();
    }

    /**
     * The sums that {@link #toBytes()} wrote.
     *
     * @throws IllegalArgumentException if the bytes are not of that form
     */
    public static GradientSums fromBytes(byte[] bytes) {
        return new GradientSums(ChannelRecords.fromBytes(bytes, PairSums.FIELDS));
    }

    /**
     * The sums that {@link #toCompactBytes()} gave.
     *
     * @throws IllegalArgumentException if the bytes are not of that form
     */
    public static GradientSums fromCompactBytes(byte[] bytes) {
        return new GradientSums(ChannelRecords.fromCompactBytes(bytes, PairSums.FIELDS));
    }

    /**
     * The canonical bytes, a fresh array: for each channel counts, what is not finite, and the two exact sums.
     *
     * @throws IllegalStateException if there are more than an array holds
     */
    public byte[] toBytes() {
        return records.toBytes();
    }

    /**
     * The bytes that travel, a fresh array: channels next to each other with the same sums have one record. Only for
     * {@link #fromCompactBytes} of the same version.
     */
    public byte[] toCompactBytes() {
        return records.toCompactBytes();
    }

    /** C, the number of channels. */
    public int channels() {
        return records.channels();
    }

    /** How many bytes are held and sent. */
    public long bytes() {
        return records.size();
    }

    private int run(int channel) {
        return records.runs().of(channel);
    }

    /** The pairs summed, those that are not finite included unless they were left out. */
    public long count(int channel) {
        return records.longAt(run(channel), COUNT);
    }

    /** How many dy were NaN. */
    public long nanCount(int channel) {
        return records.longAt(run(channel), NAN);
    }

    /** How many dy were an infinity of either sign. */
    public long infinityCount(int channel) {
        return records.longAt(run(channel), POSITIVE_INFINITY) + records.longAt(run(channel), NEGATIVE_INFINITY);
    }

    /** How many x were NaN. */
    public long inputNanCount(int channel) {
        return records.longAt(run(channel), NAN_X);
    }

    /** How many x were an infinity of either sign. */
    public long inputInfinityCount(int channel) {
        return records.longAt(run(channel), INFINITE_X);
    }

    /** {@code sum(dy)}, correctly rounded. */
    public double sum(int channel) {
        return mean(channel, 1);
    }

    /** {@code sum(dy) / n}, correctly rounded; 0 if there are no pairs. */
    public double mean(int channel, long n) {
        double infinite = infiniteSum(channel);
        if (infinite != 0) {
            return infinite;
        }
        return count(channel) == 0 ? 0 : records.firstSum(run(channel)).dividedBy(BigInteger.valueOf(n));
    }

    /** What rounding took from {@link #mean}: {@code RN(sum(dy) / n - mean)}; 0 where that is not finite. */
    public double meanLow(int channel, long n) {
        double mean = mean(channel, n);
        if (count(channel) == 0 || !Double.isFinite(mean)) {
            return 0;
        }
        return records.firstSum(run(channel)).lowOf(mean, BigInteger.valueOf(n));
    }

    /**
     * {@code factor * sum(dy * (x - mean - meanLow)) / n}, exact but for one rounding at the end, so that it neither
     * overflows on the way nor cancels. 0 if there are no pairs; NaN if the mean or the factor is not finite.
     *
     * @param mean the mean of x, and what rounding took from it
     * @param factor what the sum is multiplied with
     * @param n what it is divided by, 1 or more
     */
    public double centredProducts(int channel, double mean, double meanLow, double factor, long n) {
        if (count(channel) == 0) {
            return 0;
        }
        if (!Double.isFinite(mean) || !Double.isFinite(meanLow)) {
            return Double.NaN;
        }
        double infinite = infiniteProducts(channel, mean, meanLow);
        if (infinite != 0) {
            return infinite * factor;
        }
        ExactSum.Scaled sum = records.firstSum(run(channel));
        ExactSum.Scaled centred = records.secondSum(run(channel))
                .minus(sum.times(ExactSum.Scaled.of(mean)))
                .minus(sum.times(ExactSum.Scaled.of(meanLow)));
        BigInteger divisor = BigInteger.valueOf(n);
        return Double.isFinite(factor)
                ? centred.times(ExactSum.Scaled.of(factor)).dividedBy(divisor)
                : centred.dividedBy(divisor) * factor;
    }

    /** The IEEE sum of the dy that are not finite; 0 if all are. */
    private double infiniteSum(int channel) {
        double sum = nanCount(channel) > 0 ? Double.NaN : 0;
        sum += records.longAt(run(channel), POSITIVE_INFINITY) > 0 ? Double.POSITIVE_INFINITY : 0;
        return sum + (records.longAt(run(channel), NEGATIVE_INFINITY) > 0 ? Double.NEGATIVE_INFINITY : 0);
    }

    /** The IEEE sum of the dy * (x - mean) that are not finite; 0 if all are. */
    private double infiniteProducts(int channel, double mean, double meanLow) {
        double sum = records.doubleAt(run(channel), SPECIAL);
        for (int sign = 1; sign >= -1; sign -= 2) {
            double min = records.doubleAt(run(channel), sign > 0 ? MIN_AT_POSITIVE : MIN_AT_NEGATIVE);
            double max = records.doubleAt(run(channel), sign > 0 ? MAX_AT_POSITIVE : MAX_AT_NEGATIVE);
            if (min <= max) {
                // The signs of x - mean at both ends: unequal ones, and 0, make NaN.
                sum += sign * Double.POSITIVE_INFINITY * Math.signum((min - mean) - meanLow);
                sum += sign * Double.POSITIVE_INFINITY * Math.signum((max - mean) - meanLow);
            }
        }
        return sum;
    }

    /**
     * The sums of the pairs of both. Associative and commutative to the bit.
     *
     * @throws IllegalArgumentException if the numbers of channels differ
     */
    public GradientSums combine(GradientSums other) {
        Accumulator sum = new Accumulator(channels(), false);
        sum.addAll(this);
        sum.addAll(other);
        return sum.snapshot();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof GradientSums that && records.equals(that.records);
    }

    @Override
    public int hashCode() {
        return records.hashCode();
    }

    @Override
    public String toString() {
        return "GradientSums[" + channels() + " channels, " + records.size() + " bytes]";
    }

    /**
     * Collects pairs of values and gradients. Not thread-safe.
     *
     * <p>Samples are copied, never kept or written to. They wait in a block (at most 128 values of a lane) that is
     * summed as a whole; {@link #snapshot()} takes what waits into account and leaves the accumulator usable.
     */
    public static final class Accumulator {
        private final SlottedSums<PairSums> channels;
        private final PairSums sums;
        private final SampleBlocks blocks;

        /**
         * An accumulator of no pairs.
         *
         * @param ignoresNonFinite whether pairs with a value or gradient that is not finite are left out
         */
        public Accumulator(int channels, boolean ignoresNonFinite) {
            this(channels, ignoresNonFinite, new Workspace());
        }

        /**
         * An accumulator of no pairs that shares scratch memory with others of the same thread.
         *
         * @param ignoresNonFinite whether pairs with a value or gradient that is not finite are left out
         */
        public Accumulator(int channels, boolean ignoresNonFinite, Workspace workspace) {
            this.channels =
                    new SlottedSums<>(channels, PairSums.FIELDS, slots -> new PairSums(slots, ignoresNonFinite));
            sums = this.channels.sums();
            blocks = new SampleBlocks(channels, sums, workspace);
        }

        /** C, the number of channels. */
        public int channels() {
            return channels.channels();
        }

        /**
         * Adds one flat sample and its gradients.
         *
         * @throws IllegalArgumentException if lengths or channels do not fit
         */
        public void add(float[] x, float[] dy, SampleShape shape) {
            addDense(x, x.length, dy, dy.length, shape);
        }

        /**
         * Adds one flat sample and its gradients.
         *
         * @throws IllegalArgumentException if lengths or channels do not fit
         */
        public void add(double[] x, double[] dy, SampleShape shape) {
            addDense(x, x.length, dy, dy.length, shape);
        }

        private void addDense(Object x, int xLength, Object dy, int dyLength, SampleShape shape) {
            if (shape.channels() != channels() || xLength != shape.length() || dyLength != shape.length()) {
                throw new IllegalArgumentException("sample of " + xLength + " values, " + dyLength
                        + " gradients and shape " + shape + "; expected " + shape.length() + " of both and "
                        + channels()
                        + " channels");
            }
            channels.countDense(shape.spatialSize());
            blocks.add(dy, x, shape);
        }

        /**
         * Adds one sample and its gradients, each given by its values at some flat indices in ascending order; the
         * others are 0. Costs nothing for what neither names.
         *
         * @throws IllegalArgumentException if the shape or the numbers of values do not fit
         * @throws IndexOutOfBoundsException if an index does not fit
         */
        public void addSparse(int[] xIndices, double[] x, int[] dyIndices, double[] dy, SampleShape shape) {
            if (shape.channels() != channels() || xIndices.length != x.length || dyIndices.length != dy.length) {
                throw new IllegalArgumentException("sparse sample of " + xIndices.length + " indices, " + x.length
                        + " values, " + dyIndices.length + " indices, " + dy.length + " gradients and shape " + shape
                        + "; expected as many values as indices, and " + channels() + " channels");
            }
            channels.countSparse(shape.spatialSize());
            int i = 0;
            int j = 0;
            while (i < x.length || j < dy.length) {
                int xIndex = i < x.length ? xIndices[i] : Integer.MAX_VALUE;
                int dyIndex = j < dy.length ? dyIndices[j] : Integer.MAX_VALUE;
                int index = Objects.checkIndex(Math.min(xIndex, dyIndex), shape.length());
                int slot = channels.slotOfNamed(shape.channelOf(index));
                sums.add(slot, dyIndex == index ? dy[j++] : 0, xIndex == index ? x[i++] : 0);
            }
        }

        /** Adds one pair to one channel; the other channels get none. */
        public void add(int channel, double x, double dy) {
            sums.add(channels.slotOfExtra(Objects.checkIndex(channel, channels())), dy, x);
        }

        /**
         * Adds the pairs of other sums.
         *
         * @throws IllegalArgumentException if the numbers of channels differ
         */
        public void addAll(GradientSums other) {
            if (other.channels() != channels()) {
                throw new IllegalArgumentException(
                        "sums of " + other.channels() + " channels cannot be added to " + channels());
            }
            channels.addAll(other.records);
        }

        /** The sums of all pairs so far. */
        public GradientSums snapshot() {
            blocks.flush();
            return new GradientSums(channels.records());
        }

        /** Bytes of the Java heap in use, about: what a caller that keeps many accumulators has to add up. */
        public long heapBytes() {
            return channels.heapBytes() + blocks.heapBytes();
        }
    }
}
