package io.github.sparkbatchnorm.spark.scan;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.spark.DatasetStatistics;
import io.github.sparkbatchnorm.spark.SharedSpark;
import io.github.sparkbatchnorm.spark.Tensors;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Batches come in the order of their keys, labelled as people see them. */
class BatchKeysTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    private Dataset<Row> rows(String... expressions) {
        return spark().range(0, 20, 1, 3).selectExpr(expressions);
    }

    /** Column type, its expression, and the labels in Spark's ascending order. */
    static Stream<Arguments> batchKeys() {
        return Stream.of(
                Arguments.of("cast(id % 3 - 1 as byte)", List.of(-1L, 0L, 1L)),
                Arguments.of("cast(id % 3 - 1 as short)", List.of(-1L, 0L, 1L)),
                Arguments.of("cast(9 + id % 2 as int)", List.of(9L, 10L)),
                Arguments.of("id % 2 * 1000000000000 - 5", List.of(-5L, 999999999995L)),
                Arguments.of("if(id < 5, 'b', if(id < 9, 'B', if(id < 12, '10', '9')))", List.of("10", "9", "B", "b")),
                Arguments.of("if(id < 5, '\\uD83D\\uDE00', '\\uFFFD')", List.of("\uFFFD", "\uD83D\uDE00")),
                Arguments.of(
                        "date_add(date'1969-12-31', cast(id % 3 as int))",
                        List.of("1969-12-31", "1970-01-01", "1970-01-02")),
                Arguments.of(
                        "timestamp'2024-02-29 12:00:00' + make_interval(0, 0, 0, 0, 0, 0, id % 2 / 4)",
                        List.of("2024-02-29 12:00:00", "2024-02-29 12:00:00.25")),
                Arguments.of("timestamp_ntz'1960-01-01 00:00:00.000001'", List.of("1960-01-01 00:00:00.000001")));
    }

    @ParameterizedTest
    @MethodSource("batchKeys")
    void batchesComeInAscendingOrderWithTheirLabels(String expression, List<Object> labels) {
        Dataset<Row> data = rows("array(id) x", expression + " batch");
        DatasetStatistics statistics = Tensors.statistics(data, Tensors.columnByBatch("x", "batch"));
        assertThat(statistics.batches())
                .extracting(DatasetStatistics.Batch::key)
                .isEqualTo(labels);
        // Spark's own order, and its own cast.
        assertThat(data
                        .select("batch")
                        .distinct()
                        .orderBy("batch")
                        .selectExpr("cast(batch as string)")
                        .collectAsList()
                        .stream()
                        .map(row -> row.getString(0)))
                .containsExactlyElementsOf(labels.stream().map(Object::toString).toList());
    }

    @Test
    void theDigestOfTimestampsIsTheSameInEveryTimeZone() {
        Dataset<Row> data = rows("array(id) x", "timestamp_seconds(1730610000 + 3600 * (id % 4)) batch");
        String zone = spark().conf().get("spark.sql.session.timeZone");
        try {
            spark().conf().set("spark.sql.session.timeZone", "UTC");
            String digest = Tensors.statistics(data, Tensors.columnByBatch("x", "batch"))
                    .digest();
            spark().conf().set("spark.sql.session.timeZone", "America/New_York"); // one hour comes twice
            assertThat(Tensors.statistics(data, Tensors.columnByBatch("x", "batch"))
                            .digest())
                    .isEqualTo(digest);
        } finally {
            spark().conf().set("spark.sql.session.timeZone", zone);
        }
    }
}
