package io.github.sparkbatchnorm.stats;

import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * Count, exact sum and exact sum of squares of each channel, with minimum, maximum and the counts of NaN and
 * infinities; immutable.
 *
 * <p>The same values give an equal object whatever their order, their grouping and the way they came in: equality is
 * equality of {@linkplain #toBytes() canonical bytes}.
 *
 * <p>Usually under 100 bytes a channel. {@link Accumulator} is the mutable companion.
 */
public final class ChannelMoments implements Serializable {
    private static final long serialVersionUID = 1L;

    /** Fields of a channel's record, as {@link ChannelSums#writeTo} writes it. The two exact sums follow. */
    private static final int COUNT = 0;

    private static final int MIN = 1;
    private static final int MAX = 2;
    private static final int NAN = 3;
    private static final int POSITIVE_INFINITY = 4;
    private static final int NEGATIVE_INFINITY = 5;
    private static final int FIELDS = 6;

    private final ChannelRecords records;

    private ChannelMoments(byte[] bytes) {
        records = new ChannelRecords(bytes, FIELDS);
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
        return new ChannelMoments(bytes.clone());
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
     */
    public byte[] toBytes() {
        return records.toBytes();
    }

    /** C, the number of channels. */
    public int channels() {
        return records.channels();
    }

    /** All values seen, those that are not finite included. */
    public long count(int channel) {
        return records.longAt(channel, COUNT);
    }

    /** Values that are neither NaN nor infinite. */
    public long finiteCount(int channel) {
        return count(channel) - nanCount(channel) - positiveInfinityCount(channel) - negativeInfinityCount(channel);
    }

    /** How many values were NaN. */
    public long nanCount(int channel) {
        return records.longAt(channel, NAN);
    }

    /** How many values were +infinity. */
    public long positiveInfinityCount(int channel) {
        return records.longAt(channel, POSITIVE_INFINITY);
    }

    /** How many values were -infinity. */
    public long negativeInfinityCount(int channel) {
        return records.longAt(channel, NEGATIVE_INFINITY);
    }

    /** The smallest value that is not NaN; NaN if there is none. */
    public double min(int channel) {
        return records.doubleAt(channel, MIN);
    }

    /** The largest value that is not NaN; NaN if there is none. */
    public double max(int channel) {
        return records.doubleAt(channel, MAX);
    }

    /** Whether no channel saw a value. */
    public boolean isEmpty() {
        for (int c = 0; c < channels(); c++) {
            if (count(c) > 0) {
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
        return records.firstSum(channel);
    }

    /** The exact sum of the squares of a channel's finite values. */
    ExactSum.Scaled sumOfSquares(int channel) {
        return records.secondSum(channel);
    }

    /** The channels' records, which follow the number of channels in {@link #toBytes}. */
    ByteBuffer records() {
        return records.records();
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
     * <p>Samples are copied, never kept or written to. Dense samples wait in a block (at most 128 values of a lane)
     * that is summed as a whole; {@link #snapshot()} takes what waits into account and leaves the accumulator usable.
     */
    public static final class Accumulator {
        private final int channels;
        private final ChannelSums sums;
        private final SampleBlocks blocks;
        private final long[] extra; // values beyond those that every channel got
        private final long[] explicit; // values that sparse samples named
        private long dense; // values that every channel got
        private long sparse; // of these, in sparse samples

        /** An accumulator of no values. */
        public Accumulator(int channels) {
            if (channels < 1) {
                throw new IllegalArgumentException(channels + " channels; expected 1 or more");
            }
            this.channels = channels;
            sums = new ChannelSums(channels);
            blocks = new SampleBlocks(channels, sums);
            extra = new long[channels];
            explicit = new long[channels];
        }

        /** C, the number of channels. */
        public int channels() {
            return channels;
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
            dense += shape.spatialSize();
            blocks.add(sample, shape);
        }

        private void addDense(Object sample, int length, SampleShape shape) {
            check(length, shape);
            dense += shape.spatialSize();
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
            dense += shape.spatialSize();
            sparse += shape.spatialSize();
            for (int i = 0; i < indices.length; i++) {
                int c = shape.channelOf(Objects.checkIndex(indices[i], shape.length()));
                explicit[c]++;
                sums.add(c, values[i]);
            }
        }

        /** Adds one value to one channel; the other channels get none. */
        public void add(int channel, double value) {
            extra[channel]++;
            sums.add(channel, value);
        }

        /**
         * Adds the values of other moments.
         *
         * @throws IllegalArgumentException if the numbers of channels differ
         */
        public void addAll(ChannelMoments other) {
            if (other.channels() != channels) {
                throw new IllegalArgumentException(
                        "moments of " + other.channels() + " channels cannot be added to " + channels);
            }
            ByteBuffer in = other.records();
            for (int c = 0; c < channels; c++) {
                extra[c] += in.getLong();
                sums.addFrom(in, c);
            }
        }

        /** Says that values of others come next in this thread, though more may follow: frees memory. */
        public void pause() {
            blocks.pause();
        }

        /** The moments of all values so far. */
        public ChannelMoments snapshot() {
            blocks.flush();
            int size = Integer.BYTES;
            for (int c = 0; c < channels; c++) {
                size = Math.addExact(size, Long.BYTES + sums.canonicalSize(c));
            }
            ByteBuffer out = ByteBuffer.allocate(size).putInt(channels);
            for (int c = 0; c < channels; c++) {
                if (sparse > explicit[c]) {
                    sums.widen(c, 0.0, 0.0);
                }
                out.putLong(dense + extra[c]);
                sums.writeTo(out, c);
            }
            return new ChannelMoments(out.array());
        }

        /** Bytes of the Java heap in use, about: what a caller that keeps many accumulators has to add up. */
        public long heapBytes() {
            return 2L * Long.BYTES * channels + sums.heapBytes() + blocks.heapBytes();
        }

        private void check(int length, SampleShape shape) {
            if (shape.channels() != channels || length != shape.length()) {
                throw new IllegalArgumentException("sample of " + length + " values and shape " + shape
                        + " with channels " + (shape.isChannelsLast() ? "last" : "first") + "; expected "
                        + shape.length() + " values and " + channels + " channels");
            }
        }
    }
}
