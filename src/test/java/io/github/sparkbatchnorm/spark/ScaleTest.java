package io.github.sparkbatchnorm.spark;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.stats.ChannelStatistics;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Sizes at which something else than arithmetic could break, on data whose statistics are known in closed form. */
@Tag("full")
class ScaleTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    private static DatasetStatistics statistics(Dataset<Row> data, boolean byBatch) {
        return Tensors.statistics(data, byBatch ? Tensors.columnByBatch("x", "batch") : Tensors.column("x"));
    }

    /** Of the integers 0 to n - 1, times a step. */
    private static void assertRange(ChannelStatistics statistics, int channel, long n, double step) {
        assertThat(statistics.count(channel)).isEqualTo(n);
        assertThat(statistics.mean(channel)).isEqualTo((n - 1) / 2.0 * step);
        assertThat(statistics.populationVariance(channel)).isEqualTo((n * n - 1) / 12.0 * step * step);
    }

    @Test
    void tenThousandPartitions() {
        Dataset<Row> data =
                spark().range(0, 200_000, 1, 10_000).selectExpr("array(double(id), id * 0.5D) x", "id % 1000 batch");
        ChannelStatistics whole = statistics(data, false).whole();
        assertRange(whole, 0, 200_000, 1);
        assertRange(whole, 1, 200_000, 0.5);
        assertThousandBatches(statistics(data, true), 200);
    }

    /** Batch b has the values b, b + 1000, b + 2000 .. */
    private static void assertThousandBatches(DatasetStatistics statistics, long rows) {
        assertThat(statistics.batches()).hasSize(1000);
        for (DatasetStatistics.Batch batch : statistics.batches()) {
            ChannelStatistics found = batch.statistics();
            assertThat(found.count(0)).isEqualTo(rows);
            assertThat(found.mean(0)).isEqualTo((long) batch.key() + (rows - 1) * 500.0);
            assertThat(found.populationVariance(0)).isEqualTo((rows * rows - 1) / 12.0 * 1e6);
        }
    }

    @Test
    void oneHugePartitionAndManyEmptyOnes() {
        Dataset<Row> data = spark().range(0, 500_000, 1, 1)
                .union(spark().range(0, 999, 1, 999).where("id < 0"))
                .selectExpr("array(double(id), id * 0.5D) x", "id % 1000 batch");
        assertThat(data.rdd().getNumPartitions()).isEqualTo(1000);
        assertRange(statistics(data, false).whole(), 1, 500_000, 0.5);
        assertThousandBatches(statistics(data, true), 500);
    }

    @Test
    void aMillionDenseChannels() {
        Dataset<Row> data =
                spark().range(0, 4, 1, 2).selectExpr("transform(sequence(0, 999999), c -> float(c + id)) x", "0 batch");
        for (boolean byBatch : new boolean[] {false, true}) {
            ChannelStatistics found = statistics(data, byBatch).batches().get(0).statistics();
            assertThat(found.channels()).isEqualTo(1_000_000);
            for (int c = 0; c < found.channels(); c++) {
                boolean isRight =
                        found.count(c) == 4 && found.mean(c) == c + 1.5 && found.populationVariance(c) == 1.25;
                assertThat(isRight).describedAs("channel " + c).isTrue();
            }
        }
    }

    @Test
    void tenMillionSparseChannels() {
        int[] named = IntStream.range(0, 100).map(i -> i * 99_991).toArray();
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            double[] values = new double[100];
            Arrays.fill(values, i);
            rows.add(RowFactory.create(Vectors.sparse(10_000_000, named, values), i % 2));
        }
        StructType schema = new StructType().add("x", SQLDataTypes.VectorType()).add("batch", DataTypes.IntegerType);
        Dataset<Row> data = spark().createDataFrame(rows, schema).repartition(3);
        ChannelStatistics whole = statistics(data, false).whole();
        assertThat(whole.channels()).isEqualTo(10_000_000);
        for (int c : new int[] {0, 99_991, 99 * 99_991}) {
            assertRange(whole, c, 20, 1);
        }
        for (int c : new int[] {1, 99_990, 99_992, 9_999_999}) {
            assertThat(whole.count(c)).isEqualTo(20);
            assertThat(whole.mean(c)).isZero();
            assertThat(whole.populationVariance(c)).isZero();
        }
        DatasetStatistics.Batch odd = statistics(data, true).batches().get(1);
        assertThat(odd.statistics().count(5)).isEqualTo(10);
        assertThat(odd.statistics().mean(99_991)).isEqualTo(10);
        assertThat(odd.statistics().populationVariance(99_991)).isEqualTo(33);
    }

    @Test
    void hundredThousandSmallBatches() {
        Dataset<Row> data = spark().range(0, 300_000, 1, 3)
                .selectExpr("array(double(id), id * 0.25D, 1, -id) x", "id % 100000 batch");
        DatasetStatistics interleaved = statistics(data, true);
        assertThat(interleaved.batches()).hasSize(100_000);
        for (DatasetStatistics.Batch batch : interleaved.batches()) {
            double mean = (long) batch.key() + 100_000.0;
            ChannelStatistics found = batch.statistics();
            assertThat(new double[] {found.mean(0), found.mean(1), found.mean(2), found.mean(3)})
                    .isEqualTo(new double[] {mean, mean / 4, 1, -mean});
            assertThat(found.count(2)).isEqualTo(3);
            assertThat(found.populationVariance(0)).isEqualTo(2e10 / 3);
            assertThat(found.populationVariance(2)).isZero();
        }
        String digest = interleaved.digest();
        assertThat(statistics(data.repartition(7), true).digest()).isEqualTo(digest);
        assertThat(statistics(data.repartition(2, data.col("batch")), true).digest())
                .isEqualTo(digest);
    }
}
