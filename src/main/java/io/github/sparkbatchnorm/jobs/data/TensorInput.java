package io.github.sparkbatchnorm.jobs.data;

import io.github.sparkbatchnorm.jobs.console.ErrorLine;
import io.github.sparkbatchnorm.jobs.console.SparkScope;
import io.github.sparkbatchnorm.jobs.console.UsageException;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.spark.DatasetStatistics;
import io.github.sparkbatchnorm.spark.TensorBackward;
import io.github.sparkbatchnorm.spark.TensorDataset;
import io.github.sparkbatchnorm.spark.tensor.TensorOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.jspecify.annotations.Nullable;

/**
 * The opened input of a command.
 *
 * @param tensor all columns, with the tensor column or the channel columns
 * @param partitionColumns the columns in the names of folders, where the output replaces the input
 */
public record TensorInput(TensorDataset tensor, List<String> partitionColumns) {

    /**
     * Opens the input.
     *
     * @param gradients texts that name the columns of gradients; may be empty
     * @param keepsText whether columns that only pass through are written as text, or not at all
     * @param targets the paths that are published
     * @throws UsageException if the options name columns that do not exist or do not fit, or a path that is published
     *     is one that is read
     */
    public static TensorInput open(
            SparkScope spark,
            InputSource source,
            TensorOptions options,
            NonFinitePolicy policy,
            List<String> gradients,
            boolean keepsText,
            TargetPaths targets) {
        ColumnUse use = new ColumnUse(
                Stream.concat(options.columns().stream(), gradients.stream()).toList(),
                options.batchColumn().orElse(null),
                options.handleInvalid(),
                keepsText,
                targets.replaceInput(source, spark.hadoopConfiguration()));
        InputSource.Opened opened =
                source.open(spark, use, found -> targets.check(source, found, spark.hadoopConfiguration()));
        Dataset<Row> data = opened.data();
        TensorDataset tensor = checked(() -> TensorDataset.of(data, options)).withNonFinite(policy);
        List<String> folders = new ArrayList<>(opened.partitionColumns());
        folders.removeAll(use.numbersIn(data.schema()));
        return new TensorInput(tensor, folders);
    }

    /**
     * Computes the statistics in one pass.
     *
     * @param expectedDigest the expected digest of the statistics; null for any
     * @throws BatchNormException if rows cannot be read, or the digest is another one
     */
    public DatasetStatistics statistics(@Nullable String expectedDigest) {
        DatasetStatistics statistics = tensor.statistics();
        if (expectedDigest != null && !expectedDigest.equals(statistics.digest())) {
            throw new BatchNormException("the digest of " + tensor + " is " + statistics.digest()
                    + "; --expect-digest expected " + expectedDigest + ": the data has other values");
        }
        return statistics;
    }

    /**
     * This input, read as the data that a state was fitted to.
     *
     * @throws BatchNormException if both have column names, and other ones
     */
    public TensorInput forState(BatchNormState state) {
        try {
            return new TensorInput(tensor.forState(state), partitionColumns);
        } catch (IllegalArgumentException e) {
            throw new BatchNormException(tensor + ": " + e.getMessage(), e);
        }
    }

    /**
     * This input, with statistics of the rows that match a condition.
     *
     * @throws UsageException if the condition cannot be used
     */
    public TensorInput withWhere(String condition) {
        return new TensorInput(checked(() -> tensor.withWhere(condition)), partitionColumns);
    }

    /**
     * This input with a guard on its rows.
     *
     * @throws BatchNormException if the data is known to be other rows each time that it is read
     */
    public TensorInput withGuard() {
        return new TensorInput(tensor.withGuard(), partitionColumns);
    }

    /**
     * The input with the columns that hold dy.
     *
     * @param gradients texts that name the columns
     * @throws UsageException if a column does not exist or does not fit the tensor
     */
    public TensorBackward backward(List<String> gradients) {
        return checked(() -> tensor.backward(gradients));
    }

    /**
     * What options make of the input.
     *
     * @throws UsageException if they name columns that do not exist or do not fit
     */
    public static <T> T checked(Supplier<T> made) {
        try {
            return made.get();
        } catch (IllegalArgumentException e) {
            throw new UsageException(ErrorLine.reason(e));
        }
    }
}
