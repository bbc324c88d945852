package io.github.sparkbatchnorm.regression.exact;

import java.math.BigDecimal;
import java.math.MathContext;
import org.jspecify.annotations.Nullable;

/** The running statistics of one channel to 60 digits, as batches move them. Not thread-safe. */
public final class RunningReference {
    private static final MathContext DIGITS = new MathContext(60);

    private final @Nullable Double momentum;
    private BigDecimal mean = BigDecimal.ZERO;
    private BigDecimal variance = BigDecimal.ONE;
    private double meanOfDoubles;
    private double varianceOfDoubles = 1;
    private BigDecimal largestMean = BigDecimal.ZERO;
    private BigDecimal largestVariance;
    private boolean finite = true;
    private long batches;

    /**
     * Creates the statistics of a new layer: mean 0 and variance 1.
     *
     * @param momentum the weight of a new batch; null for a plain average
     */
    public RunningReference(@Nullable Double momentum) {
        this.momentum = momentum;
        // A plain average forgets the variance that it starts with.
        this.largestVariance = momentum == null ? BigDecimal.ZERO : BigDecimal.ONE;
    }

    /**
     * Moves the statistics.
     *
     * @param batch of two values or more
     */
    public void add(ExactMoments batch) {
        batches++;
        double weight = momentum == null ? 1.0 / batches : momentum;
        meanOfDoubles = moved(meanOfDoubles, batch.mean(), weight);
        varianceOfDoubles = moved(varianceOfDoubles, batch.sampleVariance(), weight);
        finite &= batch.isFinite();
        if (finite) {
            BigDecimal newMean = batch.exactMean().toBigDecimal(DIGITS);
            BigDecimal newVariance = batch.exactSampleVariance().toBigDecimal(DIGITS);
            mean = moved(mean, newMean, weight);
            variance = moved(variance, newVariance, weight);
            largestMean = largestMean.max(newMean.abs());
            largestVariance = largestVariance.max(newVariance);
        }
    }

    private static double moved(double old, double next, double weight) {
        return weight == 1 ? next : (1 - weight) * old + weight * next;
    }

    private static BigDecimal moved(BigDecimal old, BigDecimal next, double weight) {
        return old.add(next.subtract(old).multiply(new BigDecimal(weight)), DIGITS);
    }

    /**
     * {@return how far a running mean is from the exact one, relative to the largest of the batches' means}
     *
     * @param high the running mean
     * @param low its low part
     */
    public double meanDistance(double high, double low) {
        if (!finite || !Double.isFinite(high)) {
            return special(meanOfDoubles, high);
        }
        BigDecimal found = new BigDecimal(high).add(new BigDecimal(low));
        return Difference.relative(found, mean, largestMean);
    }

    /**
     * {@return how far a running variance is from the exact one, relative to the largest of the batches' variances}
     *
     * @param found the running variance
     */
    public double varianceDistance(double found) {
        if (!finite || !Double.isFinite(found)) {
            return special(varianceOfDoubles, found);
        }
        return Difference.relative(new BigDecimal(found), variance, largestVariance);
    }

    private static double special(double expected, double found) {
        return Double.compare(expected, found) == 0 ? 0 : Double.POSITIVE_INFINITY;
    }

    /** {@return the running mean, rounded} */
    public double mean() {
        return finite ? mean.doubleValue() : meanOfDoubles;
    }

    /** {@return the running variance, rounded} */
    public double variance() {
        return finite ? variance.doubleValue() : varianceOfDoubles;
    }
}
