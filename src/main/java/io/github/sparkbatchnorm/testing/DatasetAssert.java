package io.github.sparkbatchnorm.testing;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.spark.RowDifference;
import io.github.sparkbatchnorm.spark.RowDigest;
import io.github.sparkbatchnorm.spark.TensorDataset;
import io.github.sparkbatchnorm.spark.tensor.TensorOptions;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.jspecify.annotations.Nullable;

/**
 * Assertions on a data set that no repartitioning, sort or file layout breaks, and every changed value does.
 *
 * <pre>{@code
 * assertThat(features).hasRowDigest(""); // fails, and says which digest to paste
 * assertThat(features).column("x").hasStatisticsDigest("sha256:...");
 * assertThat(features).hasSameRowsAs(spark.read().parquet("golden"));
 * }</pre>
 *
 * <p>Each assertion runs jobs at once; the data set must give the same rows each time. A failed one throws an
 * {@link AssertionError} that says what was found.
 */
public final class DatasetAssert {
    /** Rows of either side that a message shows. */
    private static final int EXAMPLES = 5;

    private final Dataset<Row> actual;

    private DatasetAssert(Dataset<Row> actual) {
        this.actual = actual;
    }

    /**
     * {@return assertions on a data set}
     *
     * @param actual the data set that a test made
     */
    public static DatasetAssert assertThat(Dataset<?> actual) {
        return new DatasetAssert(actual.toDF());
    }

    /**
     * {@return assertions on the tensor of a data set, with its policies and its condition on rows}
     *
     * @param actual the data set that a test made
     */
    public static TensorAssert assertThat(TensorDataset actual) {
        return new TensorAssert(actual);
    }

    /**
     * Asserts that the rows have a digest, in any order.
     *
     * @param expected what {@link RowDigest#toString} gave once; with anything else the assertion fails, and its
     *     message has the digest to paste
     * @return these assertions
     * @throws AssertionError if the rows have another digest; the message tells changed columns, a changed number of
     *     rows and changed values apart
     * @throws BatchNormException if a column has a type that has no digest
     */
    public DatasetAssert hasRowDigest(@Nullable String expected) {
        RowDigest found = RowDigest.of(actual);
        if (found.toString().equals(expected)) {
            return this;
        }
        RowDigest wanted;
        try {
            wanted = RowDigest.parse(expected == null ? "" : expected);
        } catch (IllegalArgumentException e) {
            throw Failure.ofPlaceholder("digest of rows", expected, found.toString(), "rows:     " + found.rows());
        }
        boolean sameColumns = found.schema().equals(wanted.schema());
        boolean sameNumber = found.rows() == wanted.rows();
        throw Failure.of(
                "the rows have another digest",
                "expected: " + wanted,
                "found:    " + found,
                "rows:     " + (sameNumber ? "" : "expected " + wanted.rows() + ", found ") + found.rows(),
                "columns:  "
                        + (sameColumns
                                ? "names and types as expected"
                                : "other names or types; found "
                                        + actual.schema().simpleString()),
                sameColumns && sameNumber
                        ? "values:   some differ; hasSameRowsAs shows which, beside the rows as they were"
                        : null);
    }

    /**
     * Asserts that the rows are those of another data set, in any order, each as often.
     *
     * @param expected with columns of the same names and types, in their order
     * @return these assertions
     * @throws AssertionError if a row of one is not in the other, or less often; the message says how many, and shows a
     *     few of either side
     * @throws BatchNormException if a column has a type that has no digest
     */
    public DatasetAssert hasSameRowsAs(Dataset<?> expected) {
        RowDigest found = RowDigest.of(actual);
        RowDigest wanted = RowDigest.of(expected);
        if (found.equals(wanted)) {
            return this;
        }
        if (!found.schema().equals(wanted.schema())) {
            throw Failure.of(
                    "the columns have other names or types",
                    "expected: " + expected.schema().simpleString(),
                    "found:    " + actual.schema().simpleString());
        }
        RowDifference difference = RowDifference.between(actual, expected, EXAMPLES);
        if (difference.isEmpty()) {
            throw Failure.of("the rows were others at a second look; expected data sets that give the same rows"
                    + " each time: cache or write them first");
        }
        throw Failure.of(
                "the rows differ",
                "rows:     expected " + wanted.rows() + ", found " + found.rows(),
                "missing:  " + some(difference.onlyInSecond(), difference.examplesOfSecond()),
                "too many: " + some(difference.onlyInFirst(), difference.examplesOfFirst()));
    }

    private static String some(long rows, List<String> examples) {
        return rows + examples.stream().map(row -> "\n    " + row).reduce("", String::concat);
    }

    /**
     * {@return assertions on a column of samples, each of shape [C]}
     *
     * @param name of the column, as in {@link TensorOptions#column}
     * @throws IllegalArgumentException if there is no such column
     * @throws BatchNormException if its type cannot be a tensor
     */
    public TensorAssert column(String name) {
        return tensor(TensorOptions.column(name));
    }

    /**
     * {@return assertions on numeric columns that are a channel each}
     *
     * @param names of the columns, in the order of the channels
     * @throws IllegalArgumentException if there is none, or one of them does not exist
     * @throws BatchNormException if a type cannot be a channel
     */
    public TensorAssert columns(String... names) {
        return tensor(TensorOptions.channelColumns(List.of(names)));
    }

    /**
     * {@return assertions on a tensor}
     *
     * @param options its columns, shape, batch column and whatever else tells how it is read
     * @throws IllegalArgumentException if a column does not exist, or the module does not take the shape
     * @throws BatchNormException if a type cannot be a tensor, or cannot tell batches apart
     */
    public TensorAssert tensor(TensorOptions options) {
        return new TensorAssert(TensorDataset.of(actual, options));
    }
}
