package io.github.sparkbatchnorm.jobs.console;

import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.HorizontalAlign;
import java.util.List;
import java.util.stream.Collectors;

/** A table for the terminal. */
public final class TextTable {
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
}
