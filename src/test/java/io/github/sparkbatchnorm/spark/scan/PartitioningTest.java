package io.github.sparkbatchnorm.spark.scan;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.spark.BroadcastDataset;
import io.github.sparkbatchnorm.spark.DatasetStatistics;
import io.github.sparkbatchnorm.spark.SharedSpark;
import io.github.sparkbatchnorm.spark.TensorDataset;
import io.github.sparkbatchnorm.spark.Tensors;
import io.github.sparkbatchnorm.spark.tensor.TensorOptions;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The same rows give the same bits: of the statistics, the state and the output. */
class PartitioningTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    private Dataset<Row> data() {
        return spark().range(0, 2000, 1, 2)
                .selectExpr(
                        "id",
                        "id % 7 batch",
                        "array(cast(1e6 + sin(id) as float), cast(id * 1e-20 as float), cast(cos(id) as float)) x");
    }

    private static Dataset<Row> arranged(Dataset<Row> data, int partitions) {
        return switch (partitions) {
            case 1 -> data.coalesce(1);
            case 2 -> data.repartition(2);
            case 7 -> data.repartition(7, functions.col("id"));
            default -> data.orderBy(functions.hash(functions.col("id"))).repartition(partitions);
        };
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 200})
    void oneBatchGivesTheSameBits(int partitions) {
        check(partitions, Tensors.column("x"));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 200})
    void manyBatchesGiveTheSameBits(int partitions) {
        check(partitions, Tensors.columnByBatch("x", "batch"));
    }

    private void check(int partitions, TensorOptions options) {
        Dataset<Row> data = data();
        Dataset<Row> shuffled = arranged(data, partitions);
        DatasetStatistics expected = Tensors.statistics(data, options);
        DatasetStatistics actual = Tensors.statistics(shuffled, options);
        assertThat(actual.digest()).isEqualTo(expected.digest());
        assertThat(actual.rows()).isEqualTo(2000);
        assertThat(state(actual)).isEqualTo(state(expected));
        for (int b = 0; b < expected.batches().size(); b++) {
            ChannelStatistics one = expected.batches().get(b).statistics();
            ChannelStatistics other = actual.batches().get(b).statistics();
            for (int c = 0; c < 3; c++) {
                assertThat(other.mean(c)).isEqualTo(one.mean(c));
                assertThat(other.meanLow(c)).isEqualTo(one.meanLow(c));
                assertThat(other.populationVariance(c)).isEqualTo(one.populationVariance(c));
                assertThat(other.sampleVariance(c)).isEqualTo(one.sampleVariance(c));
            }
        }
        assertDatasetEquals(output(data, options, expected), output(shuffled, options, actual));
    }

    private static BatchNormState state(DatasetStatistics statistics) {
        return statistics.stateAfter(BatchNormState.initial(3, BatchNormConfig.DEFAULT));
    }

    private static Dataset<Row> output(Dataset<Row> data, TensorOptions options, DatasetStatistics statistics) {
        try (BroadcastDataset normalized = TensorDataset.of(data, options)
                .normalize(statistics, state(statistics), "y")
                .broadcast()) {
            Dataset<Row> result = normalized.dataset().orderBy("id");
            List<Row> rows = result.collectAsList();
            return result.sparkSession().createDataFrame(rows, result.schema());
        }
    }
}
