package io.github.sparkbatchnorm.spark;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.spark.digest.DifferencePass;
import io.github.sparkbatchnorm.spark.digest.SchemaDigest;
import io.github.sparkbatchnorm.spark.scan.JobDescription;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * The rows that one of two data sets has and the other has not, or less often, whatever their order. Rows are the same
 * as {@link RowDigest} says.
 *
 * @param onlyInFirst how many rows of the first data set the second has not
 * @param examplesOfFirst some of them as text, each once, cut at 200 characters
 * @param onlyInSecond how many rows of the second data set the first has not
 * @param examplesOfSecond some of them as text, each once, cut at 200 characters
 */
public record RowDifference(
        long onlyInFirst, List<String> examplesOfFirst, long onlyInSecond, List<String> examplesOfSecond) {
    /**
     * A difference, with copies of the examples.
     *
     * @param onlyInFirst 0 or more
     * @param examplesOfFirst rows as text
     * @param onlyInSecond 0 or more
     * @param examplesOfSecond rows as text
     */
    public RowDifference {
        examplesOfFirst = List.copyOf(examplesOfFirst);
        examplesOfSecond = List.copyOf(examplesOfSecond);
    }

    /**
     * Compares two data sets. One pass over each shuffles the hashes of all rows; where rows differ, one more finds the
     * examples.
     *
     * @param first rows that do not depend on when or where they are computed
     * @param second other such rows, with columns of the same names and types
     * @param examples how many examples of either side, at most; 0 or more
     * @return the difference
     * @throws IllegalArgumentException if the schemas differ, or the number of examples is negative
     * @throws BatchNormException if a column has a type that has no digest
     */
    public static RowDifference between(Dataset<?> first, Dataset<?> second, int examples) {
        if (examples < 0) {
            throw new IllegalArgumentException(examples + " examples; expected 0 or more");
        }
        Dataset<Row> ours = first.toDF();
        Dataset<Row> theirs = second.toDF();
        requireSame(ours.schema().fields(), theirs.schema().fields());
        DifferencePass pass = new DifferencePass(ours, theirs);
        return JobDescription.during(
                ours.sparkSession().sparkContext(),
                "rows that differ",
                () -> new RowDifference(
                        pass.onlyInFirst(),
                        pass.examplesOfFirst(examples),
                        pass.onlyInSecond(),
                        pass.examplesOfSecond(examples)));
    }

    private static void requireSame(StructField[] first, StructField[] second) {
        for (int i = 0; i < Math.min(first.length, second.length); i++) {
            if (!SchemaDigest.of(schema(first[i])).equals(SchemaDigest.of(schema(second[i])))) {
                throw new IllegalArgumentException("column " + (i + 1) + " is " + text(first[i]) + " in the first and "
                        + text(second[i]) + " in the second data set; expected the same names and types");
            }
        }
        if (first.length != second.length) {
            throw new IllegalArgumentException(first.length + " columns in the first and " + second.length
                    + " in the second data set; expected the same columns");
        }
    }

    private static StructType schema(StructField field) {
        return new StructType(new StructField[] {field});
    }

    private static String text(StructField field) {
        return field.name() + " " + field.dataType().simpleString();
    }

    /** {@return whether both have the same rows} */
    public boolean isEmpty() {
        return onlyInFirst == 0 && onlyInSecond == 0;
    }
}
