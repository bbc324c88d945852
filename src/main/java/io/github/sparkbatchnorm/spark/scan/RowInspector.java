package io.github.sparkbatchnorm.spark.scan;

import io.github.sparkbatchnorm.spark.codec.RowDefect;
import io.github.sparkbatchnorm.spark.codec.RowSample;
import io.github.sparkbatchnorm.spark.codec.SampleSize;
import io.github.sparkbatchnorm.spark.rows.RowPair;
import io.github.sparkbatchnorm.spark.rows.RowReader;
import io.github.sparkbatchnorm.spark.rows.RowReport;
import io.github.sparkbatchnorm.spark.rows.SparseRows;
import org.jspecify.annotations.Nullable;

/** Reads the rows of a partition, decides which of them count, and keeps a report of all. */
final class RowInspector<R> {
    private final RowReader<R> reader;
    private final RowPair pair = new RowPair();
    private final RowSample sample = pair.sample();
    private final RowSample gradients = pair.gradients();
    private final RowReport.Accumulator findings = new RowReport.Accumulator();
    private final RowReport.Accumulator gradientFindings = new RowReport.Accumulator();

    // Counted here and added to the findings at the end: no look-up for each row.
    private @Nullable SampleSize firstSize;
    private long rowsOfFirstSize;
    private long sparseRows;
    private long namedValues;
    private long sparseValues;

    RowInspector(RowReader<R> reader) {
        this.reader = reader;
    }

    /** The sample of the row just read. */
    RowSample sample() {
        return sample;
    }

    /** The gradients of the row just read, if the reader reads any. */
    RowSample gradients() {
        return gradients;
    }

    /** Reads a row: whether its values count. */
    boolean read(R row) {
        RowReader.Outcome outcome = reader.examine(row, pair);
        if (outcome == RowReader.Usable.VALUES) {
            return hasFirstSize(row) && hasBatch(row) && count(row);
        }
        if (outcome instanceof RowReader.Problem problem) {
            if (problem.ofGradients()) {
                defect(gradientFindings, problem.defect(), gradients, row);
            } else {
                defect(findings, problem.defect(), sample, row);
            }
        } else if (outcome == RowReader.Usable.WRONG_SIZE) {
            findings.addSize(sample.size(), 1, example(row));
        } else {
            findings.addRowWithoutValues();
        }
        return false;
    }

    private boolean hasFirstSize(R row) {
        if (firstSize == null) {
            firstSize = sample.size();
        }
        if (!sample.size().equals(firstSize)) {
            findings.addSize(sample.size(), 1, example(row));
            return false;
        }
        if (reader.withExamples()) {
            findings.addSize(firstSize, 1, example(row));
        } else {
            rowsOfFirstSize += sample.rows();
        }
        return true;
    }

    private boolean hasBatch(R row) {
        if (reader.hasBatches() && reader.isBatchNull(row)) {
            defect(findings, RowDefect.NULL_BATCH, sample, row);
            return false;
        }
        return true;
    }

    private boolean count(R row) {
        findings.addRows(sample.rows());
        if (reader.isGuarded()) {
            findings.addFingerprint(reader.fingerprint(row, pair));
        }
        if (sample.indices() != null) {
            sparseRows++;
            namedValues += sample.indices().length;
            sparseValues += sample.shape().length();
        }
        if (reader.withExamples()) {
            findNonFinite(row);
        }
        return true;
    }

    private void findNonFinite(R row) {
        if (sample.firstNonFinite() >= 0) {
            defect(findings, RowDefect.NON_FINITE, sample, row);
        }
        if (reader.gradients() != null && gradients.firstNonFinite() >= 0) {
            defect(gradientFindings, RowDefect.NON_FINITE, gradients, row);
        }
    }

    private void defect(RowReport.Accumulator found, RowDefect defect, RowSample of, R row) {
        String example = example(row);
        if (example != null && defect == RowDefect.OTHER_SHAPE) {
            example = (example + " (" + gradients.size() + " for " + sample.size() + ")").strip();
        }
        if (example == null) { // a scan for examples follows
            found.addDefect(defect, null);
        } else {
            found.add(defect, of, example);
        }
    }

    private @Nullable String example(R row) {
        return reader.withExamples() ? reader.example(row) : null;
    }

    /** The report of all rows; to be asked for once, at the end. */
    ScanReport report() {
        if (firstSize != null && rowsOfFirstSize > 0) {
            findings.addSize(firstSize, rowsOfFirstSize, null);
        }
        if (sparseRows > 0) {
            findings.addSparse(new SparseRows(sparseRows, namedValues, sparseValues));
        }
        return new ScanReport(findings.snapshot(), gradientFindings.snapshot());
    }
}
