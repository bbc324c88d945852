package io.github.sparkbatchnorm.spark.rows;

import io.github.sparkbatchnorm.spark.codec.RowDefect;
import io.github.sparkbatchnorm.spark.codec.SampleSize;
import io.github.sparkbatchnorm.spark.codec.TensorColumn;
import io.github.sparkbatchnorm.spark.rows.RowReport.Tally;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The errors of a report in words.
 *
 * @param report of rows that cannot be used
 * @param column that the samples are read from
 * @param expected the size of each sample; null for any one size
 */
record RowErrors(RowReport report, TensorColumn column, @Nullable SampleSize expected) {
    /** Sizes that a message lists. */
    private static final int MAX_SIZES = 5;

    /** Columns with nulls that a message lists. */
    private static final int MAX_COLUMNS = 10;

    /** One line that tells the column and all errors. */
    String describe() {
        List<String> errors = new ArrayList<>();
        report.defects().forEach((defect, tally) -> errors.add(defect.describe(rows(defect, tally))));
        if (report.hasWrongSizes(expected)) {
            errors.add(sizes());
        }
        return column.describe() + ": " + String.join("; ", errors);
    }

    /** Such as {@code 2 rows, e.g. id=17}, or of channel columns {@code a (2 rows), b (1 row), e.g. b=null, id=17}. */
    private String rows(RowDefect defect, Tally rows) {
        Map<Integer, Long> nulls = report.nulls();
        if (defect != RowDefect.NULL_CHANNEL
                || nulls.isEmpty()
                || column.paths().size() == 1) {
            return rows.toString();
        }
        List<String> listed = new ArrayList<>();
        nulls.forEach((channel, count) -> {
            if (listed.size() < MAX_COLUMNS) {
                listed.add(column.channelName(channel) + " (" + new Tally(count, null) + ")");
            }
        });
        String more = nulls.size() > MAX_COLUMNS ? " and " + (nulls.size() - MAX_COLUMNS) + " more columns" : "";
        return rows.withExample(String.join(", ", listed) + more);
    }

    private String sizes() {
        Map<SampleSize, Tally> sizes = report.sizes();
        Map<SampleSize, Tally> wrong = new TreeMap<>(sizes);
        if (expected != null) {
            wrong.remove(expected);
        }
        SampleSize common = sizes.entrySet().stream()
                .max(Map.Entry.comparingByValue((a, b) -> Long.compare(a.rows(), b.rows())))
                .orElseThrow()
                .getKey();
        StringBuilder text = new StringBuilder("rows of ").append(common.noun()).append(' ');
        int shown = 0;
        for (Map.Entry<SampleSize, Tally> entry : wrong.entrySet()) {
            if (shown == MAX_SIZES) {
                text.append(" and ").append(wrong.size() - shown).append(" more");
                break;
            }
            text.append(shown == 0 ? "" : shown == wrong.size() - 1 ? " and " : ", ");
            boolean usual = expected == null && entry.getKey().equals(common) && wrong.size() > 1;
            Tally tally = usual ? new Tally(entry.getValue().rows(), null) : entry.getValue();
            text.append(entry.getKey().numbers()).append(" (").append(tally).append(')');
            shown++;
        }
        return text.append("; expected ").append(expected(common.noun())).toString();
    }

    private String expected(String noun) {
        if (expected != null) {
            SampleShape shape = column.expectedShape();
            boolean isFolded = expected.noun().equals("length") && shape != null && shape.rank() > 1;
            return expected + (isFolded ? ", of shape " + shape : "");
        } else if (!noun.equals("length")) {
            return "the same " + noun + " in each row";
        } else if (report.sizes().keySet().stream().anyMatch(SampleSize::isEmpty)) {
            return "one length of 1 or more: fill or filter the rows without values";
        }
        return "one length or set shape";
    }
}
