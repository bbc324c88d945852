package io.github.sparkbatchnorm.spark.codec;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/**
 * A column of a schema, or a field of its structs.
 *
 * <p>The text {@code s.x} names the column {@code s.x} if there is one, else the field x of the column s. Backquotes
 * take a part of the text literally, as in SQL: {@code `a.b`}, {@code s.`a.b`}; a backquote within them is doubled.
 *
 * @param parts the name of the column, then the names of the fields, as the schema has them
 * @param field the innermost field, or the column itself
 */
public record ColumnPath(List<String> parts, StructField field) implements Serializable {
    private static final long serialVersionUID = 1L;

    private static final int MAX_LISTED = 200;
    private static final char QUOTE = '`';

    /**
     * Copies the list of names.
     *
     * @param parts one name or more
     * @param field the field that the last name names
     */
    public ColumnPath {
        parts = List.copyOf(parts);
    }

    /** A column that stands in no schema, such as the samples of an RDD. */
    static ColumnPath named(String name, DataType type) {
        return new ColumnPath(List.of(name), DataTypes.createStructField(name, type, true));
    }

    /**
     * Finds what a text names. A name that differs in case alone will do where no other is the same.
     *
     * @throws IllegalArgumentException if there is none, or more than one
     */
    static ColumnPath find(StructType schema, String text) {
        return findAll(schema, List.of(text)).get(0);
    }

    /**
     * Finds what texts name, in time linear in the columns, as {@link #find} does.
     *
     * @throws IllegalArgumentException if there is none for a text, or more than one
     */
    static List<ColumnPath> findAll(StructType schema, List<String> texts) {
        Fields fields = new Fields(schema);
        return texts.stream().map(text -> find(fields, text)).toList();
    }

    private static ColumnPath find(Fields columns, String text) {
        if (text.indexOf(QUOTE) != 0) {
            List<StructField> whole = columns.named(text);
            if (whole.size() == 1 || text.indexOf('.') < 0) {
                StructField field = columns.only(whole, text, "column");
                return new ColumnPath(List.of(field.name()), field);
            }
        }
        List<String> names = parse(text);
        List<String> parts = new ArrayList<>();
        StructField field = columns.only(columns.named(names.get(0)), names.get(0), "column");
        boolean nullable = field.nullable();
        parts.add(field.name());
        for (String name : names.subList(1, names.size())) {
            Fields within = new Fields(fieldsOf(field, text));
            field = within.only(within.named(name), name, "field");
            nullable |= field.nullable(); // no field has a value where its struct is null
            parts.add(field.name());
        }
        return new ColumnPath(parts, new StructField(field.name(), field.dataType(), nullable, field.metadata()));
    }

    /** The fields of a struct by name: exact, else in any case. */
    private static final class Fields {
        private final StructType struct;
        private final Map<String, List<StructField>> exact;
        private @Nullable Map<String, List<StructField>> anyCase;

        Fields(StructType struct) {
            this.struct = struct;
            this.exact = byName(HashMap::new);
        }

        private Map<String, List<StructField>> byName(Supplier<Map<String, List<StructField>>> map) {
            return Arrays.stream(struct.fields())
                    .collect(Collectors.groupingBy(StructField::name, map, Collectors.toList()));
        }

        List<StructField> named(String name) {
            List<StructField> found = exact.get(name);
            if (found != null) {
                return found;
            }
            if (anyCase == null) {
                anyCase = byName(() -> new TreeMap<>(String.CASE_INSENSITIVE_ORDER));
            }
            return anyCase.getOrDefault(name, List.of());
        }

        StructField only(List<StructField> found, String name, String kind) {
            if (found.size() != 1) {
                throw new IllegalArgumentException(
                        (found.isEmpty() ? "no " + kind + " " : found.size() + " " + kind + "s ") + name + "; the "
                                + kind + "s are " + abbreviate(String.join(", ", struct.fieldNames())));
            }
            return found.get(0);
        }
    }

    private static StructType fieldsOf(StructField field, String text) {
        if (field.dataType() instanceof StructType struct) {
            return struct;
        }
        throw new IllegalArgumentException("no column " + text + ": " + field.name() + " is of type "
                + field.dataType().simpleString() + "; expected a struct");
    }

    private static List<String> parse(String text) {
        List<String> parts = new ArrayList<>();
        StringBuilder part = new StringBuilder();
        boolean quoted = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == QUOTE && quoted && i + 1 < text.length() && text.charAt(i + 1) == QUOTE) {
                part.append(QUOTE);
                i++;
            } else if (c == QUOTE) {
                quoted = !quoted;
            } else if (c == '.' && !quoted) {
                parts.add(part.toString());
                part.setLength(0);
            } else {
                part.append(c);
            }
        }
        if (quoted) {
            throw new IllegalArgumentException("column " + text + " has a backquote that does not end; expected two");
        }
        parts.add(part.toString());
        return parts;
    }

    /** Columns in words: {@code column x}, or {@code columns a, b, c}. */
    static String describe(List<String> columns) {
        return columns.size() == 1 ? "column " + columns.get(0) : "columns " + abbreviate(String.join(", ", columns));
    }

    static String abbreviate(String text) {
        return text.length() <= MAX_LISTED ? text : text.substring(0, MAX_LISTED) + "...";
    }

    /** Whether it is a column, no field of one. */
    boolean isColumn() {
        return parts.size() == 1;
    }

    /** {@return the name of the column that this path names, or that its field is in} */
    public String column() {
        return parts.get(0);
    }

    /** The name of the innermost field. */
    String lastName() {
        return parts.get(parts.size() - 1);
    }

    DataType type() {
        return field.dataType();
    }

    /** {@return the column or field of a data set that has it} */
    public Column toColumn() {
        return functions.col(parts.stream().map(ColumnPath::quote).collect(Collectors.joining(".")));
    }

    /**
     * {@return a name in backquotes, which Spark's expressions take literally}
     *
     * @param name the name of one column or field
     */
    public static String quote(String name) {
        return QUOTE + name.replace("`", "``") + QUOTE;
    }

    /** What {@link #find} takes; in backquotes only where it would mean something else without. */
    @Override
    public String toString() {
        return parts.stream()
                .map(part -> part.matches("[^.,`]+") ? part : quote(part))
                .collect(Collectors.joining("."));
    }
}
