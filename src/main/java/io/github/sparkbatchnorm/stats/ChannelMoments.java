package io.github.sparkbatchnorm.stats;

import java.math.BigInteger;
import java.util.Objects;

/**
 * Count, exact sum and exact sum of squares of the values of each channel, with minimum, maximum and the counts of NaN
 * and infinities. Immutable; threads may share it. {@link Accumulator} is its mutable companion.
 *
 * <p>The same values give equal objects whatever their order and grouping, and however they were added. Usually under
 * 100 bytes a channel; neighbouring channels with equal numbers, such as those that sparse samples do not name, are
 * held and sent once.
 *
 * <p><b>Canonical bytes.</b> All numbers are big-endian. First the number of channels (int32); then for each channel n
 * (int64), min and max (float64, NaN as {@code 7ff8000000000000}, zero as {@code 0000000000000000}), the counts of NaN,
 * +infinity and -infinity (int64 each), and the exact sum and the exact sum of squares of the finite values. An exact
 * sum is the integer {@code w * 2^(32 k)}: k (int32), the number of 32-bit words of w (int32), and w in two's
 * complement, most significant word first. Neither the lowest word is zero nor the highest redundant, so each number
 * has one form; zero is k = 0 and no words.
 */
public final class ChannelMoments extends ChannelAggregate {
    private static final long serialVersionUID = 1L;

    private ChannelMoments(ChannelRecords records) {
        super(records);
    }

    /**
     * {@return the moments of no values}
     *
     * @param channels C, 1 or more
     * @throws IllegalArgumentException if there are fewer
     */
    public static ChannelMoments empty(int channels) {
        return new Accumulator(channels).snapshot();
    }

    /**
     * {@return the moments that canonical bytes hold} They are checked like a {@linkplain #fromRecord record}, but for
     * its checksum.
     *
     * @param bytes what {@link #toBytes} returned; they are copied
     * @throws IllegalArgumentException if the bytes are not of that form, or no values have such moments
     */
    public static ChannelMoments fromBytes(byte[] bytes) {
        return new ChannelMoments(CanonicalBytes.read(bytes, MomentSums.FIELDS, in -> MomentSums.check(in, false)));
    }

    /**
     * {@return the moments that a record holds} Everything is checked before memory is taken: version, flags, checksum,
     * C and each number against the size of the record, that each number is in its one form and within what doubles can
     * sum to, and that the numbers of a channel agree. So bytes of any origin can be read; those of a record that was
     * made by {@link #toRecord} and of nothing else are the same moments again.
     *
     * @param record what {@link #toRecord} returned; it is copied
     * @throws IllegalArgumentException if the bytes are no such record, or no values have such moments
     */
    public static ChannelMoments fromRecord(byte[] record) {
        return new ChannelMoments(CanonicalBytes.readRecord(record));
    }

    /**
     * {@return the moments that compact bytes hold}
     *
     * @param bytes what {@link #toCompactBytes} returned; they are copied
     * @throws IllegalArgumentException if the bytes are not of that form
     */
    public static ChannelMoments fromCompactBytes(byte[] bytes) {
        return new ChannelMoments(ChannelRecords.fromCompactBytes(bytes, MomentSums.FIELDS));
    }

    /**
     * {@return the number of values, finite or not}
     *
     * @param channel {@code 0 <= channel < C}
     * @throws IndexOutOfBoundsException if there is no such channel
     */
    public long count(int channel) {
        return longAt(channel, COUNT);
    }

    /**
     * {@return the number of values that are neither NaN nor infinite}
     *
     * @param channel {@code 0 <= channel < C}
     * @throws IndexOutOfBoundsException if there is no such channel
     */
    public long finiteCount(int channel) {
        return count(channel) - nanCount(channel) - positiveInfinityCount(channel) - negativeInfinityCount(channel);
    }

    /**
     * {@return the number of values that are NaN}
     *
     * @param channel {@code 0 <= channel < C}
     * @throws IndexOutOfBoundsException if there is no such channel
     */
    public long nanCount(int channel) {
        return longAt(channel, MomentSums.NAN);
    }

    /**
     * {@return the number of values that are +infinity}
     *
     * @param channel {@code 0 <= channel < C}
     * @throws IndexOutOfBoundsException if there is no such channel
     */
    public long positiveInfinityCount(int channel) {
        return longAt(channel, MomentSums.POSITIVE_INFINITY);
    }

    /**
     * {@return the number of values that are -infinity}
     *
     * @param channel {@code 0 <= channel < C}
     * @throws IndexOutOfBoundsException if there is no such channel
     */
    public long negativeInfinityCount(int channel) {
        return longAt(channel, MomentSums.NEGATIVE_INFINITY);
    }

    /**
     * {@return the smallest value that is not NaN; NaN if there is none, or if it is {@linkplain #hasKnownExtremes not
     * known}}
     *
     * @param channel {@code 0 <= channel < C}
     * @throws IndexOutOfBoundsException if there is no such channel
     */
    public double min(int channel) {
        return doubleAt(channel, MomentSums.MIN);
    }

    /**
     * {@return the largest value that is not NaN; NaN if there is none, or if it is {@linkplain #hasKnownExtremes not
     * known}}
     *
     * @param channel {@code 0 <= channel < C}
     * @throws IndexOutOfBoundsException if there is no such channel
     */
    public double max(int channel) {
        return doubleAt(channel, MomentSums.MAX);
    }

    /**
     * {@return whether minimum and maximum are known} They are not if something was {@linkplain #subtract subtracted},
     * or an {@linkplain Accumulator#add(long[], SampleShape) integer that no double equals} was added, here or to a
     * part.
     */
    public boolean hasKnownExtremes() {
        return !records.extremesUnknown();
    }

    /** {@return whether no channel has a value} */
    public boolean isEmpty() {
        for (int run = 0; run < runs().count(); run++) {
            if (records.longAt(run, COUNT) > 0) {
                return false;
            }
        }
        return true;
    }

    /**
     * {@return the mean and the variances over all values, as IEEE arithmetic has them} A channel with a NaN has mean
     * NaN, a channel with infinities of one sign has that infinity, and both have variance NaN.
     */
    public ChannelStatistics statistics() {
        return new ChannelStatistics(this, false);
    }

    /** {@return the mean and the variances over the finite values alone; n is their number} */
    public ChannelStatistics finiteStatistics() {
        return new ChannelStatistics(this, true);
    }

    /**
     * {@return the sum of all values, correctly rounded} 0 for n = 0; an infinity beyond the largest double. Values
     * that are not finite give what IEEE arithmetic gives.
     *
     * @param channel {@code 0 <= channel < C}
     * @throws IndexOutOfBoundsException if there is no such channel
     */
    public double sum(int channel) {
        return finiteCount(channel) == count(channel)
                ? exactSum(channel).dividedBy(BigInteger.ONE)
                : ChannelStatistics.ieeeMean(this, channel);
    }

    /**
     * {@return the biased standard deviation, {@code sqrt(sum((x - mean)^2) / n)}, correctly rounded} It is rounded
     * once, from the root of the exact variance. NaN for n = 0, and if a value is not finite.
     *
     * @param channel {@code 0 <= channel < C}
     * @throws IndexOutOfBoundsException if there is no such channel
     */
    public double populationStandardDeviation(int channel) {
        return rootOfSpread(channel, count(channel));
    }

    /**
     * {@return the unbiased variance's root, {@code sqrt(sum((x - mean)^2) / (n - 1))}, correctly rounded} It is
     * rounded once, from the root of the exact variance. NaN for n below 2, and if a value is not finite.
     *
     * @param channel {@code 0 <= channel < C}
     * @throws IndexOutOfBoundsException if there is no such channel
     */
    public double sampleStandardDeviation(int channel) {
        return rootOfSpread(channel, count(channel) - 1);
    }

    private double rootOfSpread(int channel, long divisor) {
        if (divisor < 1 || finiteCount(channel) < count(channel)) {
            return Double.NaN;
        }
        BigInteger n = BigInteger.valueOf(count(channel));
        return ChannelStatistics.spread(exactSum(channel), exactSumOfSquares(channel), n)
                .rootDividedBy(n.multiply(BigInteger.valueOf(divisor)));
    }

    /**
     * {@return the moments of the values of both} Associative and commutative to the bit.
     *
     * @param other moments of as many channels
     * @throws IllegalArgumentException if the numbers of channels differ
     */
    public ChannelMoments combine(ChannelMoments other) {
        Accumulator sum = new Accumulator(channels());
        sum.addAll(this);
        sum.addAll(other);
        return sum.snapshot();
    }

    /**
     * {@return the moments of the values that remain when others are taken away} Counts, mean and variances are, to the
     * bit, those of the remaining values alone. Minimum and maximum are unknown from then on, also after
     * {@link #combine}, unless {@code other} is {@linkplain #isEmpty empty}.
     *
     * <p>Sums cannot tell every value that was never added. An error is what no remaining values can have: a count or a
     * number of finite values below 0; sums other than 0 without finite values; a sum of squares below {@code sum^2 /
     * f} of f finite values, or above f times the square of the largest double.
     *
     * @param other moments of some of the values, and of as many channels
     * @throws IllegalArgumentException if the numbers of channels differ, or no values remain that have such moments
     */
    public ChannelMoments subtract(ChannelMoments other) {
        other.requireChannels(channels());
        return other.isEmpty() ? this : new ChannelMoments(MomentSums.difference(records, other.records));
    }

    /**
     * {@return the record of these moments} It is for columns, files and tables, and every later version of the library
     * reads it. In bytes:
     *
     * <table>
     * <caption>All numbers are big-endian.</caption>
     * <tr><th>size</th><th>what</th></tr>
     * <tr><td>1</td><td>the version, 1</td></tr>
     * <tr><td>1</td><td>flags: bit 0 (the lowest) says that minimum and maximum are unknown; the others are 0</td></tr>
     * <tr><td>4</td><td>C, the number of channels</td></tr>
     * <tr><td>64 or more for each channel</td><td>as in the canonical bytes that the class comment tells; with bit 0,
     * min and max are {@code 7ff8000000000000} in all channels</td></tr>
     * <tr><td>4</td><td>the CRC-32C of all bytes before</td></tr>
     * </table>
     *
     * <p>Equal moments have equal records. Channels that share their numbers in memory do not share them in a record.
     *
     * @throws IllegalStateException if there are more bytes than an array holds
     */
    public byte[] toRecord() {
        return CanonicalBytes.writeRecord(records);
    }

    /** The exact sum of a channel's finite values. */
    Scaled exactSum(int channel) {
        return records.firstSum(run(channel));
    }

    /** The exact sum of the squares of a channel's finite values. */
    Scaled exactSumOfSquares(int channel) {
        return records.secondSum(run(channel));
    }

    /** The runs of channels with equal records. */
    ChannelRuns runs() {
        return records.runs();
    }

    /**
     * Collects values into {@link ChannelMoments}. Not thread-safe.
     *
     * <p>Memory is taken for the channels that samples name; a dense sample names all. Samples are copied, never kept
     * or written to. Dense samples wait in a block, at most 128 values of a lane, that is summed as a whole.
     */
    public static final class Accumulator extends ChannelAccumulator<ChannelMoments, MomentSums> {
        /**
         * Creates an accumulator of no values with a workspace of its own.
         *
         * @param channels C, 1 or more
         * @throws IllegalArgumentException if there are fewer
         */
        public Accumulator(int channels) {
            this(channels, new Workspace());
        }

        /**
         * Creates an accumulator of no values.
         *
         * @param channels C, 1 or more
         * @param workspace scratch memory that it shares with other accumulators of the same thread
         * @throws IllegalArgumentException if there are fewer
         */
        public Accumulator(int channels, Workspace workspace) {
            super(channels, MomentSums.FIELDS, MomentSums::new, workspace);
        }

        @Override
        ChannelMoments aggregate(ChannelRecords records) {
            return new ChannelMoments(records);
        }

        /**
         * Adds one dense sample.
         *
         * @param sample flat, {@code shape.length()} values in the order of the shape
         * @param shape the shape of the sample, of C channels
         * @throws IllegalArgumentException if the number of values or channels is another
         */
        public void add(float[] sample, SampleShape shape) {
            count(sample.length, shape);
            blocks.add(sample, sample, shape);
        }

        /**
         * Adds one dense sample.
         *
         * @param sample flat, {@code shape.length()} values in the order of the shape
         * @param shape the shape of the sample, of C channels
         * @throws IllegalArgumentException if the number of values or channels is another
         */
        public void add(double[] sample, SampleShape shape) {
            count(sample.length, shape);
            blocks.add(sample, sample, shape);
        }

        /**
         * Adds one dense sample whose values are copied once, to where they are summed.
         *
         * @param sample {@code shape.length()} values in the order of the shape
         * @param shape the shape of the sample, of C channels
         * @throws IllegalArgumentException if the number of channels is another
         */
        public void add(SampleValues sample, SampleShape shape) {
            count(shape.length(), shape);
            blocks.add(sample, shape);
        }

        /**
         * Adds one dense sample of integers, each exactly, whatever its size. Minimum and maximum are
         * {@linkplain #hasKnownExtremes unknown} from the first integer on that no double equals, of a magnitude above
         * {@code 2^53}.
         *
         * @param sample flat, {@code shape.length()} values in the order of the shape
         * @param shape the shape of the sample, of C channels
         * @throws IllegalArgumentException if the number of values or channels is another
         */
        public void add(long[] sample, SampleShape shape) {
            count(sample.length, shape);
            blocks.add(sample, shape);
        }

        private void count(int length, SampleShape shape) {
            requireSize(length, shape);
            slotted.countDense(shape.spatialSize());
        }

        /**
         * Adds one sparse sample. The values that it does not name are 0 and cost nothing.
         *
         * @param indices flat indices of the named values, each at most once
         * @param values the value at each of these indices
         * @param shape the shape of the sample, of C channels
         * @throws IllegalArgumentException if the number of values or channels is another
         * @throws IndexOutOfBoundsException if an index is not below {@code shape.length()}
         */
        public void addSparse(int[] indices, double[] values, SampleShape shape) {
            requireSize(shape.length(), shape);
            if (indices.length != values.length) {
                throw new IllegalArgumentException(indices.length + " indices and " + values.length + " values");
            }
            slotted.countSparse(shape.spatialSize());
            for (int i = 0; i < indices.length; i++) {
                int channel = shape.channelOf(Objects.checkIndex(indices[i], shape.length()));
                sums.add(slotted.slotOfNamed(channel), values[i]);
            }
        }

        private void requireSize(int length, SampleShape shape) {
            if (shape.channels() != channels() || length != shape.length()) {
                throw new IllegalArgumentException("sample of " + length + " values and shape " + shape
                        + " with channels " + (shape.isChannelsLast() ? "last" : "first") + "; expected "
                        + shape.length() + " values and " + channels() + " channels");
            }
        }

        /**
         * Adds one value to one channel; the other channels get none.
         *
         * @param channel {@code 0 <= channel < C}
         * @param value finite or not
         * @throws IndexOutOfBoundsException if there is no such channel
         */
        public void add(int channel, double value) {
            sums.add(slotted.slotOfExtra(Objects.checkIndex(channel, channels())), value);
        }

        /**
         * Leaves the buffer of waiting samples to the next accumulator of the workspace, if at least a quarter of it is
         * full; its samples are summed first. For a caller with many accumulators, when it turns to another one. More
         * samples may be added later.
         */
        public void releaseBuffer() {
            blocks.releaseBuffer();
        }
    }
}
