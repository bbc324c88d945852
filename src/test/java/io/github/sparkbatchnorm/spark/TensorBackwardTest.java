package io.github.sparkbatchnorm.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;

/** The kinds of gradients, and what ends their passes; the numbers are tested beside those of torch. */
/** The backward pass over a tensor column, through the door. */
class TensorBackwardTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    private static final BatchNormState STATE = BatchNormState.initial(2, BatchNormConfig.DEFAULT);

    private Dataset<Row> rows(String... expressions) {
        return spark().range(0, 20, 1, 3).selectExpr(expressions);
    }

    private static TensorBackward backward(Dataset<Row> data, NonFinitePolicy policy) {
        return TensorDataset.of(data, Tensors.columnByBatch("x", "batch"))
                .withNonFinite(policy)
                .backward(List.of("dy"));
    }

    private static DatasetGradients withBatchStatistics(Dataset<Row> data, NonFinitePolicy policy) {
        return backward(data, policy).trainingGradients(BatchNormConfig.DEFAULT);
    }

    private static DatasetGradients withRunningStatistics(Dataset<Row> data) {
        return backward(data, NonFinitePolicy.PROPAGATE).evaluationGradients(STATE);
    }

    @Test
    void statisticsComeWithTheGradientsThatTheyWereMadeFor() {
        Dataset<Row> data = rows("id % 2 batch", "array(double(id), id * id) x", "array(1d, 2d) dy");
        DatasetGradients own = withBatchStatistics(data, NonFinitePolicy.PROPAGATE);
        assertThat(own.batches()).extracting(DatasetGradients.Batch::key).containsExactly(0L, 1L);
        assertThat(own.batches().get(0).statistics().mean(0)).isEqualTo(9);
        assertThat(own.batches().get(0).gradients().bias()).containsExactly(10, 20);
        DatasetGradients running = withRunningStatistics(data);
        assertThat(running.batches())
                .extracting(DatasetGradients.Batch::statistics)
                .containsOnlyNulls();
        assertThat(running.batches().get(1).gradients().bias()).containsExactly(10, 20);
    }

    @Test
    void batchesOfOtherChannelsThanTheStateAreRefusedWithBothNumbers() {
        Dataset<Row> data = rows("id % 2 batch", "array(1d, 2d, 3d) x", "array(1d, 2d, 3d) dy");
        assertThatThrownBy(() -> withRunningStatistics(data))
                .isInstanceOf(BatchNormException.class)
                .hasMessageStartingWith("column x: C = 3; expected C = 2");
    }

    @Test
    void oneValueAChannelIsAnErrorThatNamesTheBatch() {
        Dataset<Row> data = rows("if(id = 7, 1, 0) batch", "array(1d, double(id)) x", "array(1d, 2d) dy");
        assertThatThrownBy(() -> withBatchStatistics(data, NonFinitePolicy.PROPAGATE))
                .isInstanceOf(BatchNormException.class)
                .hasMessage("Expected more than 1 value per channel when training, got input size [1, 2] (batch 1)");
    }

    @Test
    void valuesAndGradientsThatAreNotFiniteAreCountedOverAllBatches() {
        Dataset<Row> data = rows(
                "id",
                "id % 5 batch",
                "array(if(id in (3, 4), double('NaN'), id), 1d) x",
                "array(1d, if(id in (5, 6, 7), double('-inf'), 2d)) dy");
        assertThatThrownBy(() -> withBatchStatistics(data, NonFinitePolicy.FAIL))
                .isInstanceOf(BatchNormException.class)
                .hasMessageStartingWith("column x: values that are not finite in channel 0 (2 NaN, 0 infinite); 2 rows,"
                        + " e.g. id=3, batch=3; column dy: values that are not finite in channel 1 (0 NaN, 3 infinite);"
                        + " 3 rows, e.g. id=5, batch=0; expected finite values");
    }
}
