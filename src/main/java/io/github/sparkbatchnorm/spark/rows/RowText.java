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
        Column[] parts = names.stream()
                .map(name -> functions.concat(
                        functions.lit(name + "="),
                        functions.coalesce(column.apply(name).cast("string"), functions.lit("null"))))
                .toArray(Column[]::new);
        return functions.substring(functions.concat_ws(", ", parts), 1, MAX_LENGTH);
    }
}
