package io.github.sparkbatchnorm.jobs.data;

import io.github.sparkbatchnorm.jobs.console.ErrorLine;
import io.github.sparkbatchnorm.jobs.console.SparkScope;
import io.github.sparkbatchnorm.jobs.console.UsageException;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.spark.scan.DatasetStatistics;
import io.github.sparkbatchnorm.spark.scan.StatisticsPass;
import io.github.sparkbatchnorm.spark.tensor.TensorColumn;
import io.github.sparkbatchnorm.spark.tensor.TensorOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.jspecify.annotations.Nullable;

/**
 * The opened input of a command.
 *
 * @param data all columns
 * @param tensor the tensor column, or the channel columns
 * @param partitionColumns the columns in the names of folders, where the output replaces the input
 */
public record TensorInput(Dataset<Row> data, TensorColumn tensor, List<String> partitionColumns) {

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
            List<String> gradients,
            boolean keepsText,
            TargetPaths targets) {
        ColumnUse use = new ColumnUse(
                Stream.concat(options.columns().stream(), gradients.stream()).toList(),
                options.batchColumn(),
                options.handleInvalid(),
                keepsText,
                targets.replaceInput(source, spark.hadoopConfiguration()));
        InputSource.Opened opened =
                source.open(spark, use, found -> targets.check(source, found, spark.hadoopConfiguration()));
        Dataset<Row> data = opened.data();
        TensorColumn tensor;
        try {
            tensor = TensorColumn.of(data.schema(), options);
        } catch (IllegalArgumentException e) {
            throw new UsageException(ErrorLine.reason(e));
        }
        if (options.binaryFloat64() != null) {
            DataType type = tensor.dataType();
            if (!type.equals(DataTypes.BinaryType)) {
                throw new UsageException("--dtype says what a binary column holds; " + tensor.describe()
                        + " is of type " + type.simpleString() + ": leave --dtype away");
            }
        }
        List<String> folders = new ArrayList<>(opened.partitionColumns());
        folders.removeAll(use.numbersIn(data.schema()));
        return new TensorInput(data, tensor, folders);
    }

    /**
     * Computes the statistics in one pass.
     *
     * @param state the state with the expected number of channels; null for any number
     * @param expectedDigest the expected digest of the statistics; null for any
     * @throws BatchNormException if rows cannot be read, or the digest is another one
     */
    public DatasetStatistics statistics(
            NonFinitePolicy policy, @Nullable BatchNormState state, @Nullable String expectedDigest) {
        OptionalInt channels = state == null ? OptionalInt.empty() : OptionalInt.of(state.numFeatures());
        DatasetStatistics statistics = StatisticsPass.run(data, tensor, policy, channels);
        if (expectedDigest != null && !expectedDigest.equals(statistics.digest())) {
            throw new BatchNormException("the digest of " + tensor.describe() + " is " + statistics.digest()
                    + "; --expect-digest expected " + expectedDigest + ": the data has other values");
        }
        return statistics;
    }

    /**
     * Checks that the number of channels in the schema, if it is known, is the one of a state.
     *
     * @throws BatchNormException if it is another number
     */
    public void checkChannels(BatchNormState state) {
        int known = tensor.knownChannels().orElse(state.numFeatures());
        if (known != state.numFeatures()) {
            throw new BatchNormException(tensor.describe() + ": C = " + known + "; expected C = " + state.numFeatures()
                    + ", as the state has: give the state of this column");
        }
    }

    /**
     * The columns that hold dy.
     *
     * @throws UsageException if a column does not exist or does not fit the tensor
     */
    public TensorColumn gradients(List<String> names) {
        try {
            return tensor.gradients(data.schema(), names);
        } catch (IllegalArgumentException e) {
            throw new UsageException(ErrorLine.reason(e));
        }
    }

    /**
     * The names of the columns that will hold the normalized values.
     *
     * @param outputColumn the column to add; unused with channel columns
     * @throws UsageException if the data has a column of a name that is to be new
     */
    public List<String> normalizedColumns(String outputColumn) {
        try {
            return tensor.isChannelPerColumn()
                    ? tensor.normalizedNames(data.schema(), outputColumn)
                    : newColumns(List.of(outputColumn));
        } catch (IllegalArgumentException e) {
            throw new UsageException(ErrorLine.reason(e));
        }
    }

    /**
     * The names of columns to add.
     *
     * @throws UsageException if two of them are equal, or the data has a column of such a name already
     */
    public List<String> newColumns(List<String> names) {
        names.forEach(this::requireNew);
        try {
            TensorColumn.requireDistinct(names);
        } catch (IllegalArgumentException e) {
            throw new UsageException(ErrorLine.reason(e));
        }
        return names;
    }

    private void requireNew(String name) {
        boolean caseSensitive =
                Boolean.parseBoolean(data.sparkSession().conf().get("spark.sql.caseSensitive", "false"));
        for (String column : data.columns()) {
            if (caseSensitive ? column.equals(name) : column.equalsIgnoreCase(name)) {
                throw new UsageException("the input has a column " + column + " already; "
                        + (tensor.isChannelPerColumn() ? "rename it" : "give another name with --output-column"));
            }
        }
    }
}
