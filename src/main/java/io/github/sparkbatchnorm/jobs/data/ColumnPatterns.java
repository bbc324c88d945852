package io.github.sparkbatchnorm.jobs.data;

import io.github.sparkbatchnorm.jobs.console.UsageException;
import io.github.sparkbatchnorm.spark.TensorDataset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.sql.types.BooleanType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DecimalType;
import org.apache.spark.sql.types.NumericType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * Names of channel columns with patterns among them: {@code f_*} is every column of numbers whose name begins so, in
 * the order of the schema, and {@code !f_id} leaves columns out. A column that has just such a name wins, and so does a
 * name in backquotes.
 */
public final class ColumnPatterns {
    private final StructType schema;
    private final boolean caseSensitive;
    private final Set<String> others;

    /**
     * Patterns over a schema.
     *
     * @param otherColumns texts that name columns which are no channels, such as the batch column
     */
    public ColumnPatterns(StructType schema, boolean caseSensitive, List<String> otherColumns) {
        this.schema = schema;
        this.caseSensitive = caseSensitive;
        this.others = otherColumns.stream()
                .flatMap(text -> TensorDataset.columnOf(schema, text).stream())
                .collect(Collectors.toSet());
    }

    /** Whether a name can be a pattern, which only a schema can tell. */
    public static boolean mayBe(String name) {
        return !name.startsWith("`") && (name.startsWith("!") || name.contains("*"));
    }

    /**
     * The names that patterns stand for, in backquotes; other names stay as they are.
     *
     * @throws UsageException if a pattern matches no column of numbers, or a column of decimals, or nothing is left
     */
    public List<String> expand(List<String> names) {
        Set<String> excluded = names.stream()
                .filter(name -> isPattern(name) && name.startsWith("!"))
                .flatMap(name -> matching(name.substring(1)).map(StructField::name))
                .collect(Collectors.toSet());
        Map<String, String> expanded = new LinkedHashMap<>(); // by name without backquotes
        for (String name : names) {
            if (!isPattern(name)) {
                if (!excluded.contains(bare(name))) {
                    expanded.putIfAbsent(bare(name), name);
                }
            } else if (!name.startsWith("!")) {
                channels(name, excluded).forEach(column -> expanded.putIfAbsent(bare(column), column));
            }
        }
        if (expanded.isEmpty()) {
            throw new UsageException("--columns " + String.join(",", names)
                    + " leaves no column; name one, or a pattern such as * before what is left out");
        }
        return List.copyOf(expanded.values());
    }

    private static String bare(String name) {
        return name.length() > 1 && name.startsWith("`") && name.endsWith("`")
                ? name.substring(1, name.length() - 1)
                : name;
    }

    private boolean isPattern(String name) {
        return mayBe(name) && !Arrays.asList(schema.fieldNames()).contains(name);
    }

    private List<String> channels(String pattern, Set<String> excluded) {
        List<StructField> numbers = matching(pattern)
                .filter(field -> isNumber(field.dataType()) && !others.contains(field.name()))
                .toList();
        if (numbers.isEmpty()) {
            throw new UsageException("--columns " + pattern + " matches no column of numbers; the columns are "
                    + String.join(", ", schema.fieldNames()));
        }
        List<String> names = new ArrayList<>();
        for (StructField field : numbers) {
            if (excluded.contains(field.name())) {
                continue;
            }
            if (field.dataType() instanceof DecimalType) {
                throw new UsageException("--columns " + pattern + " matches " + field.name() + " of type "
                        + field.dataType().simpleString() + "; cast it to double, or leave it out with !"
                        + field.name());
            }
            names.add("`" + field.name() + "`");
        }
        return names;
    }

    private Stream<StructField> matching(String glob) {
        String expression = Stream.of(glob.split("\\*", -1)).map(Pattern::quote).collect(Collectors.joining(".*"));
        Pattern pattern = Pattern.compile(
                expression,
                caseSensitive ? Pattern.DOTALL : Pattern.DOTALL | Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE);
        return Arrays.stream(schema.fields())
                .filter(field -> pattern.matcher(field.name()).matches());
    }

    private static boolean isNumber(DataType type) {
        return type instanceof NumericType || type instanceof BooleanType;
    }
}
