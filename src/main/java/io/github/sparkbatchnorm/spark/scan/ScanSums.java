package io.github.sparkbatchnorm.spark.scan;

import java.io.Serializable;

/**
 * The sums that a scan takes: the part of a plan that is sent to the tasks that read rows.
 *
 * @param moments whether moments of the samples are taken
 * @param gradients whether sums of gradients are taken
 * @param ignoresNonFinite whether pairs that are not finite are left out of the sums of gradients
 */
record ScanSums(boolean moments, boolean gradients, boolean ignoresNonFinite) implements Serializable {
    private static final long serialVersionUID = 1L;

    /** None: rows are only looked at. */
    static final ScanSums NONE = new ScanSums(false, false, false);

    /** Moments of the samples alone. */
    static final ScanSums OF_SAMPLES = new ScanSums(true, false, false);

    /** Whether any sum is taken. */
    boolean any() {
        return moments || gradients;
    }
}
