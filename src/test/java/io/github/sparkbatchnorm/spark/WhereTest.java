package io.github.sparkbatchnorm.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.Provenance;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Statistics of the rows that match a condition. */
class WhereTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    private Dataset<Row> rows() {
        return spark().range(0, 30, 1, 3)
                .selectExpr("id", "id % 3 batch", "if(id = 5, null, id < 20) train", "array(sin(id), double(id)) x");
    }

    @Test
    void statisticsAreOfTheMatchingRowsAndOutputsOfAll() {
        Dataset<Row> data = rows();
        TensorDataset x =
                TensorDataset.of(data, Tensors.columnByBatch("x", "batch")).withWhere("train");
        TensorDataset matching = TensorDataset.of(data.where("train"), Tensors.columnByBatch("x", "batch"));
        DatasetStatistics statistics = x.statistics();
        assertThat(statistics.rows()).isEqualTo(19);
        assertThat(statistics.digest()).isEqualTo(matching.statistics().digest());
        assertThat(x.moments().whole()).isEqualTo(matching.moments().whole());
        assertThat(x.moments().statistics().digest()).isEqualTo(statistics.digest());
        BatchNormState state = statistics.stateAfter(BatchNormState.initial(2, BatchNormConfig.DEFAULT));
        assertThat(state.provenance().map(Provenance::where)).contains("train");
        assertThat(x.normalize(statistics, state, "y").inPlan().count()).isEqualTo(30);
    }

    @Test
    void whatNoRowMatchesIsNamed() {
        TensorDataset none = TensorDataset.of(rows(), Tensors.column("x")).withWhere("id > 99");
        assertThatThrownBy(none::statistics)
                .isInstanceOf(BatchNormException.class)
                .hasMessage("column x: no row matches where 'id > 99'; expected one or more: check the condition");
        TensorDataset some =
                TensorDataset.of(rows(), Tensors.columnByBatch("x", "batch")).withWhere("batch = 1");
        assertThatThrownBy(some::statistics)
                .isInstanceOf(BatchNormException.class)
                .hasMessage("column x: no row of batch 0, 2 matches where 'batch = 1'; expected one or more of each"
                        + " batch: check the condition, or leave these batches out");
        Dataset<Row> empty = rows().where("id < 0");
        assertThat(TensorDataset.of(empty, Tensors.column("x", 2))
                        .withWhere("id > 99")
                        .statistics()
                        .rows())
                .isZero();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "nope > 1 | [UNRESOLVED_COLUMN",
                "id >     | ",
                "id + 1   | is of type bigint; expected a boolean",
                "rand() < 0.5 | is not deterministic; expected the same rows each time",
                "id in (select 3) | has a subquery; expected a condition on the columns of a row",
            })
    void aConditionThatCannotBeUsedIsRefusedAtOnce(String condition, String message) {
        TensorDataset x = TensorDataset.of(rows(), Tensors.column("x"));
        assertThatThrownBy(() -> x.withWhere(condition))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("where '" + condition + "'")
                .hasMessageContaining(message == null ? "expected a condition in SQL" : message);
    }

    @Test
    void aBackwardPassHasNoCondition() {
        TensorDataset x = TensorDataset.of(rows().selectExpr("*", "x dy"), Tensors.column("x"))
                .withWhere("train");
        assertThatThrownBy(() -> x.backward(List.of("dy")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("column x: where 'train' is for statistics; expected none in a backward pass");
    }
}
