package io.github.sparkbatchnorm.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormModule;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.ChannelTransform;
import io.github.sparkbatchnorm.layer.Dtype;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.spark.tensor.HandleInvalid;
import io.github.sparkbatchnorm.spark.tensor.TensorOptions;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.spark.SparkException;
import org.apache.spark.ml.linalg.DenseVector;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.SparseVector;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The forward pass over a tensor column, through the door. */
class NormalizeTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    private static final BatchNormState STATE = BatchNormState.of(
            BatchNormConfig.DEFAULT,
            2,
            new double[] {2, -0.5},
            new double[] {1, 10},
            new double[] {5, 7},
            new double[] {4, 0.25},
            3);

    private Dataset<Row> rows(String... expressions) {
        return spark().range(0, 12, 1, 3).selectExpr(expressions);
    }

    private static Dataset<Row> evaluate(Dataset<Row> data, TensorOptions options) {
        return TensorDataset.of(data, options).normalize(STATE, "y").inPlan();
    }

    @SuppressWarnings("unchecked")
    private static Map<Long, List<Double>> arrays(Dataset<Row> data) {
        return data.select("id", "y").collectAsList().stream()
                .filter(row -> !row.isNullAt(1))
                .collect(Collectors.toMap(row -> row.getLong(0), row -> row.getList(1)));
    }

    @Test
    void evaluationUsesRunningStatisticsWhateverTheBatch() {
        Dataset<Row> data = rows("id", "array(double(id), id / 3) x");
        TensorOutput output = TensorDataset.of(data, Tensors.column("x")).normalize(STATE, "y");
        assertThat(output.columns()).containsExactly("y");
        Map<Long, List<Double>> inPlan = arrays(output.inPlan());
        assertThat(inPlan).hasSize(12);
        inPlan.forEach((id, y) -> {
            assertThat(y.get(0)).isEqualTo((id - 5.0) * (2 * (1 / Math.sqrt(4 + 1e-5))) + 1);
            assertThat(y.get(1)).isEqualTo((id / 3.0 - 7) * (-0.5 * (1 / Math.sqrt(0.25 + 1e-5))) + 10);
        });
        try (BroadcastDataset broadcast = output.broadcast()) {
            assertThat(arrays(broadcast.dataset())).isEqualTo(inPlan);
        }
    }

    @Test
    void eachRowIsNormalizedWithItsOwnBatch() {
        Dataset<Row> data = rows("id", "id % 2 batch", "array(double(id), 1.0D) x");
        TensorDataset x = TensorDataset.of(data, Tensors.columnByBatch("x", "batch"));
        DatasetStatistics statistics = x.statistics();
        TensorOutput output = x.normalize(statistics, STATE, "y");
        try (BroadcastDataset normalized = output.broadcast()) {
            assertThat(arrays(output.inPlan())).isEqualTo(arrays(normalized.dataset()));
            arrays(normalized.dataset()).forEach((id, y) -> {
                ChannelTransform transform = ChannelTransform.ofBatch(
                        statistics.batches().get((int) (id % 2)).statistics(), STATE, NonFinitePolicy.PROPAGATE);
                assertThat(y.get(0)).isEqualTo(transform.apply(0, id));
                assertThat(y.get(1)).isEqualTo(10); // constant: the bias
            });
        }
    }

    @Test
    void denormalizingGivesTheRowsBack() {
        Dataset<Row> data = rows("id", "id % 2 batch", "array(double(id), 1e9 + id / 3) x");
        TensorDataset x = TensorDataset.of(data, Tensors.columnByBatch("x", "batch"));
        DatasetStatistics statistics = x.statistics();
        Dataset<Row> y = x.normalize(statistics, STATE, "n").inPlan();
        TensorDataset normalized = TensorDataset.of(y, Tensors.columnByBatch("n", "batch"));
        Map<Long, List<Double>> back =
                arrays(normalized.denormalize(statistics, STATE, "y").inPlan());
        Map<Long, List<Double>> running =
                arrays(TensorDataset.of(x.normalize(STATE, "n").inPlan(), Tensors.column("n"))
                        .denormalize(STATE, "y")
                        .inPlan());
        for (Row row : data.collectAsList()) {
            List<Double> expected = row.getList(2);
            for (Map<Long, List<Double>> found : List.of(back, running)) {
                assertThat(found.get(row.getLong(0)).get(0)).isCloseTo(expected.get(0), within(1e-14));
                assertThat(found.get(row.getLong(0)).get(1)).isCloseTo(expected.get(1), within(1e-6));
            }
        }
    }

    @Test
    void sparseVectorsStaySparseWhereZeroIsKept() {
        StructType schema = new StructType().add("x", SQLDataTypes.VectorType());
        Vector sparse = Vectors.sparse(5, new int[] {1, 3}, new double[] {4, Double.NaN});
        Vector dense = Vectors.dense(0, 4, 0, 8, 0);
        Dataset<Row> data =
                spark().createDataFrame(List.of(RowFactory.create(sparse), RowFactory.create(dense)), schema);
        double[] ones = {1, 1, 1, 1, 1};
        double[] zeros = new double[5];
        BatchNormConfig config = BatchNormConfig.DEFAULT.withEps(0);
        BatchNormState scaling = BatchNormState.of(config, 5, ones, zeros, zeros, new double[] {1, 4, 1, 16, 1}, 1);
        TensorDataset x = TensorDataset.of(data, Tensors.column("x"));
        List<Row> scaled = x.normalize(scaling, "y").inPlan().select("y").collectAsList();
        assertThat(scaled.get(0).<Vector>getAs(0))
                .isInstanceOf(SparseVector.class)
                .hasToString("(5,[1,3],[2.0,NaN])");
        assertThat(scaled.get(1).<Vector>getAs(0))
                .isInstanceOf(DenseVector.class)
                .isEqualTo(Vectors.dense(0, 2, 0, 2, 0));
        List<Row> back = x.denormalize(scaling, "y").inPlan().select("y").collectAsList();
        assertThat(back.get(0).<Vector>getAs(0)).isInstanceOf(SparseVector.class);
        assertThat(x.denseOutputWarning(scaling)).isEmpty();
        BatchNormState shifting = scaling.withParameters(ones, ones);
        assertThat(x.normalize(shifting, "y").inPlan().first().<Vector>getAs(1)).isInstanceOf(DenseVector.class);
    }

    @Test
    void aWeightOfZeroGivesTheMeanBack() {
        BatchNormState zero = STATE.withParameters(new double[] {0, 1}, new double[] {3, 4});
        Dataset<Row> data = rows("id", "array(float(id), 4f) x");
        Dataset<Row> back = TensorDataset.of(data, Tensors.column("x"))
                .denormalize(zero, "y")
                .inPlan();
        assertThat(back.select("y").distinct().collectAsList())
                .extracting(row -> row.<Float>getList(0))
                .containsExactly(List.of(5f, 7f));
    }

    @Test
    void rowOfAnUnseenBatchEndsTheTaskWithAMessage() {
        Dataset<Row> data = rows("id", "id % 3 batch", "array(double(id), 1.0D) x");
        TensorOptions byBatch = Tensors.columnByBatch("x", "batch");
        DatasetStatistics some = Tensors.statistics(data.filter("batch < 2"), byBatch);
        assertFails(
                TensorDataset.of(data, byBatch).normalize(some, STATE, "y").inPlan(),
                "column x: a row of batch 2 that the statistics pass did not see; expected the same"
                        + " rows in both passes");
    }

    @Test
    void skipDropsAndKeepKeepsNullSamples() {
        Dataset<Row> data = rows("id", "if(id < 3, null, array(double(id), if(id = 4, null, 1.0D))) x");
        Dataset<Row> dropped = evaluate(data, Tensors.column("x", HandleInvalid.SKIP));
        assertThat(dropped.count()).isEqualTo(8);
        assertThat(arrays(dropped)).hasSize(8).doesNotContainKey(4L);
        Dataset<Row> kept = evaluate(data.filter("id != 4"), Tensors.column("x", HandleInvalid.KEEP));
        assertThat(kept.count()).isEqualTo(11);
        assertThat(kept.filter("y is null").count()).isEqualTo(3);
    }

    @Test
    void channelColumnsAreReplacedInPlaceAndFloatsKeepTheirType() {
        Dataset<Row> data = rows("id", "cast(id as float) `a.b`", "'s' name", "if(id = 2, null, id) c", "id + 1 d");
        TensorOutput output = TensorDataset.of(data, Tensors.channels(HandleInvalid.KEEP, "c", "a.b"))
                .normalize(STATE, "unused");
        assertThat(output.columns()).containsExactly("c", "a.b");
        Dataset<Row> result = output.inPlan();
        assertThat(result.schema().simpleString())
                .isEqualTo("struct<id:bigint,a.b:float,name:string,c:double,d:bigint>");
        List<Row> rows = result.orderBy("id").collectAsList();
        assertThat(rows.get(2).isNullAt(3)).isTrue();
        assertThat(rows.get(3).getDouble(3)).isEqualTo((3 - 5.0) * (2 * (1 / Math.sqrt(4 + 1e-5))) + 1);
        assertThat(rows.get(3).getFloat(1)).isEqualTo((float) ((3 - 7.0) * (-0.5 * (1 / Math.sqrt(0.25 + 1e-5))) + 10));
        assertThat(rows.get(3).getLong(4)).isEqualTo(4);
    }

    @ParameterizedTest
    @EnumSource(NonFinitePolicy.class)
    void evaluationTreatsNotFiniteValuesByPolicy(NonFinitePolicy policy) {
        Dataset<Row> data = rows("id", "array(if(id = 7, float('inf'), float(id)), if(id = 7, float('NaN'), 1f)) x");
        Dataset<Row> normalized = TensorDataset.of(data, Tensors.column("x"))
                .withNonFinite(policy)
                .normalize(STATE, "y")
                .inPlan();
        if (policy == NonFinitePolicy.FAIL) {
            assertFails(
                    normalized,
                    "column x: Infinity in channel 0 of row id=7; expected finite values, or set"
                            + " nonFinite to propagate, skip-batch or ignore");
            return;
        }
        List<? extends Number> y = normalized.filter("id = 7").first().getList(2);
        assertThat(y.get(0).doubleValue()).isEqualTo(Double.POSITIVE_INFINITY);
        assertThat(y.get(1).doubleValue()).isNaN();
        assertThat(normalized.filter("id = 6").first().<Number>getList(2).get(0).floatValue())
                .isEqualTo((float) ((6 - 5.0) * (2 * (1 / Math.sqrt(4 + 1e-5))) + 1));
    }

    @Test
    void badRowsInEvaluationEndTheTaskWithOneMessage() {
        assertEvaluationFails(
                rows("array(float(id)) x"),
                "column x: a row with C = 1; expected C = 2, as the state has: give the state of this column");
        assertEvaluationFails(
                rows("if(id < 0, array(1f), null) x"),
                "column x: null in 1 row; expected a sample in each row, or set handleInvalid to skip or keep");
        assertEvaluationFails(
                rows("array(1f, if(id < 0, 1f, null)) x"),
                "column x: null element in 1 row; expected none, or set handleInvalid to skip");
        Dataset<Row> data = rows("array(float(id), 2f, 3f) x");
        assertFails(
                evaluate(data, Tensors.column("x", 2, 2)),
                "column x: rows of length 3 (1 row); expected length 4, of shape [2, 2]");
    }

    private static void assertEvaluationFails(Dataset<Row> data, String message) {
        assertFails(evaluate(data, Tensors.column("x")), message);
    }

    private static void assertFails(Dataset<Row> normalized, String message) {
        assertThatThrownBy(normalized::collectAsList)
                .isInstanceOf(SparkException.class)
                .hasRootCauseInstanceOf(BatchNormException.class)
                .hasRootCauseMessage(message);
    }

    @Test
    void aClosedDatasetSaysSo() {
        Dataset<Row> data = rows("id", "array(double(id), 1.0D) x");
        BroadcastDataset normalized = TensorDataset.of(data, Tensors.column("x"))
                .normalize(STATE, "y")
                .broadcast();
        Dataset<Row> before = normalized.dataset();
        before.count();
        normalized.close();
        normalized.close();
        assertThatThrownBy(normalized::dataset)
                .isInstanceOf(BatchNormException.class)
                .hasMessageStartingWith("the output of a closed batch norm pass is used");
        assertThatThrownBy(before::collectAsList)
                .hasStackTraceContaining("the output of a closed batch norm pass is used");
    }

    @Test
    void schemaErrorsNameTheColumn() {
        Dataset<Row> data = rows(
                "id",
                "'a' s",
                "array('a') t",
                "cast(1 as decimal(9, 2)) d",
                "double(id) f",
                "array(array(array(array(array(1f))))) deep",
                "array(cast(1 as decimal(9, 2))) ds",
                "array(1f) x");
        assertInvalid(data, Tensors.column("nope"), "no column nope; the columns are id, s, t, d, f, deep, ds, x");
        assertInvalid(
                data,
                Tensors.columnByBatch("x", "nope"),
                "no column nope; the columns are id, s, t, d, f, deep, ds, x");
        assertInvalid(
                data,
                Tensors.channels(HandleInvalid.ERROR, "f", "f"),
                "column f is named twice; expected different columns");
        assertInvalid(
                data, Tensors.columnByBatch("x", "x"), "batch column x is also a tensor column; expected another one");
        assertInvalid(
                data,
                Tensors.column("x").withModule(BatchNormModule.BATCH_NORM_2D),
                "column x: samples have 1 axis; BatchNorm2d expects [C, H, W]: set shape, or check module");
        assertUnsupported(
                data,
                Tensors.column("s"),
                "column s is of type string; expected an array of numbers, a vector, binary or an image, or set"
                        + " channelColumns for numeric columns");
        assertUnsupported(data, Tensors.column("t"), "column t is of type array<string>; expected an array of numbers");
        assertUnsupported(
                data,
                Tensors.column("deep"),
                "column deep is of type array<array<array<array<array<float>>>>>; expected at most 4 levels of arrays");
        assertUnsupported(
                data,
                Tensors.column("ds"),
                "column ds is of type array<decimal(9,2)>; expected an array of numbers: cast to double");
        assertUnsupported(
                data,
                Tensors.channels(HandleInvalid.ERROR, "f", "d"),
                "column d is of type decimal(9,2); expected a number or boolean: cast to double");
        assertUnsupported(
                data,
                Tensors.columnByBatch("x", "f"),
                "batch column f is of type double; expected integer, string, date or timestamp: cast it");
        assertInvalid(
                data,
                Tensors.column("x").withDtype(Dtype.FLOAT64),
                "column x is of type array<float>, and dtype says what a binary column holds: unset dtype");
        assertThat(TensorDataset.of(data, Tensors.column("X")).columnNames()).containsExactly("x");
        assertThat(TensorDataset.of(data, Tensors.column("x", 1, 1, 1).withModule(BatchNormModule.BATCH_NORM_2D))
                        .channels())
                .hasValue(1);
    }

    private static void assertInvalid(Dataset<Row> data, TensorOptions options, String message) {
        assertThatThrownBy(() -> TensorDataset.of(data, options))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    private static void assertUnsupported(Dataset<Row> data, TensorOptions options, String message) {
        assertThatThrownBy(() -> TensorDataset.of(data, options))
                .isInstanceOf(BatchNormException.class)
                .hasMessage(message);
    }
}
