package io.github.sparkbatchnorm.spark.scan;

import io.github.sparkbatchnorm.spark.rows.RowReport;
import java.io.Serializable;

/**
 * Everything that a scan found in its rows besides the sums.
 *
 * @param values findings in the rows and their samples
 * @param gradients findings in the gradients alone
 */
record ScanReport(RowReport values, RowReport gradients) implements Serializable {
    private static final long serialVersionUID = 1L;

    /** The report of no rows. */
    static final ScanReport NONE = new ScanReport(RowReport.NONE, RowReport.NONE);

    /** The report of the rows of both. */
    ScanReport combine(ScanReport other) {
        return new ScanReport(values.combine(other.values), gradients.combine(other.gradients));
    }

    /** This report without the defect of values that are not finite. */
    ScanReport withoutNonFinite() {
        return new ScanReport(values.withoutNonFinite(), gradients.withoutNonFinite());
    }
}
