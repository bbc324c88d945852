package io.github.sparkbatchnorm.spark.scan;

import io.github.sparkbatchnorm.spark.shims.RowSource;
import io.github.sparkbatchnorm.spark.tensor.ArrayReader;
import io.github.sparkbatchnorm.spark.tensor.BatchKey;
import io.github.sparkbatchnorm.spark.tensor.ColumnReader;
import io.github.sparkbatchnorm.spark.tensor.TensorColumn;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.vectorized.ColumnarBatch;
import org.jspecify.annotations.Nullable;

/** What a pass scans: samples and perhaps their gradients, in a data set or an RDD. */
public abstract class ScanInput {
    private final TensorColumn tensor;
    private final @Nullable TensorColumn gradients;

    ScanInput(TensorColumn tensor, @Nullable TensorColumn gradients) {
        this.tensor = tensor;
        this.gradients = gradients;
    }

    /** Columns of a data set. */
    public static ScanInput of(Dataset<Row> data, TensorColumn tensor, @Nullable TensorColumn gradients) {
        return new ScanInput(tensor, gradients) {
            @Override
            JavaPairRDD<BatchKey, Partial> scan(ScanPlan plan, boolean withExamples) {
                ColumnReader reader = new ColumnReader(tensor, gradients, withExamples);
                RowSource source = new RowSource(data.select(reader.columns(data)));
                JavaRDD<ColumnarBatch> batches = source.batches();
                return batches == null
                        ? source.rows().mapPartitionsToPair(rows -> new PartitionScan<>(rows, reader, plan))
                        : batches.mapPartitionsToPair(
                                columns -> new PartitionScan<>(reader.rows(columns), reader, plan));
            }

            @Override
            SparkContext context() {
                return data.sparkSession().sparkContext();
            }

            @Override
            SparkSession session() {
                return data.sparkSession();
            }
        };
    }

    /** Arrays, or pairs of arrays. */
    public static <R> ScanInput of(JavaRDD<R> arrays, TensorColumn tensor, @Nullable TensorColumn gradients) {
        return new ScanInput(tensor, gradients) {
            @Override
            JavaPairRDD<BatchKey, Partial> scan(ScanPlan plan, boolean withExamples) {
                ArrayReader<R> reader = new ArrayReader<>(tensor, gradients, withExamples);
                return arrays.mapPartitionsToPair(rows -> new PartitionScan<>(rows, reader, plan));
            }

            @Override
            SparkContext context() {
                return arrays.context();
            }

            @Override
            SparkSession session() {
                return SparkSession.active();
            }
        };
    }

    final TensorColumn tensor() {
        return tensor;
    }

    final @Nullable TensorColumn gradients() {
        return gradients;
    }

    /** The partials of the batches and, under {@link BatchKey#NONE}, what was found. */
    abstract JavaPairRDD<BatchKey, Partial> scan(ScanPlan plan, boolean withExamples);

    abstract SparkContext context();

    abstract SparkSession session();
}
