package io.github.sparkbatchnorm.testing;

import static io.github.sparkbatchnorm.testing.DatasetAssert.assertThat;
import static org.apache.spark.sql.functions.col;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.spark.RowDigest;
import io.github.sparkbatchnorm.spark.SharedSpark;
import io.github.sparkbatchnorm.spark.TensorDataset;
import io.github.sparkbatchnorm.spark.tensor.TensorOptions;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The assertions, beside those of AssertJ under the same name: what passes, and what a failure says. */
final class DatasetAssertTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    private static final String ROWS =
            "rows-sha256:4-1351f170df993463-9ff56117323ec172b75a72ea43a46b6ed2fac5bbac195809baf1fce8b18dbaab";
    private static final String STATISTICS = "sha256:09722cf4670e7b5b6108565ad5be64fc490906cf938403ae3b5e7fe9cb4d65ee";

    @TempDir
    Path folder;

    private Dataset<Row> data() {
        return spark().range(0, 4, 1, 3).selectExpr("id", "array(id / 2, -id) x", "cast(id as float) a", "id % 2 b");
    }

    @Test
    void aGoldenDigestOutlivesEveryLayout() {
        String path = folder.resolve("data").toString();
        data().write().partitionBy("id").parquet(path);
        Dataset<Row> read = spark().read().parquet(path).select(col("id").cast("bigint"), col("x"), col("a"), col("b"));
        for (Dataset<Row> same :
                List.of(data(), data().repartition(5), data().orderBy(col("id").desc()), read)) {
            assertThat(same)
                    .hasRowDigest(ROWS)
                    .hasSameRowsAs(data())
                    .column("x")
                    .hasStatisticsDigest(STATISTICS);
        }
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", " "})
    void aFirstRunSaysWhatToPaste(String placeholder) {
        assertThatThrownBy(() -> assertThat(data()).hasRowDigest(placeholder))
                .isInstanceOf(AssertionError.class)
                .hasMessage("no digest of rows is expected yet; paste the one that was found\n"
                        + "  found:    " + ROWS + "\n"
                        + "  rows:     4");
        assertThatThrownBy(() -> assertThat(data()).column("x").hasStatisticsDigest(placeholder))
                .isInstanceOf(AssertionError.class)
                .hasMessage("no digest of statistics is expected yet; paste the one that was found\n"
                        + "  found:    " + STATISTICS + "\n"
                        + "  rows:     4, channels: 2");
    }

    @Test
    void aDigestOfAnotherKindIsToldSo() {
        assertThatThrownBy(() -> assertThat(data()).hasRowDigest(STATISTICS))
                .isInstanceOf(AssertionError.class)
                .hasMessageStartingWith("'" + STATISTICS + "' is no digest of rows; if the data set is right, paste")
                .hasMessageContaining("found:    " + ROWS);
        assertThatThrownBy(() -> assertThat(data()).column("x").hasStatisticsDigest(ROWS))
                .isInstanceOf(AssertionError.class)
                .hasMessageStartingWith("'" + ROWS + "' is no digest of statistics; if the data set is right, paste")
                .hasMessageContaining("found:    " + STATISTICS);
    }

    @Test
    void aChangedValueIsToldFromAChangedNumberAndFromAChangedType() {
        Dataset<Row> value = data().withColumn(
                        "a", functions.expr("if(id = 2, a + 1.2e-7f * 2, a)").cast("float"));
        assertThatThrownBy(() -> assertThat(value).hasRowDigest(ROWS))
                .isInstanceOf(AssertionError.class)
                .hasMessage("the rows have another digest\n"
                        + "  expected: " + ROWS + "\n"
                        + "  found:    " + RowDigest.of(value) + "\n"
                        + "  rows:     4\n"
                        + "  columns:  names and types as expected\n"
                        + "  values:   some differ; hasSameRowsAs shows which, beside the rows as they were");
        assertThatThrownBy(() -> assertThat(data().where("id <> 2")).hasRowDigest(ROWS))
                .hasMessageContaining("\n  rows:     expected 4, found 3\n")
                .hasMessageEndingWith("\n  columns:  names and types as expected");
        assertThatThrownBy(() -> assertThat(data().withColumn("a", col("a").cast("double")))
                        .hasRowDigest(ROWS))
                .hasMessageContaining("\n  rows:     4\n")
                .hasMessageEndingWith("\n  columns:  other names or types; found"
                        + " struct<id:bigint,x:array<double>,a:double,b:bigint>");
    }

    @Test
    void rowsThatDifferAreCountedAndShown() {
        Dataset<Row> other =
                data().where("id > 1").union(data().where("id = 3")).selectExpr("id", "x", "a", "-b b");
        assertThatThrownBy(() -> assertThat(other).hasSameRowsAs(data()))
                .isInstanceOf(AssertionError.class)
                .hasMessage(
                        """
                        the rows differ
                          rows:     expected 4, found 3
                          missing:  3
                            id=0, x=[0.0, 0.0], a=0.0, b=0
                            id=1, x=[0.5, -1.0], a=1.0, b=1
                            id=3, x=[1.5, -3.0], a=3.0, b=1
                          too many: 2
                            id=3, x=[1.5, -3.0], a=3.0, b=-1""");
        assertThatThrownBy(() -> assertThat(data()).hasSameRowsAs(data().where("id < 3")))
                .hasMessageContaining("\n  missing:  0\n  too many: 1\n    id=3, ");
    }

    @Test
    void columnsThatDifferAreShown() {
        assertThatThrownBy(() -> assertThat(data()).hasSameRowsAs(data().withColumnRenamed("b", "c")))
                .isInstanceOf(AssertionError.class)
                .hasMessage(
                        """
                        the columns have other names or types
                          expected: struct<id:bigint,x:array<double>,a:float,c:bigint>
                          found:    struct<id:bigint,x:array<double>,a:float,b:bigint>""");
    }

    private static final AtomicInteger LOOKS = new AtomicInteger();

    @Test
    void rowsThatChangeFromPassToPassAreToldSo() {
        LOOKS.set(0);
        UDF1<Long, Integer> look = id -> LOOKS.getAndIncrement() == 0 ? 1 : 0;
        Dataset<Row> unsteady = spark().range(0, 1, 1, 1)
                .select(functions
                        .udf(look, DataTypes.IntegerType)
                        .asNondeterministic()
                        .apply(col("id"))
                        .as("v"));
        assertThatThrownBy(() -> assertThat(unsteady).hasSameRowsAs(spark().sql("select 0 v")))
                .isInstanceOf(AssertionError.class)
                .hasMessage(
                        "the rows were others at a second look; expected data sets that give the same rows each time:"
                                + " cache or write them first");
    }

    @Test
    void statisticsAreThoseOfTheJobs() {
        String channels = TensorDataset.of(data(), TensorOptions.channelColumns(List.of("a", "b")))
                .statistics()
                .digest();
        assertThat(data()).columns("a", "b").hasStatisticsDigest(channels);
        TensorOptions options = TensorOptions.column("x")
                .withShape(SampleShape.channelsFirst(1, 2))
                .withBatchColumn("b");
        String batches = TensorDataset.of(data(), options).statistics().digest();
        assertThat(data()).tensor(options).hasStatisticsDigest(batches);
        assertThatThrownBy(() -> assertThat(data()).tensor(options).hasStatisticsDigest(STATISTICS))
                .isInstanceOf(AssertionError.class)
                .hasMessage("the statistics of x have another digest\n"
                        + "  expected: " + STATISTICS + "\n"
                        + "  found:    " + batches + "\n"
                        + "  rows:     4, channels: 1, batches: 2");
        assertThat(Stream.of(STATISTICS, channels, batches).distinct()).hasSize(3);
    }

    @Test
    void aTensorKeepsItsPolicyAndItsCondition() {
        Dataset<Row> withNan = data().union(spark().sql("select 9L, array(double('NaN'), 0d), 9f, 9L"));
        TensorDataset tensor = TensorDataset.of(withNan, TensorOptions.column("x"));
        assertThat(tensor.withWhere("id < 9")).hasStatisticsDigest(STATISTICS);
        assertThatThrownBy(() ->
                        assertThat(tensor.withNonFinite(NonFinitePolicy.FAIL)).hasStatisticsDigest(STATISTICS))
                .isInstanceOf(BatchNormException.class)
                .hasMessageContaining("column x: ");
    }

    @Test
    void typedDataSetsAreRowsToo() {
        assertThat(spark().createDataset(List.of(1L, 2L), Encoders.LONG()))
                .hasSameRowsAs(spark().range(1, 3).withColumnRenamed("id", "value"));
    }
}
