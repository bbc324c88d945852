package io.github.sparkbatchnorm.spark.shims;

import org.apache.hadoop.mapreduce.Job;
import org.apache.parquet.hadoop.ParquetOutputFormat;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.execution.datasources.OutputWriterFactory;
import org.apache.spark.sql.execution.datasources.parquet.ParquetFileFormat;
import org.apache.spark.sql.types.StructType;
import scala.collection.immutable.Map;

/**
 * Spark's Parquet source, which writes arrays of floats and doubles faster: the files have the same bytes.
 *
 * <p>Give the name of this class as the format of a {@code DataFrameWriter}; all options are those of {@code parquet}.
 *
 * <p>The file formats of Spark are internal API. There is no public way to them, and most of the time in which
 * normalized arrays are written is theirs.
 */
public final class ArrayParquetFormat extends ParquetFileFormat {
    private static final long serialVersionUID = 1L;

    @Override
    public OutputWriterFactory prepareWrite(
            SparkSession session, Job job, Map<String, String> options, StructType schema) {
        OutputWriterFactory factory = super.prepareWrite(session, job, options, schema);
        ParquetOutputFormat.setWriteSupportClass(job, ArrayWriteSupport.class);
        return factory;
    }
}
