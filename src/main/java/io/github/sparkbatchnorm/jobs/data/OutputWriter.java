package io.github.sparkbatchnorm.jobs.data;

import io.github.sparkbatchnorm.jobs.console.ErrorLine;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.spark.shims.ArrayParquetFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkException;
import org.apache.spark.sql.DataFrameWriter;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Observation;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.types.UserDefinedType;
import scala.concurrent.Await;
import scala.concurrent.duration.FiniteDuration;

/**
 * Writes a normalized data set.
 *
 * @param format a data source of Spark
 * @param options for the writer; they win over our defaults
 * @param partitionColumns columns whose values become the names of folders
 */
public record OutputWriter(String format, Map<String, String> options, List<String> partitionColumns) {
    private static final String DICTIONARY = "parquet.enable.dictionary";

    /** With microseconds, which Spark's own default drops. */
    private static final String TIMESTAMP = "yyyy-MM-dd'T'HH:mm:ss.SSSSSS";

    /** To the second, as offsets were before 1900. */
    private static final String OFFSET = "XXXXX";

    /** How long Spark may take to tell the number of rows after it has written them. */
    private static final FiniteDuration OBSERVED = FiniteDuration.apply(10, TimeUnit.SECONDS);

    public OutputWriter {
        options = Map.copyOf(options);
        partitionColumns = List.copyOf(partitionColumns);
    }

    public OutputWriter(String format, Map<String, String> options) {
        this(format, options, List.of());
    }

    public OutputWriter partitionedBy(List<String> columns) {
        return new OutputWriter(format, options, columns);
    }

    public boolean isCsv() {
        return format.equalsIgnoreCase(InputFormat.CSV);
    }

    /**
     * Writes all rows to a folder that is not there yet.
     *
     * @param normalized the columns that are ours
     */
    public void write(Dataset<Row> data, List<String> normalized, Path folder) {
        DataFrameWriter<Row> writer = plainWriter(data, normalized);
        save(isParquet() ? writer.format(ArrayParquetFormat.class.getName()) : writer, folder);
    }

    /** Spark's own writer with all settings, as {@link #write}. */
    public DataFrameWriter<Row> plainWriter(Dataset<Row> data, List<String> normalized) {
        DataFrameWriter<Row> writer = data.write().format(format).partitionBy(partitionColumns.toArray(String[]::new));
        if (isCsv()) {
            writer = writer.option("header", true)
                    .option("escape", "\"")
                    .option("ignoreLeadingWhiteSpace", false)
                    .option("ignoreTrailingWhiteSpace", false);
        }
        if (format.equalsIgnoreCase(InputFormat.JSON)) {
            writer = writer.option("ignoreNullFields", false); // else columns that are null throughout are lost
        }
        if (isCsv() || format.equalsIgnoreCase(InputFormat.JSON)) {
            writer = writer.option("timestampFormat", TIMESTAMP + OFFSET).option("timestampNTZFormat", TIMESTAMP);
        }
        if (isParquet() && options.keySet().stream().noneMatch(this::isDictionary)) {
            for (String leaf : floatLeaves(data.schema(), normalized)) {
                // Normalized values hardly repeat: a dictionary costs time and saves nothing.
                writer = writer.option(DICTIONARY + "#" + leaf, false);
            }
        }
        return writer.options(options);
    }

    private boolean isParquet() {
        return format.equalsIgnoreCase(InputFormat.PARQUET);
    }

    private void save(DataFrameWriter<Row> writer, Path folder) {
        try {
            writer.save(folder.toString());
        } catch (Exception e) {
            // Scala throws checked exceptions that are not declared. What failed in a task is no matter of the format.
            if (ErrorLine.isUnderstood(e) || e instanceof SparkException) {
                throw e;
            }
            throw new BatchNormException(
                    "the output cannot be written as " + format + ": " + ErrorLine.reason(e)
                            + "; check --output-format and --output-option",
                    e);
        }
    }

    /**
     * Writes all rows to a folder that does not exist yet, as {@link #write} does, and counts them.
     *
     * @return the number of rows
     */
    public long writeAndCount(Dataset<Row> data, List<String> normalized, Path folder) {
        Observation written = new Observation();
        write(data.observe(written, functions.count(functions.lit(1)).as("rows")), normalized, folder);
        try {
            return Await.result(written.future(), OBSERVED).getLong(0);
        } catch (TimeoutException e) {
            return data.count(); // a connector with a query of its own, or a slow listener, keeps the number from us
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BatchNormException("interrupted before anything was published; nothing was changed", e);
        }
    }

    private boolean isDictionary(String key) {
        return key.toLowerCase(Locale.ROOT).startsWith(DICTIONARY);
    }

    /** Parquet's paths of the columns that hold floats or doubles. */
    static List<String> floatLeaves(StructType schema, List<String> names) {
        List<String> leaves = new ArrayList<>();
        for (String name : names) {
            addFloatLeaves(name, schema.apply(name).dataType(), leaves);
        }
        return leaves;
    }

    private static void addFloatLeaves(String path, DataType type, List<String> leaves) {
        if (type instanceof ArrayType array) {
            addFloatLeaves(path + ".list.element", array.elementType(), leaves);
        } else if (type instanceof UserDefinedType<?> vector) {
            addFloatLeaves(path, vector.sqlType(), leaves);
        } else if (type instanceof StructType struct) {
            for (StructField field : struct.fields()) {
                addFloatLeaves(path + "." + field.name(), field.dataType(), leaves);
            }
        } else if (type.equals(DataTypes.FloatType) || type.equals(DataTypes.DoubleType)) {
            leaves.add(path);
        }
    }
}
