package io.github.sparkbatchnorm.spark.scan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.spark.DatasetStatistics;
import io.github.sparkbatchnorm.spark.SharedSpark;
import io.github.sparkbatchnorm.spark.Tensors;
import io.github.sparkbatchnorm.spark.tensor.HandleInvalid;
import io.github.sparkbatchnorm.spark.tensor.TensorOptions;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.ml.image.ImageSchema;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StatisticsPassTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    private Dataset<Row> rows(String... expressions) {
        return spark().range(0, 20, 1, 3).selectExpr(expressions);
    }

    @Test
    void meanAndVarianceAreThoseOfTheColumn() {
        ChannelStatistics statistics = Tensors.statistics(rows("array(id, 2 * id + 1, 7) x"), Tensors.column("x"))
                .batches()
                .get(0)
                .statistics();
        assertThat(statistics.count(0)).isEqualTo(20);
        assertThat(statistics.mean(0)).isEqualTo(9.5);
        assertThat(statistics.populationVariance(0)).isEqualTo(33.25); // (20^2 - 1) / 12
        assertThat(statistics.sampleVariance(0)).isEqualTo(35);
        assertThat(statistics.mean(1)).isEqualTo(20);
        assertThat(statistics.populationVariance(1)).isEqualTo(4 * 33.25);
        assertThat(statistics.populationVariance(2)).isZero();
        assertThat(statistics.max(1)).isEqualTo(39);
    }

    @Test
    void eachBatchHasTheStatisticsOfItsRowsAlone() {
        Dataset<Row> data = rows("array(id, id * id) x", "id % 3 batch");
        DatasetStatistics all = Tensors.statistics(data, Tensors.columnByBatch("x", "batch"));
        assertThat(all.rows()).isEqualTo(20);
        for (DatasetStatistics.Batch batch : all.batches()) {
            ChannelStatistics alone = Tensors.statistics(data.filter("batch = " + batch.key()), Tensors.column("x"))
                    .batches()
                    .get(0)
                    .statistics();
            for (int c = 0; c < 2; c++) {
                assertThat(batch.statistics().count(c)).isEqualTo(alone.count(c));
                assertThat(batch.statistics().mean(c)).isEqualTo(alone.mean(c));
                assertThat(batch.statistics().sampleVariance(c)).isEqualTo(alone.sampleVariance(c));
            }
        }
    }

    @Test
    void skipDropsRowsAndBatchesThatItEmpties() {
        Dataset<Row> data = rows("id % 4 batch", "if(id % 4 = 2 or id = 0, null, array(id, if(id = 1, null, id))) x");
        TensorOptions options = Tensors.columnByBatch("x", "batch").withHandleInvalid(HandleInvalid.SKIP);
        DatasetStatistics statistics = Tensors.statistics(data, options);
        assertThat(statistics.rows()).isEqualTo(13);
        assertThat(statistics.batches())
                .extracting(DatasetStatistics.Batch::key)
                .containsExactly(0L, 1L, 3L);
        assertThat(statistics.batches().get(1).statistics().count(0)).isEqualTo(4);
    }

    @Test
    void keepLeavesNullCellsOutOfTheirChannel() {
        Dataset<Row> data = rows("cast(id as double) a", "if(id % 2 = 0, null, id) b", "cast(null as float) c");
        DatasetStatistics statistics = Tensors.statistics(data, Tensors.channels(HandleInvalid.KEEP, "a", "b", "c"));
        ChannelStatistics only = statistics.batches().get(0).statistics();
        assertThat(List.of(only.count(0), only.count(1), only.count(2))).containsExactly(20L, 10L, 0L);
        assertThat(only.mean(1)).isEqualTo(10);
        assertThat(only.mean(2)).isNaN();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void imagesOfDifferentSizesCountEachPixel(int channels) {
        StructType image = ImageSchema.imageSchema();
        Dataset<Row> images = spark().createDataFrame(
                        List.of(image(2, 3, channels), image(4, 1, channels), image(-1, -1, -1)), image);
        TensorOptions options = Tensors.column("image", HandleInvalid.KEEP);
        ChannelStatistics statistics =
                Tensors.statistics(images, options).batches().get(0).statistics();
        assertThat(statistics.channels()).isEqualTo(channels);
        assertThat(statistics.count(0)).isEqualTo(10);
        assertThat(statistics.max(channels - 1)).isEqualTo(255);
        assertThatThrownBy(() -> Tensors.statistics(images, Tensors.column("image")))
                .hasMessageContaining("null in 1 row");
        Dataset<Row> mixed = images.union(spark().createDataFrame(List.of(image(1, 1, 4)), image));
        assertThatThrownBy(() -> Tensors.statistics(mixed, options))
                .hasMessageContaining("rows of channel count " + channels + " (2 rows) and 4 (1 row); expected the same"
                        + " channel count in each row");
    }

    private static Row image(int height, int width, int channels) {
        byte[] data = new byte[Math.max(0, height * width * channels)];
        Arrays.fill(data, (byte) 255);
        return RowFactory.create(RowFactory.create("f", height, width, channels, 0, data));
    }

    @Test
    void sparseVectorsCountWhatTheyDoNotName() {
        StructType schema = new StructType().add("v", SQLDataTypes.VectorType());
        Dataset<Row> data = spark().createDataFrame(
                        List.of(
                                RowFactory.create(Vectors.sparse(1_000_000, new int[] {5}, new double[] {4})),
                                RowFactory.create(Vectors.sparse(1_000_000, new int[] {5, 7}, new double[] {-2, 1})),
                                RowFactory.create(Vectors.sparse(1_000_000, new int[0], new double[0]))),
                        schema);
        ChannelStatistics statistics =
                Tensors.statistics(data, Tensors.column("v")).batches().get(0).statistics();
        assertThat(statistics.count(0)).isEqualTo(3);
        assertThat(statistics.max(7)).isEqualTo(1);
        assertThat(statistics.min(7)).isZero();
        assertThat(statistics.min(5)).isEqualTo(-2);
        assertThat(statistics.mean(5)).isEqualTo(2.0 / 3);
        assertThat(statistics.populationVariance(999_999)).isZero();
    }

    @Test
    void jobsAreDescribedAndTheDescriptionBeforeComesBack() {
        sc().setJobDescription("mine");
        Tensors.statistics(rows("array(1f, 2f) x"), Tensors.column("x"));
        assertThat(sc().getLocalProperty("spark.job.description")).isEqualTo("mine");
        sc().setJobDescription(null);
    }

    @Test
    void readsParquetAndJsonOfEverySqlTypeWithRegistrationRequired(@TempDir Path folder) {
        Dataset<Row> all = rows(
                "array(cast(id as float)) x",
                "cast(id as byte) a",
                "cast(id as short) b",
                "cast(id as int) c",
                "id d",
                "cast(id as double) e",
                "cast(id as decimal(20, 3)) f",
                "cast(id as string) g",
                "id > 3 h",
                "date'2024-01-01' i",
                "timestamp'2024-01-01 00:00:00' j",
                "timestamp_ntz'2024-01-01 00:00:00' k",
                "map('a', id) l",
                "struct(id, array(id)) m",
                "interval 3 days n",
                "interval 3 months o",
                "X'01' p");
        String parquet = folder.resolve("parquet").toString();
        all.write().parquet(parquet);
        String digest = Tensors.statistics(all, Tensors.column("x")).digest();
        assertThat(Tensors.statistics(spark().read().parquet(parquet), Tensors.column("x"))
                        .digest())
                .isEqualTo(digest);
        String json = folder.resolve("json").toString();
        all.drop("n", "o").write().json(json);
        assertThat(Tensors.statistics(spark().read().json(json), Tensors.column("x"))
                        .digest())
                .isEqualTo(digest);
    }
}
