package io.github.sparkbatchnorm.spark.shims;

import org.apache.hadoop.mapreduce.Job;
import org.apache.parquet.hadoop.ParquetOutputFormat;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.execution.datasources.OutputWriterFactory;
import org.apache.spark.sql.execution.datasources.parquet.ParquetFileFormat;
import org.apache.spark.sql.types.StructType;
import scala.collection.immutable.Map;

/**
 * Spark's Parquet source with a faster writer for arrays of floats and doubles: the files have the same bytes.
 *
 * <p>Give the name of this class as the format of a {@code DataFrameWriter}; all options are those of {@code parquet}.
 * The setting {@value #ARRAYS}, of the session or of {@code spark-submit --conf}, turns the faster writer off if it is
 * {@code false}; it is {@code true} by default. {@link ArrayWriteSupport} says where it is not used in any case.
 *
 * <p>The file formats of Spark are internal API. There is no public way to them, and most of the time in which
 * normalized arrays are written is theirs.
 */
public final class ArrayParquetFormat extends ParquetFileFormat {
    private static final long serialVersionUID = 1L;

    /** The setting that turns the faster writer on or off. */
    public static final String ARRAYS = "spark.batchnorm.parquet.arrays";

    @Override
    public OutputWriterFactory prepareWrite(
            SparkSession session, Job job, Map<String, String> options, StructType schema) {
        OutputWriterFactory factory = super.prepareWrite(session, job, options, schema);
        if (isOn(session.conf().get(ARRAYS, "true"))) {
            ParquetOutputFormat.setWriteSupportClass(job, ArrayWriteSupport.class);
        }
        return factory;
    }

    private static boolean isOn(String setting) {
        return switch (setting) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException(ARRAYS + " is '" + setting + "'; expected true or false");
        };
    }
}
