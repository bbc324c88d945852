package io.github.sparkbatchnorm.spark.scan;

import io.github.sparkbatchnorm.spark.codec.BatchKey;
import io.github.sparkbatchnorm.spark.codec.TensorColumn;
import io.github.sparkbatchnorm.spark.rows.ArrayReader;
import io.github.sparkbatchnorm.spark.rows.ColumnReader;
import io.github.sparkbatchnorm.spark.rows.ColumnarReader;
import io.github.sparkbatchnorm.spark.shims.RowSource;
import io.github.sparkbatchnorm.spark.shims.SourceBatch;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.jspecify.annotations.Nullable;

/** The input of a pass: samples and perhaps their gradients, in a data set or an RDD. */
public abstract class ScanInput {
    private final TensorColumn tensor;
    private final @Nullable TensorColumn gradients;

    ScanInput(TensorColumn tensor, @Nullable TensorColumn gradients) {
        this.tensor = tensor;
        this.gradients = gradients;
    }

    /**
     * Columns of a data set.
     *
     * @param data rows with these columns
     * @param tensor the tensor column or the channel columns, resolved in the schema of the data
     * @param gradients the columns of dy; null for a pass over the samples alone
     * @return the input
     */
    public static ScanInput of(Dataset<Row> data, TensorColumn tensor, @Nullable TensorColumn gradients) {
        return of(data, tensor, gradients, false);
    }

    /**
     * Columns of a data set.
     *
     * @param data rows with these columns
     * @param tensor the tensor column or the channel columns, resolved in the schema of the data
     * @param gradients the columns of dy; null for a pass over the samples alone
     * @param guarded whether the rows are to be compared with those of another pass
     * @return the input
     */
    public static ScanInput of(
            Dataset<Row> data, TensorColumn tensor, @Nullable TensorColumn gradients, boolean guarded) {
        return new ScanInput(tensor, gradients) {
            @Override
            JavaPairRDD<BatchKey, BatchPart> scan(ScanSums sums, boolean withExamples) {
                int tasks = tasksAtOnce();
                ColumnReader columns = new ColumnReader(tensor, gradients, withExamples);
                ColumnReader reader = guarded ? columns.guarded() : columns;
                RowSource source = new RowSource(data.select(reader.columns(data)));
                JavaRDD<SourceBatch> batches = source.batches();
                if (batches == null) {
                    return source.rows().mapPartitionsToPair(rows -> new PartitionScan<>(rows, reader, sums, tasks));
                }
                ColumnarReader columnar = new ColumnarReader(reader);
                return batches.mapPartitionsToPair(
                        some -> new PartitionScan<>(columnar.rows(some), columnar, sums, tasks));
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

    /**
     * Arrays, or pairs of arrays.
     *
     * @param arrays samples, each {@code float[]} or {@code double[]}; or pairs of a sample and its gradients
     * @param tensor the samples
     * @param gradients the gradients; null if the elements are no pairs
     * @param <R> the sample, or a pair of both
     * @return the input
     */
    public static <R> ScanInput of(JavaRDD<R> arrays, TensorColumn tensor, @Nullable TensorColumn gradients) {
        return new ScanInput(tensor, gradients) {
            @Override
            JavaPairRDD<BatchKey, BatchPart> scan(ScanSums sums, boolean withExamples) {
                int tasks = tasksAtOnce();
                ArrayReader<R> reader = new ArrayReader<>(tensor, gradients, withExamples);
                return arrays.mapPartitionsToPair(rows -> new PartitionScan<>(rows, reader, sums, tasks));
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

    /**
     * The parts of the batches and, under {@link BatchKey#NONE}, of the reports; lazy.
     *
     * @param withExamples whether rows are described in the reports, which takes all columns
     */
    abstract JavaPairRDD<BatchKey, BatchPart> scan(ScanSums sums, boolean withExamples);

    /** The partials among these parts: of data with batches, reports, and sums of some of them; lazy. */
    final JavaRDD<Partial> partials(ScanSums sums, boolean withExamples) {
        return scan(sums, withExamples)
                .values()
                .filter(Partial.class::isInstance)
                .map(Partial.class::cast);
    }

    abstract SparkContext context();

    abstract SparkSession session();

    /** Tasks that share a heap, as far as is known. */
    final int tasksAtOnce() {
        SparkContext context = context();
        int tasks = context.isLocal()
                ? context.defaultParallelism()
                : context.conf().getInt("spark.executor.cores", 1)
                        / context.conf().getInt("spark.task.cpus", 1);
        return Math.max(1, tasks);
    }
}
