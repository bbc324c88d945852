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
 * The input, opened.
 *
 * @param data all its columns
 * @param tensor the tensor column, or the channel columns
 * @param partitionColumns those that stand in the names of folders, where the output takes the place of the input
 */
public record TensorInput(Dataset<Row> data, TensorColumn tensor, List<String> partitionColumns) {

    /**
     * Opens the input.
     *
     * @param gradients texts that name the gradients' columns, if there are any
     * @param keepsText whether columns that only pass through are written as text, or not at all
     * @param targets what will be published
     * @throws UsageException if the options name columns that are not there or do not fit them, or a target is at a
     *     place that is read
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
     * One pass over the data.
     *
     * @param state whose number of channels is expected; null for any
     * @param expectedDigest of the statistics; null for any
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
     * Checks the number of channels against a state, as far as the schema tells it.
     *
     * @throws BatchNormException if the schema already tells another number of channels than the state has
     */
    public void checkChannels(BatchNormState state) {
        int known = tensor.knownChannels();
        if (known != 0 && known != state.numFeatures()) {
            throw new BatchNormException(tensor.describe() + ": C = " + known + "; expected C = " + state.numFeatures()
                    + ", as the state has: give the state of this column");
        }
    }

    /**
     * The columns that hold the gradients of the tensor.
     *
     * @throws UsageException if there are no such columns
     */
    public TensorColumn gradients(List<String> names) {
        try {
            return tensor.gradients(data.schema(), names);
        } catch (IllegalArgumentException e) {
            throw new UsageException(ErrorLine.reason(e));
        }
    }

    /**
     * The names of the columns that hold the normalized values.
     *
     * @param outputColumn the one to add, unused with channel columns
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
