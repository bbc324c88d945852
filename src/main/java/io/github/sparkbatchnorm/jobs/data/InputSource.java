package io.github.sparkbatchnorm.jobs.data;

import io.github.sparkbatchnorm.jobs.console.ErrorLine;
import io.github.sparkbatchnorm.jobs.console.SparkScope;
import io.github.sparkbatchnorm.jobs.console.UsageException;
import io.github.sparkbatchnorm.layer.BatchNormException;
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

/**
 * Where the data comes from.
 *
 * @param paths files and folders, or names of tables
 * @param format a data source of Spark, or {@code table}
 * @param options for the reader; they win over our defaults
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

    /** Whether it is a single path that is no pattern. */
    boolean isOnePath() {
        return !isTable() && paths.size() == 1 && !isPattern(paths.get(0));
    }

    /** Whether Spark expands a path. */
    static boolean isPattern(String path) {
        return PATTERN.matcher(path).find();
    }

    /** The paths as one text for people. */
    String description() {
        return paths.size() <= 3
                ? String.join(", ", paths)
                : paths.get(0) + " and " + (paths.size() - 1) + " more inputs";
    }

    /**
     * Reads the schema, and of csv also the rows, once, to check them.
     *
     * @param found takes what Spark will read, before all of it is read
     * @throws BatchNormException if Spark cannot read it
     */
    Dataset<Row> open(SparkScope spark, ColumnUse use, Consumer<Dataset<Row>> found) {
        spark.describe("schema of " + description());
        try {
            Dataset<Row> data = isTable() ? tables(spark.session(), found) : files(spark.session(), use, found);
            checkParsed(data);
            return data;
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

    private Dataset<Row> files(SparkSession session, ColumnUse use, Consumer<Dataset<Row>> found) {
        if (format.equalsIgnoreCase(InputFormat.CSV)) {
            return new CsvInput(session, this, use).open(found);
        }
        DataFrameReader reader = session.read().format(format).options(options);
        Dataset<Row> data = reader.load(pathArray());
        found.accept(data);
        List<String> folders = partitionFolders(data, use);
        return folders.isEmpty()
                ? data
                : reader.schema(use.asText(data.schema(), folders)).load(pathArray());
    }

    /**
     * The columns that stand in the names of folders, where the output gets such folders, too: it takes their place.
     */
    List<String> partitionFolders(Dataset<Row> data, ColumnUse use) {
        return use.inPlace()
                ? PartitionFolders.columns(
                        data,
                        new Path(paths.get(0)),
                        data.sparkSession().sparkContext().hadoopConfiguration())
                : List.of();
    }

    /** The paths for Spark's readers. */
    String[] pathArray() {
        return paths.toArray(String[]::new);
    }

    private Dataset<Row> tables(SparkSession session, Consumer<Dataset<Row>> found) {
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
        return all;
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
