package io.github.sparkbatchnorm.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.spark.tensor.HandleInvalid;
import io.github.sparkbatchnorm.spark.tensor.TensorOptions;
import io.github.sparkbatchnorm.stats.ChannelMoments;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The door: moments, statistics and states of a tensor column. */
class TensorDatasetTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    private static final BatchNormState STATE = BatchNormState.initial(2, BatchNormConfig.DEFAULT);
    private static final TensorOptions X = TensorOptions.column("x");
    private static final TensorOptions BY_BATCH = X.withBatchColumn("batch");

    private Dataset<Row> rows(int partitions) {
        return spark().range(0, 60, 1, partitions)
                .selectExpr("id", "id % 3 batch", "array(sin(id), if(id = 7, double('NaN'), 1e9 + id)) x");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4, 7})
    void momentsOfTheWholeAreThoseOfItsBatchesAndOfItsHalves(int partitions) {
        Dataset<Row> data = rows(partitions);
        ChannelMoments whole = TensorDataset.of(data, X).moments().whole();
        DatasetMoments byBatch = TensorDataset.of(data, BY_BATCH).moments();
        assertThat(whole.count(0)).isEqualTo(60);
        assertThat(byBatch.whole()).isEqualTo(whole);
        assertThat(byBatch.rows()).isEqualTo(60);
        assertThat(byBatch.channels()).isEqualTo(2);
        assertThat(byBatch.batches()).extracting(DatasetMoments.Batch::key).containsExactly(0L, 1L, 2L);
        ChannelMoments low =
                TensorDataset.of(data.filter("id < 20"), X).moments().whole();
        ChannelMoments high =
                TensorDataset.of(data.filter("id >= 20"), X).moments().whole();
        assertThat(ChannelMoments.fromBytes(high.toBytes()).combine(low)).isEqualTo(whole);
    }

    @ParameterizedTest
    @EnumSource(NonFinitePolicy.class)
    void momentsAreRoundedToTheStatisticsOfAPass(NonFinitePolicy policy) {
        for (TensorOptions options : List.of(X, BY_BATCH)) {
            TensorDataset x = TensorDataset.of(rows(5), options).withNonFinite(policy);
            if (policy == NonFinitePolicy.FAIL) {
                assertThatThrownBy(x::moments)
                        .isInstanceOf(BatchNormException.class)
                        .hasMessageContaining("values that are not finite in channel 1");
                continue;
            }
            DatasetStatistics rounded = x.moments().statistics();
            DatasetStatistics passed = x.statistics();
            assertThat(rounded.digest()).isEqualTo(passed.digest());
            assertThat(rounded.rows()).isEqualTo(passed.rows());
            assertThat(rounded.stateAfter(STATE)).isEqualTo(passed.stateAfter(STATE));
            assertThat(rounded.batches().get(0).statistics().count(1))
                    .isEqualTo(passed.batches().get(0).statistics().count(1));
        }
    }

    @Test
    void theStateAfterIsThatOfEachBatchInOrder() {
        Dataset<Row> data = rows(4).where("id != 7");
        BatchNormState expected = STATE;
        for (int batch = 0; batch < 3; batch++) {
            DatasetStatistics one =
                    TensorDataset.of(data.where("batch = " + batch), X).statistics();
            expected = expected.afterBatches(List.of(one.whole()), NonFinitePolicy.PROPAGATE);
        }
        assertThat(TensorDataset.of(data, BY_BATCH).statistics().stateAfter(STATE))
                .isEqualTo(expected);
        assertThatThrownBy(() -> TensorDataset.of(data.where("id < 4"), BY_BATCH)
                        .statistics()
                        .stateAfter(STATE))
                .isInstanceOf(BatchNormException.class)
                .hasMessage("Expected more than 1 value per channel when training, got input size [1, 2] (batch 1)");
    }

    @Test
    void noRowsHaveEmptyMomentsAndLeaveTheState() {
        TensorDataset none = TensorDataset.of(rows(2).where("id < 0"), X).forState(STATE);
        assertThat(none.moments().whole()).isEqualTo(ChannelMoments.empty(2));
        assertThat(none.moments().batches()).isEmpty();
        assertThat(none.statistics().whole().count(0)).isZero();
        assertThat(none.statistics().stateAfter(STATE)).isEqualTo(STATE);
        assertThat(none.normalize(STATE, "y").inPlan().columns()).containsExactly("id", "batch", "x", "y");
    }

    @Test
    void resultsByBatchAreNotTakenForThoseOfTheWhole() {
        TensorDataset x = TensorDataset.of(rows(2), X);
        TensorDataset byBatch = TensorDataset.of(rows(2), BY_BATCH);
        assertThat(byBatch.hasBatchColumn()).isTrue();
        assertThatThrownBy(() -> byBatch.statistics().whole())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("column x: statistics by batch; expected data without a batch column");
        assertThatThrownBy(() -> x.normalize(byBatch.statistics(), STATE, "y"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("column x: statistics by batch for data without a batch column; expected those of the same"
                        + " data");
        assertThatThrownBy(() -> byBatch.normalize(x.statistics(), STATE, "y"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("column x: statistics of one batch for data with a batch column; expected those of the same"
                        + " data");
    }

    @Test
    void whatDoesNotFitTheStateIsRefusedAtOnce() {
        BatchNormState other = BatchNormState.initial(3, BatchNormConfig.DEFAULT);
        TensorDataset x = TensorDataset.of(rows(2), Tensors.column("x", 2));
        assertThat(x.channels()).hasValue(2);
        assertThatThrownBy(() -> x.normalize(other, "y"))
                .isInstanceOf(BatchNormException.class)
                .hasMessage("column x: C = 2; expected C = 3, as the state has: give the state of this column");
        assertThatThrownBy(() -> x.normalize(x.statistics(), other, "y"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a batch of 2 channels; expected num_features, 3");
        BatchNormState untracked = BatchNormState.initial(2, BatchNormConfig.DEFAULT.withTrackRunningStats(false));
        assertThatThrownBy(() -> x.normalize(untracked, "y"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no running statistics");
    }

    @Test
    void outputColumnsAreNewOrTheChannelColumns() {
        Dataset<Row> data = spark().range(3).selectExpr("id", "array(1f) x", "named_struct('b', 2d) s", "1d a");
        TensorDataset x = TensorDataset.of(data, X);
        assertThat(x.normalizedColumns("y")).containsExactly("y");
        assertThatThrownBy(() -> x.normalizedColumns("ID"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the input has a column id already; set outputColumn to another name");
        assertThatThrownBy(() -> x.normalize(BatchNormState.initial(1, BatchNormConfig.DEFAULT), "X"))
                .hasMessageContaining("has a column x already");
        TensorDataset channels = TensorDataset.of(data, TensorOptions.channelColumns(List.of("a", "s.b")));
        assertThat(channels.normalizedColumns("unused")).containsExactly("a", "b_normalized");
        assertThat(channels.denormalizedColumns("unused")).containsExactly("a", "b_denormalized");
        assertThat(channels.channelName(1)).isEqualTo("s.b");
        assertThat(channels.columnNames()).containsExactly("a", "b");
        assertThat(channels).hasToString("columns a, s.b");
        assertThat(TensorDataset.columnOf(data.schema(), "s.b")).contains("s");
        assertThat(TensorDataset.columnOf(data.schema(), "nope")).isEmpty();
    }

    @Test
    void anOutputInThePlanNeedsNothingThatIsKeptOpen() {
        Dataset<Row> data = rows(3).where("id != 7");
        TensorDataset x = TensorDataset.of(data, BY_BATCH.withHandleInvalid(HandleInvalid.SKIP));
        DatasetStatistics statistics = x.statistics();
        TensorOutput output = x.normalize(statistics, STATE, "y");
        List<Row> expected;
        try (BroadcastDataset y = output.broadcast()) {
            expected = y.dataset().orderBy("id").collectAsList();
        }
        assertThat(expected).hasSize(59);
        assertThat(output.inPlan().orderBy("id").collectAsList()).isEqualTo(expected);
        Dataset<Row> joined = output.inPlan().as("a").join(output.inPlan().as("b"), "id");
        assertThat(joined.where("a.y = b.y").count()).isEqualTo(59);
    }

    @Test
    void anOutputInThePlanIsCachedOnce() {
        TensorOutput output = TensorDataset.of(rows(2).where("id != 7"), X).normalize(STATE, "y");
        assertThat(output.inPlan().sameSemantics(output.inPlan())).isTrue();
    }

    @Test
    void oneValueAChannelIsRefusedInTraining() {
        TensorDataset one = TensorDataset.of(rows(2).where("id = 3"), X);
        DatasetStatistics statistics = one.statistics();
        assertThatThrownBy(() -> one.normalize(statistics, STATE, "y"))
                .isInstanceOf(BatchNormException.class)
                .hasMessage("Expected more than 1 value per channel when training, got input size [1, 2]");
    }

    @Test
    void gradientsWithAnotherEpsThanTheStateAreRefused() {
        TensorBackward backward = TensorDataset.of(rows(2).where("id != 7").selectExpr("*", "x dy"), X)
                .backward(List.of("dy"));
        DatasetGradients gradients = backward.trainingGradients(BatchNormConfig.DEFAULT.withEps(0.5));
        assertThatThrownBy(() -> backward.inputGradients(gradients, STATE, "dx"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("column x: gradients with eps 0.5; expected 1.0E-5, as the state has");
        BatchNormState other = BatchNormState.initial(3, BatchNormConfig.DEFAULT);
        assertThatThrownBy(() -> backward.inputGradients(other, "dx").inPlan().collectAsList())
                .hasRootCauseInstanceOf(BatchNormException.class)
                .hasRootCauseMessage("column x: a row with C = 2; expected C = 3, as the state has: give the state of"
                        + " this column");
    }

    @Test
    void gradientsOfEvaluationAreNotTakenForTraining() {
        Dataset<Row> data = rows(2).where("id != 7").selectExpr("*", "x dy");
        TensorBackward backward = TensorDataset.of(data, X).backward(List.of("dy"));
        DatasetGradients evaluation = backward.evaluationGradients(STATE);
        assertThat(evaluation.whole().bias(1))
                .isEqualTo(TensorDataset.of(data, X).statistics().whole().mean(1) * 59, within(1e-3));
        assertThatThrownBy(() -> backward.inputGradients(evaluation, STATE, "dx"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("column x: gradients of evaluation mode");
        Row first = backward.inputGradients(STATE, "dx").inPlan().orderBy("id").first();
        assertThat(first.<Double>getList(4).get(1)).isEqualTo(1e9 * (1 / Math.sqrt(1 + 1e-5)));
        assertThatThrownBy(() -> backward.inputGradients(STATE, "batch"))
                .hasMessage("the input has a column batch already; set outputColumn to another name");
    }
}
