package io.github.sparkbatchnorm.jobs.data;

import io.github.sparkbatchnorm.jobs.console.ErrorLine;
import io.github.sparkbatchnorm.jobs.console.SparkScope;
import io.github.sparkbatchnorm.jobs.console.UsageException;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.spark.tensor.HandleInvalid;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.DataFrameReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;

/**
 * The source of the data.
 *
 * @param paths files and folders, or names of tables
 * @param format a data source of Spark, or {@code table}
 * @param options options for Spark's reader, which win over the defaults
 */
public record InputSource(List<String> paths, String format, Map<String, String> options) {
    private static final String CORRUPT_RECORD = "_corrupt_record";
    private static final Pattern PATTERN = Pattern.compile("[{}\\[\\]*?\\\\]");

    public InputSource {
        paths = List.copyOf(paths);
        options = Map.copyOf(options);
    }

    boolean isTable() {
        return format.equalsIgnoreCase(InputFormat.TABLE);
    }

    /** Whether the source is a single path without wildcards. */
    boolean isOnePath() {
        return !isTable() && paths.size() == 1 && !isPattern(paths.get(0));
    }

    /** Whether Spark expands wildcards in a path. */
    static boolean isPattern(String path) {
        return PATTERN.matcher(path).find();
    }

    /** The paths in words, for messages. */
    String description() {
        return paths.size() <= 3
                ? String.join(", ", paths)
                : paths.get(0) + " and " + (paths.size() - 1) + " more inputs";
    }

    /**
     * The opened input.
     *
     * @param data all columns
     * @param partitionColumns the columns in the names of folders, outermost first, where the output replaces the input
     */
    record Opened(Dataset<Row> data, List<String> partitionColumns) {}

    /**
     * Reads the schema, and the rows of csv once, to check them.
     *
     * @param found takes the rows as Spark finds them, before all of them are read
     * @throws BatchNormException if Spark cannot read the input
     */
    Opened open(SparkScope spark, ColumnUse use, Consumer<Dataset<Row>> found) {
        spark.describe("schema of " + description());
        try {
            Opened opened = isTable() ? tables(spark.session(), found) : files(spark.session(), use, found);
            checkParsed(opened.data());
            return opened;
        } catch (Exception e) {
            // Scala throws checked exceptions that are not declared.
            if (ErrorLine.isUnderstood(e)) {
                throw e;
            }
            throw new BatchNormException(
                    "input " + description() + " cannot be read as " + format + ": " + ErrorLine.reason(e)
                            + "; check --input, --format and --option",
                    e);
        }
    }

    /**
     * The columns of the input, with the types that Spark finds or infers.
     *
     * @throws BatchNormException if Spark cannot read the input
     */
    public StructType schema(SparkScope spark, HandleInvalid handleInvalid) {
        ColumnUse use = new ColumnUse(List.of(), null, handleInvalid, false, false);
        return open(spark, use, found -> {}).data().schema();
    }

    private Opened files(SparkSession session, ColumnUse use, Consumer<Dataset<Row>> found) {
        boolean isCsv = format.equalsIgnoreCase(InputFormat.CSV);
        CsvInput csv = new CsvInput(session, this, use);
        DataFrameReader reader = session.read().format(format).options(options);
        Dataset<Row> first = isCsv ? csv.first() : reader.load(pathArray());
        found.accept(first);
        List<String> folders = use.inPlace()
                ? PartitionFolders.columns(
                        first, new Path(paths.get(0)), session.sparkContext().hadoopConfiguration())
                : List.of();
        if (isCsv) {
            return new Opened(csv.rows(first, folders), folders);
        }
        Dataset<Row> data = folders.isEmpty()
                ? first
                : reader.schema(use.asText(first.schema(), folders)).load(pathArray());
        return new Opened(data, folders);
    }

    /** The paths as an array, for Spark's readers. */
    String[] pathArray() {
        return paths.toArray(String[]::new);
    }

    private Opened tables(SparkSession session, Consumer<Dataset<Row>> found) {
        List<Dataset<Row>> tables = new ArrayList<>();
        for (String name : paths) {
            Dataset<Row> table = session.read().options(options).table(name);
            for (Dataset<Row> other : tables) {
                if (table.sameSemantics(other)) {
                    throw new UsageException("--input " + paths.get(tables.indexOf(other)) + " and --input " + name
                            + " mean the same rows, which would count twice; name each table once");
                }
            }
            tables.add(table);
        }
        Dataset<Row> all = tables.stream().reduce(Dataset::unionByName).orElseThrow();
        found.accept(all);
        return new Opened(all, List.of());
    }

    private void checkParsed(Dataset<Row> data) {
        String[] columns = data.columns();
        if (columns.length == 1 && columns[0].equals(CORRUPT_RECORD)) {
            throw new BatchNormException("input " + description() + ": no line can be read as " + format
                    + "; expected one " + format + " object a line, or give --option multiLine=true");
        }
        if (columns.length == 0) {
            throw new BatchNormException(
                    "input " + description() + " has no columns as " + format + "; check --input and --format");
        }
    }
}
