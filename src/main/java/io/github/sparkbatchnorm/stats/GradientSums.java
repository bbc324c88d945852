package io.github.sparkbatchnorm.stats;

import java.math.BigInteger;
import java.util.Objects;

/**
 * Exact sums of dy and of dy * x of each channel, for values x and the gradients dy of a loss with respect to the
 * output that was computed from them. Immutable; threads may share it. {@link Accumulator} is its mutable companion.
 *
 * <p>They give {@code sum(dy)} and, for any mean, {@code sum(dy * (x - mean))}, subtracted exactly and rounded once.
 * The same pairs give equal objects whatever their order and grouping, and however they were added. Pairs that are not
 * finite give what IEEE arithmetic gives, or are left out: the accumulator's choice.
 *
 * <p><b>Canonical bytes.</b> The number of channels (int32); then for each channel, 8 bytes each: the number of pairs;
 * how many dy are NaN, +infinity and -infinity; how many x are NaN and infinite; the IEEE sum of dy * x where dy is NaN
 * or x is not finite; the minimum and maximum of the finite x where dy is +infinity, and where it is -infinity
 * (infinities, as of an empty set, in nearly every record). The exact sums of dy and of dy * x follow, in the form that
 * {@link ChannelMoments} describes.
 */
public final class GradientSums extends ChannelAggregate {
    private static final long serialVersionUID = 1L;

    private GradientSums(ChannelRecords records) {
        super(records);
    }

    /**
     * {@return the sums of no pairs}
     *
     * @param channels C, 1 or more
     * @throws IllegalArgumentException if there are fewer
     */
    public static GradientSums empty(int channels) {
        return new Accumulator(channels, false).snapshot();
    }

    /**
     * {@return the sums that canonical bytes hold}
     *
     * @param bytes what {@link #toBytes} returned; they are copied
     * @throws IllegalArgumentException if the bytes are not of that form; that is found before memory is taken
     */
    public static GradientSums fromBytes(byte[] bytes) {
        return new GradientSums(CanonicalBytes.read(bytes, PairSums.FIELDS, PairSums::check));
    }

    /**
     * {@return the sums that compact bytes hold}
     *
     * @param bytes what {@link #toCompactBytes} returned; they are copied
     * @throws IllegalArgumentException if the bytes are not of that form
     */
    public static GradientSums fromCompactBytes(byte[] bytes) {
        return new GradientSums(ChannelRecords.fromCompactBytes(bytes, PairSums.FIELDS));
    }

    /**
     * {@return the number of pairs summed, finite or not, without those that were left out}
     *
     * @param channel {@code 0 <= channel < C}
     * @throws IndexOutOfBoundsException if there is no such channel
     */
    public long count(int channel) {
        return longAt(channel, COUNT);
    }

    /**
     * {@return the number of dy that are NaN}
     *
     * @param channel {@code 0 <= channel < C}
     * @throws IndexOutOfBoundsException if there is no such channel
     */
    public long nanCount(int channel) {
        return longAt(channel, PairSums.NAN);
    }

    /**
     * {@return the number of dy that are an infinity of either sign}
     *
     * @param channel {@code 0 <= channel < C}
     * @throws IndexOutOfBoundsException if there is no such channel
     */
    public long infinityCount(int channel) {
        return longAt(channel, PairSums.POSITIVE_INFINITY) + longAt(channel, PairSums.NEGATIVE_INFINITY);
    }

    /**
     * {@return the number of x that are NaN}
     *
     * @param channel {@code 0 <= channel < C}
     * @throws IndexOutOfBoundsException if there is no such channel
     */
    public long inputNanCount(int channel) {
        return longAt(channel, PairSums.NAN_X);
    }

    /**
     * {@return the number of x that are an infinity of either sign}
     *
     * @param channel {@code 0 <= channel < C}
     * @throws IndexOutOfBoundsException if there is no such channel
     */
    public long inputInfinityCount(int channel) {
        return longAt(channel, PairSums.INFINITE_X);
    }

    /**
     * {@return {@code sum(dy)}, correctly rounded; 0 if there are no pairs}
     *
     * @param channel {@code 0 <= channel < C}
     * @throws IndexOutOfBoundsException if there is no such channel
     */
    public double sum(int channel) {
        return mean(channel, 1);
    }

    /**
     * {@return {@code sum(dy) / n}, correctly rounded; 0 if there are no pairs}
     *
     * @param channel {@code 0 <= channel < C}
     * @param n 1 or more, or anything if there are no pairs
     * @throws IndexOutOfBoundsException if there is no such channel
     */
    public double mean(int channel, long n) {
        double infinite = PairSums.infiniteSum(records, run(channel));
        return infinite != 0 || count(channel) == 0
                ? infinite
                : records.firstSum(run(channel)).dividedBy(BigInteger.valueOf(n));
    }

    /**
     * {@return the low part of {@link #mean} as a double-double, {@code RN(sum(dy) / n - mean)}; 0 if the mean is not
     * finite or there are no pairs}
     *
     * @param channel {@code 0 <= channel < C}
     * @param n 1 or more, or anything if there are no pairs
     * @throws IndexOutOfBoundsException if there is no such channel
     */
    public double meanLow(int channel, long n) {
        double mean = mean(channel, n);
        if (count(channel) == 0 || !Double.isFinite(mean)) {
            return 0;
        }
        return records.firstSum(run(channel)).lowOf(mean, BigInteger.valueOf(n));
    }

    /**
     * {@return {@code factor * sum(dy * (x - mean - meanLow)) / n}; 0 if there are no pairs; NaN if the mean is not
     * finite} It is rounded once at the end, so that it neither overflows on the way nor cancels. Factors and pairs
     * that are not finite give what IEEE arithmetic gives.
     *
     * @param channel {@code 0 <= channel < C}
     * @param mean the mean of x
     * @param meanLow its low part
     * @param factor what the sum is multiplied by
     * @param n what the sum is divided by, 1 or more
     * @throws IndexOutOfBoundsException if there is no such channel
     */
    public double centredProducts(int channel, double mean, double meanLow, double factor, long n) {
        if (count(channel) == 0) {
            return 0;
        }
        if (!Double.isFinite(mean) || !Double.isFinite(meanLow)) {
            return Double.NaN;
        }
        double infinite = PairSums.infiniteProducts(records, run(channel), mean, meanLow);
        if (infinite != 0) {
            return infinite * factor;
        }
        Scaled sum = records.firstSum(run(channel));
        Scaled centred = records.secondSum(run(channel))
                .minus(sum.times(Scaled.of(mean)))
                .minus(sum.times(Scaled.of(meanLow)));
        BigInteger divisor = BigInteger.valueOf(n);
        return Double.isFinite(factor)
                ? centred.times(Scaled.of(factor)).dividedBy(divisor)
                : centred.dividedBy(divisor) * factor;
    }

    /**
     * {@return the sums of the pairs of both} Associative and commutative to the bit.
     *
     * @param other sums of as many channels
     * @throws IllegalArgumentException if the numbers of channels differ
     */
    public GradientSums combine(GradientSums other) {
        Accumulator sum = new Accumulator(channels(), false);
        sum.addAll(this);
        sum.addAll(other);
        return sum.snapshot();
    }

    /**
     * Collects pairs of values and gradients into {@link GradientSums}. Not thread-safe.
     *
     * <p>Samples are copied, never kept or written to. Dense samples wait in a block, at most 128 values of a lane,
     * that is summed as a whole.
     */
    public static final class Accumulator extends ChannelAccumulator<GradientSums, PairSums> {
        /**
         * Creates an accumulator of no pairs with a workspace of its own.
         *
         * @param channels C, 1 or more
         * @param ignoresNonFinite whether pairs whose value or gradient is not finite are left out
         * @throws IllegalArgumentException if there are fewer channels
         */
        public Accumulator(int channels, boolean ignoresNonFinite) {
            this(channels, ignoresNonFinite, new Workspace());
        }

        /**
         * Creates an accumulator of no pairs.
         *
         * @param channels C, 1 or more
         * @param ignoresNonFinite whether pairs whose value or gradient is not finite are left out
         * @param workspace scratch memory that it shares with other accumulators of the same thread
         * @throws IllegalArgumentException if there are fewer channels
         */
        public Accumulator(int channels, boolean ignoresNonFinite, Workspace workspace) {
            super(channels, PairSums.FIELDS, slots -> new PairSums(slots, ignoresNonFinite), workspace);
        }

        @Override
        GradientSums aggregate(ChannelRecords records) {
            return new GradientSums(records);
        }

        /**
         * Adds one dense sample and its gradients.
         *
         * @param x flat, {@code shape.length()} values in the order of the shape
         * @param dy the gradient of each value, at its index
         * @param shape the shape of the sample, of C channels
         * @throws IllegalArgumentException if the number of values, gradients or channels is another
         */
        public void add(float[] x, float[] dy, SampleShape shape) {
            count(x.length, dy.length, shape);
            blocks.add(dy, x, shape);
        }

        /**
         * Adds one dense sample and its gradients.
         *
         * @param x flat, {@code shape.length()} values in the order of the shape
         * @param dy the gradient of each value, at its index
         * @param shape the shape of the sample, of C channels
         * @throws IllegalArgumentException if the number of values, gradients or channels is another
         */
        public void add(double[] x, double[] dy, SampleShape shape) {
            count(x.length, dy.length, shape);
            blocks.add(dy, x, shape);
        }

        private void count(int values, int gradients, SampleShape shape) {
            if (shape.channels() != channels() || values != shape.length() || gradients != shape.length()) {
                String expected = shape.length() + " of both and " + channels() + " channels";
                throw new IllegalArgumentException("sample of " + values + " values, " + gradients
                        + " gradients and shape " + shape + "; expected " + expected);
            }
            slotted.countDense(shape.spatialSize());
        }

        /**
         * Adds one sparse sample and its gradients. The values and gradients that are not named are 0; a pair of two
         * zeros costs nothing.
         *
         * @param xIndices flat indices of the named values, ascending
         * @param x the value at each of these indices
         * @param dyIndices flat indices of the named gradients, ascending
         * @param dy the gradient at each of these indices
         * @param shape the shape of the sample, of C channels
         * @throws IllegalArgumentException if the number of values, gradients or channels is another
         * @throws IndexOutOfBoundsException if an index is not below {@code shape.length()}
         */
        public void addSparse(int[] xIndices, double[] x, int[] dyIndices, double[] dy, SampleShape shape) {
            if (shape.channels() != channels() || xIndices.length != x.length || dyIndices.length != dy.length) {
                throw new IllegalArgumentException("sparse sample of " + xIndices.length + " indices, " + x.length
                        + " values, " + dyIndices.length + " indices, " + dy.length + " gradients and shape " + shape
                        + "; expected as many values as indices, and " + channels() + " channels");
            }
            slotted.countSparse(shape.spatialSize());
            int i = 0;
            int j = 0;
            while (i < x.length || j < dy.length) {
                int xIndex = i < x.length ? xIndices[i] : Integer.MAX_VALUE;
                int dyIndex = j < dy.length ? dyIndices[j] : Integer.MAX_VALUE;
                int index = Objects.checkIndex(Math.min(xIndex, dyIndex), shape.length());
                int slot = slotted.slotOfNamed(shape.channelOf(index));
                sums.add(slot, dyIndex == index ? dy[j++] : 0, xIndex == index ? x[i++] : 0);
            }
        }

        /**
         * Adds one pair to one channel; the other channels get none.
         *
         * @param channel {@code 0 <= channel < C}
         * @param x the value
         * @param dy its gradient
         * @throws IndexOutOfBoundsException if there is no such channel
         */
        public void add(int channel, double x, double dy) {
            sums.add(slotted.slotOfExtra(Objects.checkIndex(channel, channels())), dy, x);
        }
    }
}
