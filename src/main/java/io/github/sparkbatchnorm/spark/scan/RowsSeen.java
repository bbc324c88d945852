package io.github.sparkbatchnorm.spark.scan;

import io.github.sparkbatchnorm.spark.rows.RowFingerprint;
import io.github.sparkbatchnorm.spark.rows.RowReport;
import java.io.Serializable;

/**
 * What a pass tells of the rows that it has seen, so that they can be compared with those of another pass.
 *
 * @param rows number of rows that have values
 * @param fingerprint the sum of their {@link RowFingerprint}
 */
public record RowsSeen(long rows, long fingerprint) implements Serializable {
    private static final long serialVersionUID = 1L;

    /**
     * {@return the rows of an input; one job} Rows that cannot be used do not count.
     *
     * @param input that is guarded
     */
    public static RowsSeen of(ScanInput input) {
        RowReport found =
                ScanPass.combine(input.partials(ScanSums.NONE, false)).report().values();
        return new RowsSeen(found.rows(), found.fingerprint());
    }
}
