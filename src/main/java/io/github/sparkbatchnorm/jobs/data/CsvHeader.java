package io.github.sparkbatchnorm.jobs.data;

import io.github.sparkbatchnorm.layer.BatchNormException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The first lines of csv files whose columns Spark renames: columns without a name, and names that occur twice. */
final class CsvHeader {
    private static final Logger LOG = LoggerFactory.getLogger(CsvHeader.class);
    /** Names that Spark gives end in a number. */
    private static final Pattern NUMBERED = Pattern.compile(".*\\d");

    private final Dataset<Row> lines;
    private final List<String> names;
    private @Nullable List<String> first;

    /**
     * Creates the headers of files.
     *
     * @param lines all lines, with the first line of each file
     * @param names the names that Spark gives the columns; those of folders come last
     */
    CsvHeader(Dataset<Row> lines, List<String> names) {
        this.lines = lines;
        this.names = List.copyOf(names);
    }

    /** Whether some of these names may be given by Spark. */
    static boolean mayBeChanged(String[] names) {
        return Arrays.stream(names).anyMatch(name -> NUMBERED.matcher(name).matches());
    }

    /** Whether Spark leaves the names of the first line as they are. */
    boolean isTaken() {
        return names.subList(0, first().size()).equals(first());
    }

    private List<String> first() {
        List<String> found = first;
        if (found == null) {
            found = texts(lines.select(functions.array(cells())).head().getList(0));
            first = found;
        }
        return found;
    }

    private Column[] cells() {
        List<Column> cells = new ArrayList<>();
        for (String name : lines.columns()) {
            if (name.equals("_c" + cells.size())) {
                cells.add(functions.col(name));
            }
        }
        return cells.toArray(Column[]::new);
    }

    private static List<String> texts(List<@Nullable String> cells) {
        return cells.stream().map(cell -> cell == null ? "" : cell).toList();
    }

    /** Warns of the columns that Spark renames. */
    void warnOfNames() {
        List<String> changed = new ArrayList<>();
        for (int i = 0; i < first().size(); i++) {
            if (!first().get(i).equals(names.get(i))) {
                changed.add("column " + (i + 1) + " is " + names.get(i));
            }
        }
        LOG.warn("the csv header has columns without a name, or a name twice: {}", String.join(", ", changed));
    }

    /**
     * Checks that all files have one first line.
     *
     * @throws BatchNormException if one has another
     */
    void requireSame(String input) {
        Column line = functions.array(cells());
        Set<String> headers =
                new HashSet<>(lines.select(functions.input_file_name(), functions.input_file_block_start(), line)
                        .toJavaRDD()
                        .mapPartitions(rows -> {
                            Set<String> found = new HashSet<>();
                            String file = "";
                            while (rows.hasNext()) {
                                Row row = rows.next();
                                if (row.getLong(1) == 0 && !row.getString(0).equals(file)) {
                                    file = row.getString(0);
                                    found.add(String.join(", ", texts(row.getList(2))));
                                }
                            }
                            return found.iterator();
                        })
                        .collect());
        String expected = String.join(", ", first());
        headers.remove(expected);
        if (!headers.isEmpty()) {
            throw new BatchNormException("input " + input + ": a file begins with '" + Collections.min(headers)
                    + "', another one with '" + expected + "'; expected the same first line");
        }
    }
}
