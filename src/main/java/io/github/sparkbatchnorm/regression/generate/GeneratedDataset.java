package io.github.sparkbatchnorm.regression.generate;

import io.github.sparkbatchnorm.spark.tensor.HandleInvalid;
import io.github.sparkbatchnorm.spark.tensor.TensorOptions;
import java.util.List;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** Generated data as a data set of Spark. */
public final class GeneratedDataset {
    /** The largest number of values in a partition, and of partitions, where the options set no number. */
    private static final long VALUES_OF_A_PARTITION = 1L << 26;

    private static final long MOST_PARTITIONS = 10_000;

    private GeneratedDataset() {}

    /**
     * {@return the data, lazily: tasks make the rows} A task holds one sample and a few numbers for each channel. The
     * columns are id (bigint), x or x0, x1 and so on, and where asked for batch (bigint from 0) and dy or dy0, dy1 and
     * so on, of x's type. In a null row all columns of x and dy are null.
     *
     * @param session makes it
     * @param options what is made
     */
    public static Dataset<Row> of(SparkSession session, GeneratorOptions options) {
        int partitions = partitions(session, options);
        RowRanges ranges = new RowRanges(options.rows(), partitions, options.skew());
        FlatMapFunction<Long, Row> rows =
                partition -> new GeneratedRows(options, ranges.from(partition), ranges.from(partition + 1));
        return session.range(0, partitions, 1, partitions)
                // one number in each partition
                .flatMap(rows, Encoders.row(RowSchema.of(options).type()));
    }

    private static int partitions(SparkSession session, GeneratorOptions options) {
        if (options.partitions() > 0) {
            return options.partitions();
        }
        double values = (double) options.rows() * options.shape().length() * (options.gradients() ? 2 : 1);
        long enough = (long) Math.min(MOST_PARTITIONS, values / VALUES_OF_A_PARTITION);
        return (int) Math.max(session.sparkContext().defaultParallelism(), enough);
    }

    /**
     * {@return the names of x's columns}
     *
     * @param options of the data
     */
    public static List<String> columns(GeneratorOptions options) {
        return SampleCells.of(options, RowSchema.X).names();
    }

    /**
     * {@return the names that dy's columns have where there is one}
     *
     * @param options of the data
     */
    public static List<String> gradientColumns(GeneratorOptions options) {
        return SampleCells.of(options, RowSchema.DY).names();
    }

    /**
     * {@return how {@link io.github.sparkbatchnorm.spark.TensorDataset} reads x of the data, and of the data written to
     * a file and read again} Null rows are left out where there are any.
     *
     * @param options of the data
     */
    public static TensorOptions tensorOptions(GeneratorOptions options) {
        TensorOptions tensor = options.kind() == Kind.COLUMNS
                ? TensorOptions.channelColumns(columns(options))
                : TensorOptions.column(RowSchema.X).withShape(options.shape());
        if (options.kind() == Kind.BINARY) {
            tensor = tensor.withDtype(options.dtype());
        }
        if (options.nullEvery() > 0) {
            tensor = tensor.withHandleInvalid(HandleInvalid.SKIP);
        }
        return options.batches() > 0 ? tensor.withBatchColumn(RowSchema.BATCH) : tensor;
    }
}
