package io.github.sparkbatchnorm.jobs.console;

import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.HorizontalAlign;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.Collectors;

/** A table for the terminal. */
public final class TextTable {
    /** The rows that a table shows before it leaves some out. */
    public static final int MAX_ROWS = 40;

    private static final int FIRST_ROWS = 15;
    private static final int LAST_ROWS = 5;
    private static final int MAX_NAME = 32;
    private static final int MAX_WIDTH = 1000;

    private TextTable() {}

    /**
     * Lays out rows in columns.
     *
     * @param leftAligned how many of the first columns are left-aligned; the others are right-aligned
     */
    public static String of(List<String> headers, int leftAligned, List<String[]> rows) {
        Column[] columns = new Column[headers.size()];
        for (int i = 0; i < columns.length; i++) {
            HorizontalAlign align = i < leftAligned ? HorizontalAlign.LEFT : HorizontalAlign.RIGHT;
            columns[i] = new Column()
                    .header(headers.get(i))
                    .headerAlign(align)
                    .dataAlign(align)
                    .maxWidth(MAX_WIDTH);
        }
        return AsciiTable.builder()
                .lineSeparator("\n")
                .border(AsciiTable.BASIC_ASCII_NO_DATA_SEPARATORS_NO_OUTSIDE_BORDER)
                .data(columns, rows.toArray(String[][]::new))
                .asString()
                .lines()
                .map(String::stripTrailing)
                .collect(Collectors.joining("\n"));
    }

    /**
     * Lays out rows in columns; of many rows only the first and the last.
     *
     * @param leftAligned how many of the first columns are left-aligned; the others are right-aligned
     * @param rows the number of rows
     * @param row the cells of a row
     * @param what the rows are, in the plural
     * @param whole what has all of them
     */
    public static String shortened(
            List<String> headers, int leftAligned, int rows, IntFunction<String[]> row, String what, String whole) {
        boolean all = rows <= MAX_ROWS;
        List<String[]> shown = new ArrayList<>();
        for (int i = 0; i < (all ? rows : FIRST_ROWS); i++) {
            shown.add(row.apply(i));
        }
        if (!all) {
            String[] gap = new String[headers.size()];
            Arrays.fill(gap, "...");
            shown.add(gap);
            for (int i = rows - LAST_ROWS; i < rows; i++) {
                shown.add(row.apply(i));
            }
        }
        String table = of(headers, leftAligned, shown);
        String left = rows - FIRST_ROWS - LAST_ROWS + " of " + rows + " " + what + " are left out here; " + whole
                + " has all of them";
        return all ? table : table + "\n" + left;
    }

    /** A name as a cell: one line, cut where it is long. */
    public static String name(String text) {
        String line = text.replaceAll("\\s+", " ");
        return line.length() <= MAX_NAME ? line : line.substring(0, MAX_NAME - 3) + "...";
    }
}
