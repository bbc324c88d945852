package io.github.sparkbatchnorm.spark.rows;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.functions;

/** A row in words, for messages. */
public final class RowText {
    /** Text of more than 200 characters, and the first 199 of it. */
    private static final String TOO_LONG = "(?s)^(.{199}).{2,}$";

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
        return withNulls(List.of(), List.of(), names, columns);
    }

    /**
     * {@return the same, with columns before these that are shown where they are null, as {@code c=null}}
     *
     * @param nullable the names to show of columns that may be null
     * @param nulls one for each of these names
     * @param names the names to show of the columns that are shown in any row
     * @param columns one for each of these names
     */
    static Column withNulls(List<String> nullable, List<Column> nulls, List<String> names, List<Column> columns) {
        List<Column> parts = new ArrayList<>();
        for (int i = 0; i < nullable.size(); i++) {
            parts.add(functions.when(nulls.get(i).isNull(), nullable.get(i) + "=null"));
        }
        for (int i = 0; i < names.size(); i++) {
            parts.add(functions.concat(
                    functions.lit(names.get(i) + "="),
                    functions.coalesce(columns.get(i).cast("string"), functions.lit("null"))));
        }
        Column text = functions.concat_ws(", ", parts.toArray(Column[]::new));
        return functions.regexp_replace(text, TOO_LONG, "$1…");
    }
}
