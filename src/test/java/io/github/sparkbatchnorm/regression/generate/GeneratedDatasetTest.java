package io.github.sparkbatchnorm.regression.generate;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.layer.Dtype;
import io.github.sparkbatchnorm.spark.SharedSpark;
import io.github.sparkbatchnorm.spark.TensorDataset;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Generated data in a session. */
final class GeneratedDatasetTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    private static final GeneratorOptions OPTIONS =
            GeneratorOptions.of(41, SampleShape.channelsFirst(3), 1).withBatches(3, false);

    @ParameterizedTest
    @EnumSource(Kind.class)
    void itsStatisticsAreTheExpectedOnes(Kind kind) {
        GeneratorOptions options = new GeneratorOptions(
                97,
                kind == Kind.COLUMNS ? SampleShape.channelsFirst(13) : SampleShape.channelsFirst(13, 2),
                3,
                kind,
                Dtype.FLOAT32,
                Profile.MIXED,
                5,
                true,
                17,
                4,
                3,
                2.5,
                true);
        assertExpected(options);
        assertExpected(options.withDtype(Dtype.FLOAT64).withBatches(0, false));
    }

    private void assertExpected(GeneratorOptions options) {
        Dataset<Row> data = GeneratedDataset.of(spark(), options);
        assertThat(TensorDataset.of(data, GeneratedDataset.tensorOptions(options))
                        .statistics()
                        .digest())
                .describedAs("%s", options)
                .isEqualTo(ExpectedStatistics.of(options).digest());
    }

    @Test
    void columnsAreIdTensorBatchAndGradient() {
        GeneratorOptions columns =
                OPTIONS.withKind(Kind.COLUMNS).withDtype(Dtype.FLOAT64).withGradients(true);
        assertThat(GeneratedDataset.of(spark(), columns).schema().toDDL())
                .isEqualTo("id BIGINT NOT NULL,x0 DOUBLE NOT NULL,x1 DOUBLE NOT NULL,x2 DOUBLE NOT NULL,"
                        + "batch BIGINT NOT NULL,dy0 DOUBLE NOT NULL,dy1 DOUBLE NOT NULL,dy2 DOUBLE NOT NULL");
        assertThat(GeneratedDataset.columns(columns)).isEqualTo(List.of("x0", "x1", "x2"));
        assertThat(GeneratedDataset.gradientColumns(columns)).isEqualTo(List.of("dy0", "dy1", "dy2"));
        assertThat(GeneratedDataset.of(spark(), OPTIONS.withBatches(0, false).withNullEvery(2))
                        .schema()
                        .toDDL())
                .isEqualTo("id BIGINT NOT NULL,x ARRAY<FLOAT>");
    }

    @Test
    void rowsAreTheSameWhateverThePartitioning() {
        List<Row> rows = GeneratedDataset.of(spark(), OPTIONS).orderBy("id").collectAsList();
        assertThat(rows).hasSize(41);
        assertThat(GeneratedDataset.of(spark(), OPTIONS.withPartitions(50, 5))
                        .orderBy("id")
                        .collectAsList())
                .isEqualTo(rows);
    }

    @Test
    void theFirstPartitionHasSkewTimesTheRowsOfTheOthers() {
        Dataset<Row> data = GeneratedDataset.of(spark(), OPTIONS.withPartitions(5, 4));
        assertThat(data.groupBy(functions.spark_partition_id().as("partition"))
                        .count()
                        .orderBy("partition")
                        .collectAsList())
                .extracting(row -> row.getLong(1))
                .containsExactly(20L, 6L, 5L, 5L, 5L);
    }
}
