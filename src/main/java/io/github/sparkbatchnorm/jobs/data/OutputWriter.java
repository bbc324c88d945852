package io.github.sparkbatchnorm.jobs.data;

import io.github.sparkbatchnorm.jobs.console.ErrorLine;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.spark.shims.ArrayParquetFormat;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkContext;
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
 * Writes a data set with normalized columns.
 *
 * @param format a data source of Spark
 * @param options options for Spark's writer, which win over the defaults
 * @param partitionColumns the columns whose values become the names of folders
 */
public record OutputWriter(String format, Map<String, String> options, List<String> partitionColumns) {
    private static final String DICTIONARY = "parquet.enable.dictionary";

    /** Timestamps with microseconds, which Spark's default drops. */
    private static final String TIMESTAMP = "yyyy-MM-dd'T'HH:mm:ss.SSSSSS";

    /** Offsets with seconds, which time zones had before 1900. */
    private static final String OFFSET = "XXXXX";

    /** How long Spark may take to tell the number of rows after it has written them. */
    private static final FiniteDuration OBSERVED = FiniteDuration.apply(10, TimeUnit.SECONDS);

    /** How long tasks may take to see that their job has failed; those of other jobs may go on. */
    private static final long TASKS_SECONDS = 5;

    private static final long TASKS_STEP_MILLIS = 20;

    public OutputWriter {
        options = Map.copyOf(options);
        partitionColumns = List.copyOf(partitionColumns);
    }

    /** A writer without folders for partitions. */
    public OutputWriter(String format, Map<String, String> options) {
        this(format, options, List.of());
    }

    /** This writer with a folder for each value of some columns. */
    public OutputWriter partitionedBy(List<String> columns) {
        return new OutputWriter(format, options, columns);
    }

    /** Whether the format is csv. */
    public boolean isCsv() {
        return format.equalsIgnoreCase(InputFormat.CSV);
    }

    /**
     * Writes all rows to a folder that does not exist yet.
     *
     * @param normalized the names of the columns that hold normalized values or gradients
     */
    public void write(Dataset<Row> data, List<String> normalized, Path folder) {
        DataFrameWriter<Row> writer = plainWriter(data, normalized);
        try {
            save(isParquet() ? writer.format(ArrayParquetFormat.class.getName()) : writer, folder);
        } catch (Exception e) {
            awaitTasks(data.sparkSession().sparkContext());
            throw e;
        }
    }

    /** Spark's own writer with the options that {@link #write} uses. */
    public DataFrameWriter<Row> plainWriter(Dataset<Row> data, List<String> normalized) {
        DataFrameWriter<Row> writer = data.write().format(format).partitionBy(partitionColumns.toArray(String[]::new));
        if (isCsv()) {
            writer = writer.option("header", true)
                    .option("escape", "\"")
                    .option("ignoreLeadingWhiteSpace", false)
                    .option("ignoreTrailingWhiteSpace", false);
        }
        if (format.equalsIgnoreCase(InputFormat.JSON)) {
            writer = writer.option("ignoreNullFields", false); // a column of nulls would be lost
        }
        if (isCsv() || format.equalsIgnoreCase(InputFormat.JSON)) {
            writer = writer.option("timestampFormat", TIMESTAMP + OFFSET).option("timestampNTZFormat", TIMESTAMP);
        }
        if (isParquet() && options.keySet().stream().noneMatch(this::isDictionary)) {
            for (String leaf : floatLeaves(data.schema(), normalized)) {
                // Normalized values rarely repeat: a dictionary would cost time and save nothing.
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
            // Scala throws checked exceptions without declaring them. Failures in tasks are not about the format.
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
     * Waits for the tasks of a job that has failed. They go on until they see that it has, and what one writes after
     * the folder was deleted would stay.
     */
    private static void awaitTasks(SparkContext context) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(TASKS_SECONDS);
        try {
            while (!context.isStopped() && isAnyRunning(context) && System.nanoTime() < end) {
                TimeUnit.MILLISECONDS.sleep(TASKS_STEP_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static boolean isAnyRunning(SparkContext context) {
        return Arrays.stream(context.statusTracker().getExecutorInfos())
                .anyMatch(executor -> executor.numRunningTasks() > 0);
    }

    /**
     * Writes all rows to a folder that does not exist yet, as {@link #write} does, and counts them.
     *
     * @return the number of rows
     */
    public long writeAndCount(Dataset<Row> data, List<String> normalized, Path folder) {
        Observation written = new Observation();
        write(data.observe(written, functions.count(functions.lit(1)).as("rows")), normalized, folder);
        return rows(written, data);
    }

    /**
     * The number of rows that Spark has observed while it wrote them.
     *
     * @param data that was written
     */
    public static long rows(Observation written, Dataset<Row> data) {
        return rows(written, data, OBSERVED);
    }

    /**
     * The number of rows that Spark has observed, or that a count finds if Spark never tells it: a connector may run a
     * query of its own.
     */
    static long rows(Observation written, Dataset<Row> data, FiniteDuration patience) {
        try {
            return Await.result(written.future(), patience).getLong(0);
        } catch (TimeoutException e) {
            return data.count();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BatchNormException("interrupted before anything was published; nothing was changed", e);
        }
    }

    private boolean isDictionary(String key) {
        return key.toLowerCase(Locale.ROOT).startsWith(DICTIONARY);
    }

    /** The paths of Parquet's leaf columns in some columns that hold floats or doubles. */
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
