package io.github.sparkbatchnorm.layer;

import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a batch norm layer, with PyTorch's names and defaults. Immutable, so that threads can share it.
 *
 * @param eps added to the variance: finite, 0 or more
 * @param momentum the weight of the new value in the running statistics, from 0 to 1; null for the cumulative average
 * @param affine whether there are weight and bias
 * @param trackRunningStats whether training updates running statistics, which evaluation then uses
 */
public record BatchNormConfig(double eps, @Nullable Double momentum, boolean affine, boolean trackRunningStats)
        implements Serializable {
    /** PyTorch's defaults: eps 1e-5, momentum 0.1, affine, tracked. */
    public static final BatchNormConfig DEFAULT = new BatchNormConfig(1e-5, 0.1, true, true);

    /**
     * Checks the numbers.
     *
     * @param eps finite, 0 or more
     * @param momentum from 0 to 1, or null
     * @param affine either
     * @param trackRunningStats either
     * @throws IllegalArgumentException if eps or momentum is out of range
     */
    public BatchNormConfig {
        if (!(eps >= 0) || Double.isInfinite(eps)) {
            throw new IllegalArgumentException("eps is " + eps + "; expected a finite number, 0 or more");
        }
        if (momentum != null && !(momentum >= 0 && momentum <= 1)) {
            throw new IllegalArgumentException(
                    "momentum is " + momentum + "; expected a number from 0 to 1, or none for the cumulative average");
        }
    }

    /**
     * A copy of these settings with another eps.
     *
     * @param newEps added to the variance: finite, 0 or more
     * @return settings with all else as here
     * @throws IllegalArgumentException if eps is out of range
     */
    public BatchNormConfig withEps(double newEps) {
        return new BatchNormConfig(newEps, momentum, affine, trackRunningStats);
    }

    /**
     * A copy of these settings with another momentum.
     *
     * @param newMomentum the weight of the new value in the running statistics, from 0 to 1
     * @return settings with all else as here
     * @throws IllegalArgumentException if momentum is out of range
     */
    public BatchNormConfig withMomentum(double newMomentum) {
        return new BatchNormConfig(eps, newMomentum, affine, trackRunningStats);
    }

    /**
     * A copy of these settings whose running statistics are the plain average over all batches.
     *
     * @return settings with momentum null, and all else as here
     */
    public BatchNormConfig withCumulativeAverage() {
        return new BatchNormConfig(eps, null, affine, trackRunningStats);
    }

    /**
     * A copy of these settings with or without weight and bias.
     *
     * @param newAffine whether there are weight and bias
     * @return settings with all else as here
     */
    public BatchNormConfig withAffine(boolean newAffine) {
        return new BatchNormConfig(eps, momentum, newAffine, trackRunningStats);
    }

    /**
     * A copy of these settings with another trackRunningStats.
     *
     * @param track whether training updates running statistics
     * @return settings with all else as here
     */
    public BatchNormConfig withTrackRunningStats(boolean track) {
        return new BatchNormConfig(eps, momentum, affine, track);
    }
}
