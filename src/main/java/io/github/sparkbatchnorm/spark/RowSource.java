package io.github.sparkbatchnorm.spark;

import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.InternalRow;

/**
 * The rows of a data set as Spark holds them, without a conversion to {@link Row}.
 *
 * <p>{@code queryExecution().toRdd()} is internal API. The public ways to the same arrays box each element or copy it
 * through a bean, and cost about as much again as the scan.
 */
final class RowSource {
    private RowSource() {}

    /** Rows that the next call of the iterator overwrites. */
    static JavaRDD<InternalRow> rows(Dataset<Row> data) {
        return data.queryExecution().toRdd().toJavaRDD();
    }
}
