package io.github.sparkbatchnorm.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The rows that differ: how many, and which. */
final class RowDifferenceTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    private Dataset<Row> data(String query) {
        return spark().sql(query);
    }

    private static RowDifference between(Dataset<?> first, Dataset<?> second) {
        return RowDifference.between(first, second, 3);
    }

    @Test
    void theSameRowsInAnotherOrderDoNotDiffer() {
        Dataset<Row> data = data("select id % 10 a, map(id % 3, 'x') m from range(0, 100, 1, 3)");
        assertThat(between(data, data.repartition(5)))
                .isEqualTo(new RowDifference(0, List.of(), 0, List.of()))
                .matches(RowDifference::isEmpty);
    }

    @Test
    void rowsAreCountedAsOftenAsTheyStandThereAndShownOnce() {
        Dataset<Row> first = data("select a, 0.5f b from values (1), (1), (1), (2), (3), (4) v(a)");
        Dataset<Row> second = data("select a, 0.5f b from values (1), (3), (4), (5), (5) v(a)");
        RowDifference difference = between(first, second);
        assertThat(difference)
                .isEqualTo(new RowDifference(3, List.of("a=1, b=0.5", "a=2, b=0.5"), 2, List.of("a=5, b=0.5")));
        assertThat(difference.isEmpty()).isFalse();
        assertThat(between(second, first))
                .isEqualTo(new RowDifference(2, List.of("a=5, b=0.5"), 3, List.of("a=1, b=0.5", "a=2, b=0.5")));
    }

    @Test
    void noMoreExamplesAreShownThanAskedFor() {
        Dataset<Row> first = spark().range(0, 1000, 1, 4).toDF();
        Dataset<Row> second = spark().range(500, 1000, 1, 2).toDF();
        assertThat(between(first, second).onlyInFirst()).isEqualTo(500);
        assertThat(between(first, second).examplesOfFirst())
                .hasSize(3)
                .allMatch(text -> Integer.parseInt(text.replace("id=", "")) < 500);
        RowDifference counted = RowDifference.between(first, second, 0);
        assertThat(counted).isEqualTo(new RowDifference(500, List.of(), 0, List.of()));
    }

    /** What Spark's own exceptAll takes as equal, or refuses. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "0d                 | -0d                | 0.0              | -0.0",
                "map(1, 2)          | map(1, 3)          | {1 -> 2}         | {1 -> 3}",
                "null               | 0                  | null             | 0",
                "array(1, null)     | array(1)           | [1, null]        | [1]",
                "array(1.5d, double('NaN')) | array(1.5d) | [1.5, NaN]      | [1.5]",
                "X'6162'            | X'61'              | ab               | a",
            })
    void everyTypeIsCompared(String first, String second, String firstText, String secondText) {
        String nullable = first.equals("null") ? "cast(null as int)" : first;
        assertThat(between(data("select " + nullable + " v"), data("select " + second + " v")))
                .isEqualTo(new RowDifference(1, List.of("v=" + firstText), 1, List.of("v=" + secondText)));
    }

    @Test
    void columnsMayHaveOneName() {
        assertThat(between(data("select 1 a, 2 a"), data("select 2 a, 1 a")))
                .isEqualTo(new RowDifference(1, List.of("a=1, a=2"), 1, List.of("a=2, a=1")));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "1 a, 2 b | 1 a, 2L b | column 2 is b int in the first and b bigint in the second data set;"
                        + " expected the same names and types",
                "1 a      | 1 A       | column 1 is a int in the first and A int in the second data set;"
                        + " expected the same names and types",
                "1 a      | 1 a, 2 b  | 1 columns in the first and 2 in the second data set;"
                        + " expected the same columns",
            })
    void otherSchemasAreRefused(String first, String second, String message) {
        assertThatThrownBy(() -> between(data("select " + first), data("select " + second)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    @Test
    void fewerThanNoExamplesAreRefused() {
        Dataset<Row> data = data("select 1");
        assertThatThrownBy(() -> RowDifference.between(data, data, -1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("-1 examples; expected 0 or more");
    }
}
