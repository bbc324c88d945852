package io.github.sparkbatchnorm.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.Dtype;
import io.github.sparkbatchnorm.layer.Provenance;
import io.github.sparkbatchnorm.spark.tensor.TensorOptions;
import io.github.sparkbatchnorm.stats.SampleShape;
import io.github.sparkbatchnorm.stats.SampleShape.Layout;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;

/** A state remembers what it was fitted to, and is applied to data like that. */
class StateMatchTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    private static final MathContext DIGITS = new MathContext(60);

    private Dataset<Row> rows(String... expressions) {
        return spark().range(0, 20, 1, 3).selectExpr(expressions);
    }

    private static BatchNormState fit(TensorDataset x) {
        DatasetStatistics statistics = x.statistics();
        BatchNormConfig config = BatchNormConfig.DEFAULT.withCumulativeAverage();
        return statistics.stateAfter(BatchNormState.initial(statistics.channels(), config));
    }

    private static List<String> json(Dataset<Row> data, String... columns) {
        return data.orderBy("id").selectExpr(columns).toJSON().collectAsList();
    }

    @Test
    void theProvenanceIsThePassThatChangedTheState() {
        TensorDataset x = TensorDataset.of(
                rows("id", "id % 2 batch", "array(float(id), 1f, 2f, 3f) x"),
                Tensors.channelsLast("x", 2, 2).withBatchColumn("batch"));
        DatasetStatistics statistics = x.statistics();
        BatchNormState state = statistics.stateAfter(BatchNormState.initial(2, BatchNormConfig.DEFAULT));
        Provenance found = state.provenance().orElseThrow();
        assertThat(found.rows()).isEqualTo(20);
        assertThat(found.count()).containsExactly(40, 40);
        assertThat(found.digest()).isEqualTo(statistics.digest());
        assertThat(found.columns()).isNull();
        assertThat(found.shape()).isEqualTo(SampleShape.channelsLast(2, 2));
        assertThat(found.layout()).isEqualTo(Layout.CHANNELS_LAST);
        assertThat(found.dtype()).isEqualTo(Dtype.FLOAT32);
        assertThat(found.input()).isEmpty();
        assertThat(found.spark()).isEqualTo(spark().version());

        Dataset<Row> none = rows("array(double(id), 1D) x").where("x[0] < 0");
        assertThat(TensorDataset.of(none, Tensors.column("x", 2))
                        .statistics()
                        .stateAfter(state)
                        .provenance())
                .contains(found);
        Dataset<Row> columns = rows("id a", "float(id) b");
        Provenance named = fit(TensorDataset.of(columns, TensorOptions.channelColumns(List.of("b", "a"))))
                .provenance()
                .orElseThrow();
        assertThat(named.columns()).containsExactly("b", "a");
        assertThat(named.shape()).isEqualTo(SampleShape.channelsFirst(2));
        assertThat(named.dtype()).isEqualTo(Dtype.FLOAT64);
    }

    @Test
    void channelColumnsAreMatchedByName() {
        Dataset<Row> data = rows("id", "double(id) a", "id * id b", "sin(id) c", "cos(id) da", "sin(id) db", "id dc");
        TensorDataset abc = TensorDataset.of(data, TensorOptions.channelColumns(List.of("a", "b", "c")));
        TensorDataset cab = TensorDataset.of(data, TensorOptions.channelColumns(List.of("c", "a", "b")));
        BatchNormState state = fit(abc).withParameters(new double[] {1, 2, 3}, new double[] {4, 5, 6});
        assertThat(json(cab.normalize(state, "").inPlan(), "a", "b", "c"))
                .isEqualTo(json(abc.normalize(state, "").inPlan(), "a", "b", "c"));
        assertThat(json(cab.denormalize(state, "").inPlan(), "a", "b", "c"))
                .isEqualTo(json(abc.denormalize(state, "").inPlan(), "a", "b", "c"));
        assertThat(json(cab.normalize(cab.statistics(), state, "").inPlan(), "a", "b", "c"))
                .isEqualTo(json(abc.normalize(abc.statistics(), state, "").inPlan(), "a", "b", "c"));
        TensorBackward one = abc.backward(List.of("da", "db", "dc"));
        TensorBackward other = cab.backward(List.of("dc", "da", "db"));
        assertThat(other.evaluationGradients(state).whole().weight(0))
                .isEqualTo(one.evaluationGradients(state).whole().weight(2));
        assertThat(json(other.inputGradients(state, "dx").inPlan(), "dx_a", "dx_b", "dx_c"))
                .isEqualTo(json(one.inputGradients(state, "dx").inPlan(), "dx_a", "dx_b", "dx_c"));
        BatchNormState further = cab.statistics().stateAfter(state);
        assertThat(further.forColumns(List.of("a", "b", "c")))
                .isEqualTo(abc.statistics().stateAfter(state));
    }

    @Test
    void columnsThatAreMissingOrLeftOverAreNamed() {
        Dataset<Row> data = rows("id", "double(id) a", "id b", "id c");
        BatchNormState state = fit(TensorDataset.of(data, TensorOptions.channelColumns(List.of("a", "b"))));
        TensorDataset other = TensorDataset.of(data, TensorOptions.channelColumns(List.of("b", "c")));
        String message = "the state has no column c; the data lacks the column a; expected the columns that the"
                + " state was fitted to, in any order";
        assertThatThrownBy(() -> other.normalize(state, ""))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
        assertThatThrownBy(() -> other.statistics().stateAfter(state)).hasMessage(message);
        assertThatThrownBy(() -> TensorDataset.of(data, TensorOptions.channelColumns(List.of("a")))
                        .normalize(state, ""))
                .hasMessageStartingWith("the data lacks the column b; expected");
        assertThatThrownBy(() -> TensorDataset.of(
                                data.toDF("id", "A", "b", "c"), TensorOptions.channelColumns(List.of("A", "b")))
                        .normalize(state, ""))
                .hasMessageEndingWith("in any order: upper and lower case are different letters");
    }

    @Test
    void aShapeThatIsNotGivenIsThatOfTheState() {
        Dataset<Row> data = rows("id", "transform(sequence(0, 11), i -> sin(id * 12 + i) + i % 3) x");
        TensorDataset last = TensorDataset.of(data, Tensors.channelsLast("x", 2, 2, 3));
        BatchNormState state = fit(last);
        List<String> expected = json(last.normalize(state, "y").inPlan(), "y");
        TensorDataset bare = TensorDataset.of(data, TensorOptions.column("x"));
        assertThat(json(bare.normalize(state, "y").inPlan(), "y")).isEqualTo(expected);
        assertThat(bare.forState(state).statistics().digest())
                .isEqualTo(last.statistics().digest());
        TensorDataset first = TensorDataset.of(data, Tensors.column("x", 3, 2, 2));
        assertThat(json(first.normalize(state, "y").inPlan(), "y")).isNotEqualTo(expected);

        Dataset<Row> nested = rows("id", "transform(sequence(0, 3), i -> array(sin(id + i), i, 5D)) x");
        TensorDataset nestedLast = TensorDataset.of(nested, Tensors.channelsLast("x"));
        BatchNormState ofNested = fit(nestedLast);
        assertThat(ofNested.provenance().orElseThrow().shape()).isEqualTo(SampleShape.channelsLast(4, 3));
        assertThat(json(
                        TensorDataset.of(nested, TensorOptions.column("x"))
                                .normalize(ofNested, "y")
                                .inPlan(),
                        "y"))
                .isEqualTo(json(nestedLast.normalize(ofNested, "y").inPlan(), "y"));
    }

    @Test
    void evaluationIsAsExactAsTrainingWhereTheMeanIsHuge() {
        TensorDataset x = TensorDataset.of(rows("id", "array(1e12 + sin(id)) x"), TensorOptions.column("x"));
        DatasetStatistics statistics = x.statistics();
        BatchNormConfig config = new BatchNormConfig(0, null, false, true);
        BatchNormState state = statistics.stateAfter(BatchNormState.initial(1, config));
        List<Row> rows = x.normalize(state, "y").inPlan().collectAsList();
        BigDecimal sum = BigDecimal.ZERO;
        for (Row row : rows) {
            sum = sum.add(new BigDecimal(row.<Double>getList(1).get(0)));
        }
        BigDecimal mean = sum.divide(BigDecimal.valueOf(rows.size()), DIGITS);
        BigDecimal deviation = new BigDecimal(state.runningVar()[0]).sqrt(DIGITS);
        for (Row row : rows) {
            BigDecimal exact =
                    new BigDecimal(row.<Double>getList(1).get(0)).subtract(mean).divide(deviation, DIGITS);
            BigDecimal error = new BigDecimal(row.<Double>getList(2).get(0)).subtract(exact);
            assertThat(Math.abs(error.doubleValue())).isLessThan(1e-13 * Math.abs(exact.doubleValue()));
        }
    }
}
