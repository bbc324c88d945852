package io.github.sparkbatchnorm.spark.rows;

import java.util.List;
import java.util.function.Function;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.functions;

/** A row in words, for messages. */
public final class RowText {
    private static final int MAX_LENGTH = 200;

    private RowText() {}

    /**
     * {@return a string column that shows columns of a row as {@code a=1, b=x}, cut at 200 characters}
     *
     * @param names the names of the columns
     * @param column finds a column by its name
     */
    public static Column of(List<String> names, Function<String, Column> column) {
        return of(names, names.stream().map(column).toList());
    }

    /**
     * {@return the same of columns that their names do not tell apart}
     *
     * @param names the names to show
     * @param columns one for each name
     */
    public static Column of(List<String> names, List<Column> columns) {
        Column[] parts = new Column[names.size()];
        for (int i = 0; i < parts.length; i++) {
            parts[i] = functions.concat(
                    functions.lit(names.get(i) + "="),
                    functions.coalesce(columns.get(i).cast("string"), functions.lit("null")));
        }
        return functions.substring(functions.concat_ws(", ", parts), 1, MAX_LENGTH);
    }
}
