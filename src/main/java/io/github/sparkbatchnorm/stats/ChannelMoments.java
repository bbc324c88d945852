package io.github.sparkbatchnorm.stats;

import java.io.Serializable;
import java.security.MessageDigest;
import java.util.Objects;

/**
 * Count, exact sum and exact sum of squares of each channel, with minimum, maximum and the counts of NaN and
 * infinities; immutable.
 *
 * <p>The same values give an equal object whatever their order, their grouping and the way they came in: equality is
 * equality of {@linkplain #toBytes() canonical bytes}.
 *
 * <p>Usually under 100 bytes a channel; neighbours with the same numbers, as those that sparse samples do not name, are
 * held and sent once. {@link Accumulator} is the mutable companion.
 */
public final class ChannelMoments implements Serializable {
    private static final long serialVersionUID = 1L;

    /** Fields of a channel's record, as {@link MomentSums#writeTo} writes it. The two exact sums follow. */
    private static final int COUNT = 0;

    private static final int MIN = 1;
    private static final int MAX = 2;
    private static final int NAN = 3;
    private static final int POSITIVE_INFINITY = 4;
    private static final int NEGATIVE_INFINITY = 5;
    private static final int FIELDS = 6;

    private final ChannelRecords records;

    private ChannelMoments(ChannelRecords records) {
        this.records = records;
    }

    /** The moments of no values at all. */
    public static ChannelMoments empty(int channels) {
        return new Accumulator(channels).snapshot();
    }

    /**
     * The moments that {@link #toBytes()} wrote.
     *
     * @throws IllegalArgumentException if the bytes are not of that form
     */
    public static ChannelMoments fromBytes(byte[] bytes) {
        return new ChannelMoments(ChannelRecords.fromBytes(bytes, FIELDS));
    }

    /**
     * The moments that {@link #toCompactBytes()} gave.
     *
     * @throws IllegalArgumentException if the bytes are not of that form
     */
    public static ChannelMoments fromCompactBytes(byte[] bytes) {
        return new ChannelMoments(ChannelRecords.fromCompactBytes(bytes, FIELDS));
    }

    /**
     * The canonical bytes, a fresh array. All numbers are big-endian. First the number of channels (int32); then for
     * each channel n (int64), min and max (float64, NaN as {@code 7ff8000000000000}, zero as {@code 0000000000000000}),
     * the counts of NaN, +infinity and -infinity (int64 each), the exact sum and the exact sum of squares of the finite
     * values.
     *
     * <p>An exact sum is the integer {@code w * 2^(32 k)}: k (int32), the number of 32-bit words of w (int32), and w in
     * two's complement, most significant word first. Neither the lowest word is zero nor the highest redundant, so each
     * number has one form; zero is k = 0 and no words.
     *
     * @throws IllegalStateException if there are more than an array holds
     */
    public byte[] toBytes() {
        return records.toBytes();
    }

    /**
     * The bytes that travel, a fresh array: channels next to each other with the same numbers have one record. Only for
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

    /** Channels whose numbers are held: of neighbours with the same numbers one. What memory and messages grow with. */
    public int heldChannels() {
        return runs().count();
    }

    /** All values seen, those that are not finite included. */
    public long count(int channel) {
        return records.longAt(run(channel), COUNT);
    }

    /** Values that are neither NaN nor infinite. */
    public long finiteCount(int channel) {
        return count(channel) - nanCount(channel) - positiveInfinityCount(channel) - negativeInfinityCount(channel);
    }

    /** How many values were NaN. */
    public long nanCount(int channel) {
        return records.longAt(run(channel), NAN);
    }

    /** How many values were +infinity. */
    public long positiveInfinityCount(int channel) {
        return records.longAt(run(channel), POSITIVE_INFINITY);
    }

    /** How many values were -infinity. */
    public long negativeInfinityCount(int channel) {
        return records.longAt(run(channel), NEGATIVE_INFINITY);
    }

    /** The smallest value that is not NaN; NaN if there is none. */
    public double min(int channel) {
        return records.doubleAt(run(channel), MIN);
    }

    /** The largest value that is not NaN; NaN if there is none. */
    public double max(int channel) {
        return records.doubleAt(run(channel), MAX);
    }

    /** Whether no channel saw a value. */
    public boolean isEmpty() {
        for (int run = 0; run < runs().count(); run++) {
            if (records.longAt(run, COUNT) > 0) {
                return false;
            }
        }
        return true;
    }

    /**
     * Mean and variance over all values, as IEEE arithmetic has them: a channel that saw a NaN has mean NaN, one that
     * saw infinities of one sign has that infinity, and either has variance NaN.
     */
    public ChannelStatistics statistics() {
        return new ChannelStatistics(this, false);
    }

    /** Mean and variance over the finite values alone; n is their number. */
    public ChannelStatistics finiteStatistics() {
        return new ChannelStatistics(this, true);
    }

    /**
     * The moments of the values of both. Associative and commutative to the bit.
     *
     * @throws IllegalArgumentException if the numbers of channels differ
     */
    public ChannelMoments combine(ChannelMoments other) {
        Accumulator sum = new Accumulator(channels());
        sum.addAll(this);
        sum.addAll(other);
        return sum.snapshot();
    }

    /** The exact sum of a channel's finite values. */
    ExactSum.Scaled sum(int channel) {
        return records.firstSum(run(channel));
    }

    /** The exact sum of the squares of a channel's finite values. */
    ExactSum.Scaled sumOfSquares(int channel) {
        return records.secondSum(run(channel));
    }

    /** Channels of which all numbers are the same. */
    ChannelRuns runs() {
        return records.runs();
    }

    private int run(int channel) {
        return runs().of(channel);
    }

    /** Puts what follows the number of channels in {@link #toBytes} into a hash. */
    void updateRecords(MessageDigest hash) {
        records.update(hash);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ChannelMoments that && records.equals(that.records);
    }

    @Override
    public int hashCode() {
        return records.hashCode();
    }

    @Override
    public String toString() {
        return "ChannelMoments[" + channels() + " channels, " + records.size() + " bytes]";
    }

    /**
     * Collects values. Not thread-safe.
     *
     * <p>Memory is taken for the channels that samples name; a dense one names all.
     *
     * <p>Samples are copied, never kept or written to. Dense samples wait in a block (at most 128 values of a lane)
     * that is summed as a whole; {@link #snapshot()} takes what waits into account and leaves the accumulator usable.
     */
    public static final class Accumulator {
        private final SlottedSums<MomentSums> channels;
        private final MomentSums sums;
        private final SampleBlocks blocks;

        /** An accumulator of no values. */
        public Accumulator(int channels) {
            this(channels, new Workspace());
        }

        /** An accumulator of no values that shares scratch memory with others of the same thread. */
        public Accumulator(int channels, Workspace workspace) {
            this.channels = new SlottedSums<>(channels, FIELDS, MomentSums::new);
            sums = this.channels.sums();
            blocks = new SampleBlocks(channels, sums, workspace);
        }

        /** C, the number of channels. */
        public int channels() {
            return channels.channels();
        }

        /**
         * Adds one flat sample.
         *
         * @throws IllegalArgumentException if its length or channels do not fit
         */
        public void add(float[] sample, SampleShape shape) {
            addDense(sample, sample.length, shape);
        }

        /**
         * Adds one flat sample.
         *
         * @throws IllegalArgumentException if its length or channels do not fit
         */
        public void add(double[] sample, SampleShape shape) {
            addDense(sample, sample.length, shape);
        }

        /**
         * Adds one flat sample of {@code shape.length()} values.
         *
         * @throws IllegalArgumentException if the channels do not fit
         */
        public void add(SampleValues sample, SampleShape shape) {
            check(shape.length(), shape);
            channels.countDense(shape.spatialSize());
            blocks.add(sample, shape);
        }

        private void addDense(Object sample, int length, SampleShape shape) {
            check(length, shape);
            channels.countDense(shape.spatialSize());
            blocks.add(sample, sample, shape);
        }

        /**
         * Adds one sample given by its values at some flat indices, each at most once; the others are 0. Costs nothing
         * for these.
         *
         * @throws IllegalArgumentException if the shape or the number of values does not fit
         * @throws IndexOutOfBoundsException if an index does not fit
         */
        public void addSparse(int[] indices, double[] values, SampleShape shape) {
            check(shape.length(), shape);
            if (indices.length != values.length) {
                throw new IllegalArgumentException(indices.length + " indices and " + values.length + " values");
            }
            channels.countSparse(shape.spatialSize());
            for (int i = 0; i < indices.length; i++) {
                int c = shape.channelOf(Objects.checkIndex(indices[i], shape.length()));
                sums.add(channels.slotOfNamed(c), values[i]);
            }
        }

        /** Adds one value to one channel; the other channels get none. */
        public void add(int channel, double value) {
            sums.add(channels.slotOfExtra(Objects.checkIndex(channel, channels())), value);
        }

        /**
         * Adds the values of other moments.
         *
         * @throws IllegalArgumentException if the numbers of channels differ
         */
        public void addAll(ChannelMoments other) {
            if (other.channels() != channels()) {
                throw new IllegalArgumentException(
                        "moments of " + other.channels() + " channels cannot be added to " + channels());
            }
            channels.addAll(other.records);
        }

        /**
         * Leaves the buffer of waiting samples to the next accumulator of the workspace, if at least a quarter of it is
         * full; its samples are summed first. For a caller with many accumulators, when it turns to another one. More
         * samples may be added later.
         */
        public void releaseBuffer() {
            blocks.releaseBuffer();
        }

        /** The moments of all values so far. */
        public ChannelMoments snapshot() {
            blocks.flush();
            return new ChannelMoments(channels.records());
        }

        /** Bytes of the Java heap in use, about: what a caller that keeps many accumulators has to add up. */
        public long heapBytes() {
            return channels.heapBytes() + blocks.heapBytes();
        }

        private void check(int length, SampleShape shape) {
            if (shape.channels() != channels() || length != shape.length()) {
                throw new IllegalArgumentException("sample of " + length + " values and shape " + shape
                        + " with channels " + (shape.isChannelsLast() ? "last" : "first") + "; expected "
                        + shape.length() + " values and " + channels() + " channels");
            }
        }
    }
}
