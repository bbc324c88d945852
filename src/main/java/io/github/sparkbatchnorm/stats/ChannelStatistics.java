package io.github.sparkbatchnorm.stats;

import java.io.Serializable;
import java.math.BigInteger;
import java.util.stream.LongStream;

/**
 * Mean and variance of each channel, each rounded once from the exact value. Immutable; threads may share it.
 *
 * <p>{@code mean = RN(sum / n)}, {@code populationVariance = RN((n sumOfSquares - sum^2) / n^2)}, {@code sampleVariance
 * = RN((n sumOfSquares - sum^2) / (n (n - 1)))}, where RN is rounding to the nearest double. A constant channel has
 * variance 0 exactly; a variance is never negative.
 *
 * <p>The numbers of neighbouring channels are held once if they are equal, such as those of channels that sparse
 * samples do not name.
 *
 * <p>A channel with n = 1 has population variance 0 and sample variance NaN; with n = 0 all its numbers are NaN.
 *
 * @see ChannelMoments#statistics()
 * @see ChannelMoments#finiteStatistics()
 */
public final class ChannelStatistics implements Serializable {
    private static final long serialVersionUID = 1L;

    private final ChannelRuns runs;
    private final boolean hasKnownExtremes;

    // One entry for each run; a single one where it is the same for all, as counts most often are.
    private final long[] count;
    private final long[] nan;
    private final long[] infinite;

    private final double[] mean;
    private final double[] meanLow;
    private final double[] populationVariance;
    private final double[] sampleVariance;
    private final double[] min;
    private final double[] max;

    ChannelStatistics(ChannelMoments moments, boolean finiteOnly) {
        runs = moments.runs();
        hasKnownExtremes = moments.hasKnownExtremes();
        int size = runs.count();
        long[] counts = new long[size];
        mean = new double[size];
        meanLow = new double[size];
        populationVariance = new double[size];
        sampleVariance = new double[size];
        min = new double[size];
        max = new double[size];
        long[] nans = new long[size];
        long[] infinities = new long[size];
        Divisors divisors = new Divisors(1);
        Scaled.QuickRounding quick = new Scaled.QuickRounding();
        for (int run = 0; run < size; run++) {
            int c = runs.start(run);
            min[run] = moments.min(c);
            max[run] = moments.max(c);
            nans[run] = moments.nanCount(c);
            infinities[run] = moments.positiveInfinityCount(c) + moments.negativeInfinityCount(c);
            counts[run] = finiteOnly ? moments.finiteCount(c) : moments.count(c);
            if (counts[run] == moments.finiteCount(c)) {
                divisors = divisors.count == counts[run] ? divisors : new Divisors(counts[run]);
                round(moments, run, divisors, quick);
            } else {
                set(run, ieeeMean(moments, c), 0.0, Double.NaN, Double.NaN);
            }
        }
        count = onceIfSame(counts);
        nan = onceIfSame(nans);
        infinite = onceIfSame(infinities);
    }

    private static long[] onceIfSame(long[] values) {
        return LongStream.of(values).allMatch(v -> v == values[0]) ? new long[] {values[0]} : values;
    }

    private long at(long[] values, int channel) {
        int run = runs.of(channel);
        return values[values.length == 1 ? 0 : run];
    }

    /** The mean, which is also the sum, of values of which some are not finite. */
    static double ieeeMean(ChannelMoments moments, int c) {
        if (moments.nanCount(c) > 0) {
            return Double.NaN;
        }
        if (moments.negativeInfinityCount(c) == 0) {
            return Double.POSITIVE_INFINITY;
        }
        return moments.positiveInfinityCount(c) == 0 ? Double.NEGATIVE_INFINITY : Double.NaN;
    }

    /**
     * Rounds the mean and the variances of a run whose values are all finite, or that leaves out those that are not.
     */
    private void round(ChannelMoments moments, int run, Divisors divisors, Scaled.QuickRounding quick) {
        if (divisors.count == 0) {
            set(run, Double.NaN, Double.NaN, Double.NaN, Double.NaN);
            return;
        }
        int c = runs.start(run);
        BigInteger n = divisors.n;
        quick.read(moments.records.sumsAt(run), divisors.count);
        double rounded = quick.mean();
        if (Double.isNaN(rounded)) {
            rounded = moments.exactSum(c).dividedBy(n);
        }
        double low = quick.meanLow(rounded);
        if (Double.isNaN(low)) {
            low = moments.exactSum(c).lowOf(rounded, n);
        }
        boolean found = quick.findSpread();
        double population = found ? quick.variance(divisors.count) : Double.NaN;
        double sample = found && divisors.count > 1 ? quick.variance(divisors.count - 1) : Double.NaN;
        if (Double.isNaN(population) || (divisors.count > 1 && Double.isNaN(sample))) {
            Scaled spread = spread(moments.exactSum(c), moments.exactSumOfSquares(c), n);
            population = spread.dividedBy(divisors.population);
            sample = divisors.count == 1 ? Double.NaN : spread.dividedBy(divisors.sample);
        }
        set(run, rounded, low, population, sample);
    }

    /** {@code n sum((x - mean)^2)} of n values. */
    static Scaled spread(Scaled sum, Scaled sumOfSquares, BigInteger n) {
        return sumOfSquares.times(n).minus(sum.times(sum));
    }

    /** The divisors for n values; most often all channels have the same n. */
    private static final class Divisors {
        private final long count;
        private final BigInteger n;
        private final BigInteger population;
        private final BigInteger sample;

        Divisors(long count) {
            this.count = count;
            n = BigInteger.valueOf(count);
            population = n.multiply(n);
            sample = population.subtract(n);
        }
    }

    private void set(int run, double mean, double meanLow, double populationVariance, double sampleVariance) {
        this.mean[run] = mean;
        this.meanLow[run] = meanLow;
        this.populationVariance[run] = populationVariance;
        this.sampleVariance[run] = sampleVariance;
    }

    /** {@return C, the number of channels: 1 or more} */
    public int channels() {
        return runs.channels();
    }

    /**
     * {@return n, the number of values that the mean and the variances are over}
     *
     * @param channel {@code 0 <= channel < C}
     * @throws IndexOutOfBoundsException if there is no such channel
     */
    public long count(int channel) {
        return at(count, channel);
    }

    /**
     * {@return the mean, {@code sum(x) / n}, correctly rounded; NaN for n = 0}
     *
     * @param channel {@code 0 <= channel < C}
     * @throws IndexOutOfBoundsException if there is no such channel
     */
    public double mean(int channel) {
        return mean[runs.of(channel)];
    }

    /**
     * {@return the low part of the mean as a double-double, {@code RN(sum / n - mean)}} Both together carry about 106
     * bits of the mean, so that {@code (x - mean) - meanLow} is accurate however large the mean is beside the spread.
     *
     * @param channel {@code 0 <= channel < C}
     * @throws IndexOutOfBoundsException if there is no such channel
     */
    public double meanLow(int channel) {
        return meanLow[runs.of(channel)];
    }

    /**
     * {@return the biased variance, {@code sum((x - mean)^2) / n}, correctly rounded; NaN for n = 0}
     *
     * @param channel {@code 0 <= channel < C}
     * @throws IndexOutOfBoundsException if there is no such channel
     */
    public double populationVariance(int channel) {
        return populationVariance[runs.of(channel)];
    }

    /**
     * {@return the unbiased variance, {@code sum((x - mean)^2) / (n - 1)}, correctly rounded; NaN for n below 2}
     *
     * @param channel {@code 0 <= channel < C}
     * @throws IndexOutOfBoundsException if there is no such channel
     */
    public double sampleVariance(int channel) {
        return sampleVariance[runs.of(channel)];
    }

    /**
     * {@return the smallest value that is not NaN; NaN if there is none, or if it is {@linkplain #hasKnownExtremes not
     * known}}
     *
     * @param channel {@code 0 <= channel < C}
     * @throws IndexOutOfBoundsException if there is no such channel
     */
    public double min(int channel) {
        return min[runs.of(channel)];
    }

    /**
     * {@return the largest value that is not NaN; NaN if there is none, or if it is {@linkplain #hasKnownExtremes not
     * known}}
     *
     * @param channel {@code 0 <= channel < C}
     * @throws IndexOutOfBoundsException if there is no such channel
     */
    public double max(int channel) {
        return max[runs.of(channel)];
    }

    /**
     * {@return the number of values that are NaN}
     *
     * @param channel {@code 0 <= channel < C}
     * @throws IndexOutOfBoundsException if there is no such channel
     */
    public long nanCount(int channel) {
        return at(nan, channel);
    }

    /**
     * {@return the number of values that are an infinity of either sign}
     *
     * @param channel {@code 0 <= channel < C}
     * @throws IndexOutOfBoundsException if there is no such channel
     */
    public long infinityCount(int channel) {
        return at(infinite, channel);
    }

    /**
     * {@return whether minimum and maximum are known} They are {@linkplain ChannelMoments#hasKnownExtremes not} if the
     * moments came about by subtraction, or have integers that no double equals.
     */
    public boolean hasKnownExtremes() {
        return hasKnownExtremes;
    }

    /** {@return whether any channel has a NaN or an infinity} */
    public boolean hasNonFinite() {
        return LongStream.concat(LongStream.of(nan), LongStream.of(infinite)).anyMatch(n -> n > 0);
    }
}
