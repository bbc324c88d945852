package io.github.sparkbatchnorm.spark.scan;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.spark.codec.RowDefect;
import io.github.sparkbatchnorm.spark.codec.SampleSize;
import io.github.sparkbatchnorm.spark.codec.TensorColumn;
import io.github.sparkbatchnorm.spark.rows.RowReport;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The checks of what a scan found. Each fails with one message, the same for every partitioning. */
final class ScanChecks {
    private final ScanInput input;
    private final NonFinitePolicy policy;
    private final Supplier<ScanReport> examples;

    /** @param examples scans once more, for a report with the smallest example of each kind of defect */
    ScanChecks(ScanInput input, NonFinitePolicy policy, Supplier<ScanReport> examples) {
        this.input = input;
        this.policy = policy;
        this.examples = examples;
    }

    /** @throws BatchNormException if there are rows that cannot be used */
    void rows(ScanReport found) {
        if (hasErrors(found)) {
            ScanReport again = examples.get();
            // That scan counts values that are not finite, whether they are an error or not.
            ScanReport errors = policy == NonFinitePolicy.FAIL ? again : again.withoutNonFinite();
            throw new BatchNormException(describe(hasErrors(errors) ? errors : found));
        }
    }

    private boolean hasErrors(ScanReport found) {
        return found.values().hasErrors(input.tensor().expectedSize())
                || found.gradients().hasErrors(null);
    }

    private String describe(ScanReport found) {
        List<String> errors = new ArrayList<>();
        SampleSize expected = input.tensor().expectedSize();
        if (found.values().hasErrors(expected)) {
            errors.add(found.values().describe(input.tensor(), expected));
        }
        TensorColumn gradients = input.gradients();
        if (gradients != null && found.gradients().hasErrors(null)) {
            errors.add(found.gradients().describe(gradients, null));
        }
        return String.join("; ", errors);
    }

    /**
     * Tells C.
     *
     * @param expectedChannels C that a state tells; empty if nothing does
     * @throws BatchNormException if nothing tells C, or it is not the expected one
     */
    int channels(MergedBatches.Totals totals, OptionalInt expectedChannels) {
        int found = totals.channels() == 0 ? input.tensor().knownChannels().orElse(0) : totals.channels();
        if (found == 0) {
            found = expectedChannels.orElseThrow(() ->
                    new BatchNormException(noValues(totals.report().values().rowsWithoutValues())
                            + ": cannot tell the number of channels; set shape"));
        }
        int expected = expectedChannels.orElse(found);
        if (expected != found) {
            throw new BatchNormException(input.tensor().describe() + ": C = " + found + "; expected C = " + expected
                    + ", as the state has: give the state of this column");
        }
        return found;
    }

    private String noValues(long rows) {
        return rows == 0
                ? "no rows"
                : String.format(
                        Locale.ROOT,
                        "%s: %,d %s, all %s",
                        input.tensor().describe(),
                        rows,
                        rows == 1 ? "row" : "rows",
                        input.tensor().dropsInvalid() ? "skipped since they hold nulls" : "null");
    }

    /** @throws BatchNormException if there are values that are not finite, and the policy is to fail */
    void finite(MergedBatches.Totals totals) {
        String values = describe(totals.nonFiniteValues(), input.tensor());
        String gradients = describe(totals.nonFiniteGradients(), input.gradients());
        if (values.isEmpty() && gradients.isEmpty()) {
            return;
        }
        ScanReport again = examples.get();
        List<String> errors = new ArrayList<>();
        if (!values.isEmpty()) {
            errors.add(values + rows(again.values()));
        }
        if (!gradients.isEmpty()) {
            errors.add(gradients + rows(again.gradients()));
        }
        throw new BatchNormException(String.join("; ", errors)
                + "; expected finite values, or set nonFinite to propagate, skip-batch or ignore");
    }

    private static String describe(NonFiniteCounts counts, @Nullable TensorColumn column) {
        String channels = column == null ? "" : counts.describe(column);
        return column == null || channels.isEmpty()
                ? ""
                : column.describe() + ": values that are not finite in channel " + channels;
    }

    private static String rows(RowReport examples) {
        RowReport.Tally rows = examples.tally(RowDefect.NON_FINITE);
        return rows == null ? "" : "; " + rows;
    }
}
