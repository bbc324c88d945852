package io.github.sparkbatchnorm.regression.audit;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** An audit as the cells of tables. */
public final class AuditTable {
    /** The headers of {@link #rows}; the first three columns are text. */
    public static final List<String> HEADERS =
            List.of("input", "function", "group", "rows", "Spark", "exact", "ulps", "answers", "ours");

    /** How many of the columns are text. */
    public static final int TEXT_COLUMNS = 3;

    private static final String NONE = "-";

    private AuditTable() {}

    /**
     * {@return the cells of each line: of answers by group, those of the worst group}
     *
     * @param lines of an audit
     */
    public static List<String[]> rows(List<AuditLine> lines) {
        List<String[]> rows = new ArrayList<>();
        for (AuditLine line : lines) {
            Finding engine = line.engine();
            rows.add(new String[] {
                line.data(),
                line.function(),
                line.groups() == 0 ? "" : engine.group() + " of " + line.groups(),
                line.rows() < 0 ? NONE : Long.toString(line.rows()),
                engine.found().toString(),
                engine.exact().toString(),
                engine.error().toString(),
                Integer.toString(engine.differentAnswers()),
                ours(line)
            });
        }
        return rows;
    }

    private static String ours(AuditLine line) {
        return line.ours() == null ? NONE : line.ours().error().toString();
    }

    /**
     * {@return the lines worth a look: answers that are not exact or change, and any of this library that is not exact}
     *
     * @param lines of an audit
     */
    public static List<AuditLine> notable(List<AuditLine> lines) {
        return lines.stream()
                .filter(line -> !line.engine().isExact() || line.engine().differentAnswers() > 1 || !line.isOursExact())
                .toList();
    }

    /**
     * {@return which operators ran, and for which functions: one sentence each, such as {@code HashAggregate, Exchange,
     * ColumnarToRow, Scan parquet: sum, avg}}
     *
     * @param lines of an audit
     */
    public static List<String> operators(List<AuditLine> lines) {
        Map<String, List<String>> functions = new LinkedHashMap<>();
        for (AuditLine line : lines) {
            List<String> of = functions.computeIfAbsent(
                    String.join(", ", line.engine().operators()), operators -> new ArrayList<>());
            if (!of.contains(line.function())) {
                of.add(line.function());
            }
        }
        List<String> sentences = new ArrayList<>();
        functions.forEach((operators, of) ->
                sentences.add((operators.isEmpty() ? "none" : operators) + ": " + String.join(", ", of)));
        return sentences;
    }
}
