package io.github.sparkbatchnorm.spark;

import java.io.Serializable;

/**
 * What a scan adds up.
 *
 * @param moments those of the samples
 * @param gradients their sums
 * @param ignoresNonFinite whether pairs that are not finite are left out of the gradients' sums
 */
record ScanPlan(boolean moments, boolean gradients, boolean ignoresNonFinite) implements Serializable {
    /** Moments only. */
    static final ScanPlan MOMENTS = new ScanPlan(true, false, false);
}
