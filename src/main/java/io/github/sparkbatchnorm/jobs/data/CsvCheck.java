package io.github.sparkbatchnorm.jobs.data;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.spark.rows.RowText;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;

/**
 * One scan of csv rows: it counts the rows that cannot be read, and finds which kinds of cells each column of numbers
 * has.
 */
final class CsvCheck {
    private static final int EXAMPLE_LENGTH = 200;

    private final Dataset<Row> rows;
    private final String badRecordName;
    private final Column badRecord;
    private final List<NumberCell> cells;
    /** The kinds of cells of each column, then the number of bad rows. */
    private final long[] found;

    /**
     * Scans the rows.
     *
     * @param rows all columns as they are read
     * @param badRecord the column that holds the text of a row that cannot be read, and null for other rows
     * @param cells the columns of numbers
     */
    CsvCheck(Dataset<Row> rows, String badRecord, List<NumberCell> cells) {
        this.rows = rows;
        this.badRecordName = badRecord;
        this.badRecord = CsvInput.column(badRecord);
        this.cells = List.copyOf(cells);
        this.found = scan();
    }

    private long[] scan() {
        int columns = cells.size();
        List<NumberCell> all = List.copyOf(cells);
        List<Column> read = new ArrayList<>(List.of(badRecord.isNotNull()));
        all.forEach(cell -> read.add(CsvInput.column(cell.name())));
        read.add(aCell());
        return rows.select(read.toArray(Column[]::new))
                .toJavaRDD()
                .mapPartitions(some -> {
                    long[] kinds = new long[columns + 1];
                    while (some.hasNext()) {
                        Row row = some.next();
                        if (row.getBoolean(0)) {
                            kinds[columns]++;
                            continue;
                        }
                        for (int c = 0; c < columns; c++) {
                            kinds[c] |= all.get(c).kind(row.getString(c + 1));
                        }
                    }
                    return List.of(kinds).iterator();
                })
                .fold(new long[columns + 1], (a, b) -> {
                    long[] both = a.clone();
                    for (int c = 0; c < columns; c++) {
                        both[c] |= b[c];
                    }
                    both[columns] += b[columns];
                    return both;
                });
    }

    /** A column of the files, without which Spark refuses a query of the bad records. */
    private Column aCell() {
        return CsvInput.column(rows.columns()[0]);
    }

    /** How many rows have more or fewer cells than the header. */
    long badRows() {
        return found[cells.size()];
    }

    /** The kinds of cells that a column of numbers has, one bit for each kind. */
    int kinds(int cell) {
        return (int) found[cell];
    }

    /**
     * Checks that no row is bad.
     *
     * @param typed whether a row is also bad if a cell has another type than Spark inferred
     * @throws BatchNormException with the smallest bad row
     */
    void requireNoBadRow(String input, boolean typed) {
        if (badRows() > 0) {
            // A filter would be applied before Spark knows which rows are bad.
            Column badText = functions.when(badRecord.isNotNull(), badRecord);
            String example = rows.select(functions.min(badText), functions.count(aCell()))
                    .head()
                    .getString(0);
            throw new BatchNormException(String.format(
                    "input %s: %s with more or fewer cells than the first line%s, e.g. '%s'; expected as many: mend the"
                            + " file, give --handle-invalid skip, or --option multiLine=true where cells hold line ends",
                    input,
                    count(badRows()),
                    typed ? ", or a cell of another type than those seen" : "",
                    example.length() <= EXAMPLE_LENGTH ? example : example.substring(0, EXAMPLE_LENGTH) + "..."));
        }
    }

    /**
     * Checks that columns of numbers hold only numbers.
     *
     * @throws BatchNormException with the smallest text in the first column that holds one, and a row with that text
     */
    void requireNumbers() {
        for (int c = 0; c < cells.size(); c++) {
            int odd = NumberCell.odd(kinds(c));
            if (odd != 0) {
                throw notANumber(cells.get(c), odd);
            }
        }
    }

    private BatchNormException notANumber(NumberCell cell, int odd) {
        Column isOdd = badRecord.isNull().and(cell.kinds().bitwiseAND(odd).notEqual(0));
        Row worst = rows.select(
                        functions.count_if(isOdd),
                        functions.min(functions.when(
                                isOdd, functions.struct(functions.trim(CsvInput.column(cell.name())), others(cell)))))
                .head();
        Row example = worst.getStruct(1);
        String others = example.getString(1);
        return new BatchNormException(String.format(
                "column %s: no number in %s, e.g. '%s'%s; expected numbers, NaN, Inf, NA or nothing in each cell",
                cell.name(),
                count(worst.getLong(0)),
                example.getString(0),
                others.isEmpty() ? "" : " where " + others));
    }

    /** The other columns of a row in words. */
    private Column others(NumberCell cell) {
        List<String> names = Arrays.stream(rows.columns())
                .filter(name -> !name.equals(cell.name()) && !name.equals(badRecordName))
                .toList();
        return RowText.of(names, CsvInput::column);
    }

    private static String count(long rows) {
        return rows + (rows == 1 ? " row" : " rows");
    }
}
