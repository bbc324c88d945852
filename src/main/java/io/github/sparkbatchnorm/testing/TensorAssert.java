package io.github.sparkbatchnorm.testing;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.spark.DatasetStatistics;
import io.github.sparkbatchnorm.spark.TensorDataset;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Assertions on the tensor of a data set; {@link DatasetAssert} makes them. */
public final class TensorAssert {
    private static final Pattern DIGEST = Pattern.compile("sha256:[0-9a-f]{64}");

    private final TensorDataset actual;

    TensorAssert(TensorDataset actual) {
        this.actual = actual;
    }

    /**
     * Asserts that the exact statistics have a digest: the one that {@link DatasetStatistics#digest} gives, and that
     * the jobs of the command line print and compare. Unlike a digest of rows, it does not tell which values stand
     * together in a row.
     *
     * @param expected {@code sha256:} and 64 hexadecimal digits; with anything else the assertion fails, and its
     *     message has the digest to paste
     * @return these assertions
     * @throws AssertionError if the statistics have another digest
     * @throws BatchNormException if rows cannot be used, as in {@link TensorDataset#statistics}
     */
    public TensorAssert hasStatisticsDigest(@Nullable String expected) {
        DatasetStatistics found = actual.statistics();
        if (found.digest().equals(expected)) {
            return this;
        }
        String size = "rows:     " + found.rows() + ", channels: " + found.channels()
                + (found.isByBatch() ? ", batches: " + found.batches().size() : "");
        if (expected == null || !DIGEST.matcher(expected).matches()) {
            throw Failure.ofPlaceholder("digest of statistics", expected, found.digest(), size);
        }
        throw Failure.of(
                "the statistics of " + String.join(", ", actual.columnNames()) + " have another digest",
                "expected: " + expected,
                "found:    " + found.digest(),
                size);
    }
}
