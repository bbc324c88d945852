package io.github.sparkbatchnorm.ml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.sparkbatchnorm.io.StateJson;
import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.spark.DatasetStatistics;
import io.github.sparkbatchnorm.spark.RowDigest;
import io.github.sparkbatchnorm.spark.SharedSpark;
import io.github.sparkbatchnorm.spark.TensorDataset;
import io.github.sparkbatchnorm.spark.tensor.TensorOptions;
import java.util.List;
import org.apache.spark.ml.attribute.AttributeGroup;
import org.apache.spark.ml.feature.VectorAssembler;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.SparseVector;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.ml.param.Param;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The estimator and its model give the bits of the door, and speak of params. */
class BatchNormTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    private transient Dataset<Row> rows;

    @BeforeEach
    void makeRows() {
        Dataset<Row> made = spark().range(0, 120, 1, 3)
                .selectExpr(
                        "id", "id % 4 g", "1e8 + sin(id) a", "cast(cos(id * 3) as float) b", "if(id % 2 = 0, id, 0d) z")
                .selectExpr(
                        "*",
                        "array(a, double(b)) x",
                        "array(cast(a as float), b) f",
                        "array(array(a, 1d * id), array(double(b), a)) nested",
                        "array(a, double(b), 1d * id, z) flat",
                        "struct(a, b as c) s");
        rows = new VectorAssembler()
                .setInputCols(new String[] {"z", "a"})
                .setOutputCol("v")
                .transform(made);
    }

    private static String digest(Dataset<Row> data) {
        return RowDigest.of(data.toDF("id", "y")).toString();
    }

    private BatchNorm of(String column) {
        return new BatchNorm().setInputCol(column).setOutputCol("y");
    }

    private static BatchNormState fresh(int channels) {
        return BatchNormState.initial(channels, BatchNormConfig.DEFAULT.withCumulativeAverage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "f", "nested", "v"})
    void givesTheBitsOfTheDoor(String column) {
        TensorDataset door = TensorDataset.of(rows, TensorOptions.column(column));
        DatasetStatistics statistics = door.statistics();
        BatchNormState state = statistics.stateAfter(fresh(2));
        BatchNormModel model = of(column).fit(rows);
        assertThat(model.state()).isEqualTo(state);
        assertThat(model.uid()).startsWith("BatchNorm_");
        Dataset<Row> normalized = model.transform(rows);
        assertThat(digest(normalized.select("id", "y")))
                .isEqualTo(digest(door.normalize(state, "y").inPlan().select("id", "y")));
        assertThat(normalized.schema()).isEqualTo(model.transformSchema(rows.schema()));
        assertThat(normalized.schema().apply("y").dataType())
                .isEqualTo(rows.schema().apply(column).dataType());
        assertThat(model.statistics().mean(0)).isEqualTo(statistics.whole().mean(0));
        assertThat(model.summary().rows()).isEqualTo(120);

        BatchNormModel defaults = new BatchNorm().setInputCol(column).fit(rows);
        Dataset<Row> again = defaults.inverse().transform(defaults.transform(rows));
        assertThat(again.columns()).endsWith(defaults.getOutputCol(), defaults.getOutputCol() + "__inverse");
        Dataset<Row> back = model.inverse().transform(normalized).withColumnRenamed("y__inverse", "back");
        assertThat(digest(back.select("id", "back")))
                .isEqualTo(digest(TensorDataset.of(normalized, TensorOptions.column("y"))
                        .denormalize(state, "back")
                        .inPlan()
                        .select("id", "back")));
        assertThat(model.inverse().inverse().getOutput()).isEqualTo("normalized");
    }

    @Test
    void channelColumnsAreReplacedOrMadeAVector() {
        BatchNorm estimator = new BatchNorm().setInputCols("a", "b", "s.c");
        BatchNormModel model = estimator.fit(rows);
        assertThat(model.state().provenance().orElseThrow().columns()).containsExactly("a", "b", "s.c");
        Dataset<Row> replaced = model.transform(rows);
        assertThat(replaced.schema()).isEqualTo(model.transformSchema(rows.schema()));
        assertThat(replaced.columns()).startsWith(rows.columns()).endsWith("c_normalized");

        Dataset<Row> whole = model.setOutputCol("y").transform(rows);
        assertThat(whole.schema()).isEqualTo(model.transformSchema(rows.schema()));
        assertThat(RowDigest.of(whole.drop("y"))).isEqualTo(RowDigest.of(rows));
        assertThat(AttributeGroup.fromStructField(whole.schema().apply("y")).indexOf("s.c"))
                .isEqualTo(2);
        List<Row> expected = replaced.sort("id").collectAsList();
        List<Row> found = whole.sort("id").collectAsList();
        for (int i = 0; i < found.size(); i++) {
            Vector y = found.get(i).getAs("y");
            assertThat(y.apply(0)).isEqualTo(expected.get(i).<Double>getAs("a"));
            assertThat((float) y.apply(1)).isEqualTo(expected.get(i).<Float>getAs("b"));
        }
        Dataset<Row> back = model.inverse().transform(whole);
        Row first = back.filter("id = 7").first();
        assertThat(first.<Vector>getAs("y__inverse").apply(0)).isEqualTo(first.<Double>getAs("a"));
    }

    /** As VectorAssembler keeps them. */
    @Test
    void aNullThatIsKeptIsNaNInAVector() {
        Dataset<Row> holes = rows.selectExpr("id", "a", "if(id < 2, null, g) g", "if(id = 0, null, b) b");
        BatchNorm estimator = new BatchNorm().setInputCols("g", "b").setHandleInvalid("keep");
        BatchNormModel model = estimator.setOutputCol("y").fit(holes);
        assertThat(model.statistics().count(0)).isEqualTo(118);
        assertThat(model.statistics().count(1)).isEqualTo(119);
        List<Row> made = model.transform(holes).sort("id").limit(3).collectAsList();
        double b = (Float) made.get(1).getAs("b");
        double y = (b - model.runningMean().apply(1))
                / Math.sqrt(model.runningVar().apply(1) + 1e-5);
        assertThat(made.get(0).<Vector>getAs("y").toArray()).containsOnly(Double.NaN);
        assertThat(made.get(1).<Vector>getAs("y").apply(0)).isNaN();
        assertThat(made.get(1).<Vector>getAs("y").apply(1)).isEqualTo(y, within(1e-12));
        assertThat(made.get(2).<Vector>getAs("y").apply(0)).isFinite();
        assertThat(model.inverse()
                        .setHandleInvalid("error")
                        .transform(model.transform(holes))
                        .filter("id = 1")
                        .first()
                        .<Vector>getAs("y__inverse")
                        .apply(0))
                .isNaN();
    }

    @Test
    void aVectorKeepsTheNamesOfItsChannelsAndSparseRowsStaySparse() {
        BatchNormModel model = of("v").setPreset("standard-scaler").fit(rows);
        Dataset<Row> scaled = model.transform(rows);
        AttributeGroup attributes =
                AttributeGroup.fromStructField(scaled.schema().apply("y"));
        assertThat(attributes.size()).isEqualTo(2);
        assertThat(attributes.getAttr(1).name().get()).isEqualTo("a");
        Dataset<Row> sparse = spark().createDataFrame(
                        List.of(row(Vectors.sparse(5, new int[] {1}, new double[] {2})), row(Vectors.zeros(5))),
                        new StructType().add("w", SQLDataTypes.VectorType()));
        Dataset<Row> one = of("w").setPreset("standard-scaler").fit(sparse).transform(sparse);
        assertThat(one.first().<Vector>getAs("y")).isInstanceOf(SparseVector.class);
        assertThat(AttributeGroup.fromStructField(one.schema().apply("y")).size())
                .isEqualTo(5);
    }

    private static Row row(Object value) {
        return RowFactory.create(value);
    }

    @Test
    void batchesMoveTheStateByMomentum() {
        TensorDataset door = TensorDataset.of(rows, TensorOptions.column("x").withBatchColumn("g"));
        BatchNormConfig config = new BatchNormConfig(1e-3, 0.25, false, true);
        BatchNormState state = door.statistics().stateAfter(BatchNormState.initial(2, config));
        BatchNorm estimator =
                of("x").setBatchCol("g").setMomentum(0.25).setEps(1e-3).setAffine(false);
        BatchNormModel model = estimator.fit(rows);
        assertThat(model.state()).isEqualTo(state);
        assertThat(model.numBatchesTracked()).isEqualTo(4);
        // The statistics are those of all rows.
        assertThat(model.statistics().count(0)).isEqualTo(120);

        BatchNormModel next =
                of("x").setBatchCol("g").setInitialState(model.state()).fit(rows);
        assertThat(next.state()).isEqualTo(door.statistics().stateAfter(state));
        assertThat(next.state().config()).isEqualTo(config);
    }

    @Test
    void whereBoundsTheStatisticsOnly() {
        BatchNormModel model = of("x").setWhere("id < 60").fit(rows);
        assertThat(model.statistics().count(0)).isEqualTo(60);
        assertThat(model.transform(rows).count()).isEqualTo(120);
    }

    @Test
    void aShapeTellsTheChannelsOfFlatSamples() {
        BatchNormModel model =
                of("flat").setShape(2, 2).setLayout("channels-last").fit(rows);
        assertThat(model.numFeatures()).isEqualTo(2);
        assertThat(model.statistics().count(1)).isEqualTo(240);
        assertThat(model.transform(rows).filter("size(y) = 4").count()).isEqualTo(120);
    }

    @Test
    void binaryHoldsTheDtype() {
        Dataset<Row> binary = spark().createDataFrame(
                        List.of(
                                org.apache.spark.sql.RowFactory.create((Object) new byte[16]),
                                org.apache.spark.sql.RowFactory.create((Object) new byte[16])),
                        new StructType().add("x", DataTypes.BinaryType));
        assertThat(of("x").setDtype("float64").fit(binary).numFeatures()).isEqualTo(2);
        assertThat(of("x").fit(binary).numFeatures()).isEqualTo(4);
    }

    @Test
    void invalidAndNonFiniteValuesAreHandled() {
        Dataset<Row> holes = rows.selectExpr("id", "if(id = 3, null, array(a, if(id = 5, double('NaN'), z))) x");
        assertThatThrownBy(() -> of("x").fit(holes))
                .isInstanceOf(BatchNormException.class)
                .hasMessageContaining("null");
        BatchNormModel kept =
                of("x").setHandleInvalid("keep").setNonFinite("ignore").fit(holes);
        assertThat(kept.statistics().count(1)).isEqualTo(118);
        assertThat(kept.statistics().mean(1)).isFinite();
        assertThat(kept.summary().nonFiniteChannels()).containsExactly(1);
        assertThat(kept.transform(holes).filter("y is null").count()).isEqualTo(1);
        assertThat(kept.setHandleInvalid("skip").transform(holes).count()).isEqualTo(119);
        assertThat(of("x").setHandleInvalid("skip").fit(holes).statistics().mean(1))
                .isNaN();
    }

    @Test
    void summaryNamesConstantChannels() {
        Dataset<Row> data = rows.selectExpr("a", "5d one", "if(id = 5, double('Infinity'), z) z");
        BatchNormSummary summary =
                new BatchNorm().setInputCols("a", "one", "z").fit(data).summary();
        assertThat(summary.constantChannels()).containsExactly(1);
        assertThat(summary).hasToString("120 rows, 3 channels; constant: one; with NaN or infinite values: z");
    }

    @Test
    void tablesAreForClientsThatReachNoMethods() {
        BatchNormModel model = new BatchNorm().setInputCols("a", "z").fit(rows);
        Row first = model.setOutput("statistics")
                .transform(rows)
                .filter("channel = 0")
                .first();
        assertThat(first.<String>getAs("name")).isEqualTo("a");
        assertThat(first.<Double>getAs("mean")).isEqualTo(model.statistics().mean(0));
        assertThat(first.<Double>getAs("sample_variance"))
                .isEqualTo(model.statistics().sampleVariance(0));
        assertThat(model.transformSchema(rows.schema()).fieldNames())
                .containsExactly(
                        "channel",
                        "name",
                        "count",
                        "mean",
                        "variance",
                        "sample_variance",
                        "min",
                        "max",
                        "nan",
                        "infinite");
        Row state =
                model.setOutput("state").transform(rows).filter("channel = 1").first();
        assertThat(state.<Double>getAs("running_var"))
                .isEqualTo(model.runningVar().apply(1));
        assertThat(state.<Double>getAs("weight"))
                .isEqualTo(model.weight().apply(1))
                .isEqualTo(1);
        assertThat(state.<Double>getAs("bias")).isEqualTo(model.bias().apply(1)).isZero();
        Row summary = model.setOutput("summary").transform(rows).first();
        assertThat(summary.<String>getAs("summary"))
                .isEqualTo(model.summary().toString())
                .startsWith("120 rows, 2 channels; ");
        String json = model.setOutput("state-json").transform(rows).first().getString(0);
        assertThat(StateJson.read(json, "text")).isEqualTo(model.state());
        assertThat(json).isEqualTo(model.stateJson());
    }

    @Test
    void aStateMakesAModel() {
        BatchNormState state = of("x").fit(rows).state();
        BatchNormModel model = BatchNormModel.of(state).setInputCol("x").setOutputCol("y");
        assertThat(digest(model.transform(rows).select("id", "y")))
                .isEqualTo(digest(of("x").fit(rows).transform(rows).select("id", "y")));
        assertThatThrownBy(model::statistics)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("was not fitted here");
        assertThatThrownBy(() -> new BatchNormModel("m").state())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("m has no state; fit BatchNorm, or load a model");
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () -> BatchNormModel.of(BatchNormState.initial(2, new BatchNormConfig(1e-5, 0.1, true, false))))
                .withMessageContaining("no running statistics");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "preset | scaler | preset is 'scaler'; expected one of batch-norm, standard-scaler, sklearn",
                "nonFinite | none | nonFinite is 'none'; expected one of propagate, skip-batch, ignore, fail",
                "handleInvalid | drop | handleInvalid is 'drop'; expected one of error, skip, keep",
                "layout | NHWC | layout is 'NHWC'; expected one of channels-first, channels-last",
                "dtype | double | dtype is 'double'; expected one of float32, float64",
            })
    void otherWordsAreRefusedAtOnce(String param, String word, String message) {
        BatchNorm estimator = new BatchNorm();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> estimator.set(estimator.getParam(param), (Object) word))
                .withMessage(message);
    }

    @Test
    void numbersOutOfRangeAreRefusedAtOnce() {
        BatchNorm estimator = new BatchNorm("bn");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> estimator.setMomentum(1.5))
                .withMessage("momentum is 1.5; expected a number from 0 to 1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> estimator.setEps(-1))
                .withMessage("eps is -1.0; expected a number that is 0 or more");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> estimator.setEps(Double.NaN))
                .withMessage("eps is NaN; expected a number that is 0 or more");
    }

    /** Each with the words of the command line. */
    @Test
    void paramsThatExcludeEachOtherAreRefused() {
        String state = StateJson.write(fresh(2));
        refused(of("x").setInputCols("a"), "both inputCol and inputCols are given; give one of them");
        refused(
                new BatchNorm(),
                "neither inputCol nor inputCols is given; name the tensor column, or the columns that are a channel each");
        refused(
                of("x").setInitialState(state).setEps(1).setMomentum(0.1).setAffine(false),
                "eps, momentum, affine = false cannot be given with initialState, which has its own");
        refused(
                of("x").setPreset("sklearn").setEps(1).setBatchCol("g"),
                "eps, batchCol cannot be given with preset sklearn, which says it all; leave them away");
        refused(
                of("x").setPreset("standard-scaler").setNonFinite("skip-batch"),
                "nonFinite skip-batch cannot be given with preset standard-scaler, which says it all; leave it away");
        refused(
                of("x").setWithMean(true),
                "withMean goes with preset standard-scaler or sklearn; give one of them, or leave it away");
        refused(
                new BatchNorm().setInputCols("a", "b").setDtype("float32"),
                "dtype says what a binary column holds and goes with inputCol");
        refused(new BatchNorm().setInputCols("a", "a"), "inputCols names a twice; each column is one channel");
        refused(of("x").setShape(2, 0), "shape is '2,0': shape [2, 0] has an axis of size 0; expected 1 or more");
        refused(of("x").setOutputCol("A"), "the input has a column a already; set outputCol to another name");
        refused(
                new BatchNorm().setInputCols("a", "b").setOutputCol("X"),
                "the input has a column x already; set outputCol to another name");
    }

    private void refused(BatchNorm estimator, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> estimator.transformSchema(rows.schema()))
                .withMessage(message);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> estimator.fit(rows))
                .withMessage(message);
    }

    @Test
    void columnsThatDoNotFitAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> of("nope").fit(rows))
                .withMessageStartingWith("no column nope; the columns are id, g");
        BatchNormModel model = of("x").fit(rows);
        assertThatThrownBy(() -> model.setInputCol("flat").setShape(4).transform(rows))
                .isInstanceOf(BatchNormException.class)
                .hasMessageContaining("expected C = 2");
        BatchNormModel ofVectors = of("v").fit(rows);
        Dataset<Row> wide = new VectorAssembler()
                .setInputCols(new String[] {"z", "a", "b"})
                .setOutputCol("v")
                .transform(rows.drop("v"));
        for (ThrowingCallable refusal : List.<ThrowingCallable>of(
                () -> ofVectors.transformSchema(wide.schema()),
                () -> ofVectors.transform(wide),
                () -> BatchNormModel.of(ofVectors.state().withProvenance(null))
                        .setInputCol("v")
                        .transform(wide))) {
            assertThatThrownBy(refusal)
                    .isInstanceOf(BatchNormException.class)
                    .hasMessageStartingWith("column v: ")
                    .hasMessageContaining("3");
        }
        assertThatThrownBy(() -> ofVectors.transformSchema(wide.schema()))
                .hasMessage(
                        "column v: vectors of length 3, as its attributes say; expected length 2, of shape [2]: check"
                                + " the column and shape");
        assertThatThrownBy(() -> of("a").fit(rows))
                .isInstanceOf(BatchNormException.class)
                .hasMessage("column a is of type double; expected an array of numbers, a vector, binary or an image, or"
                        + " set inputCols for numeric columns");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> of("x").setWhere("nope > 1").fit(rows))
                .withMessageContaining("where");
    }

    @Test
    void everyParamHasADocAndAGetter() {
        BatchNorm estimator = new BatchNorm();
        assertThat(estimator.params()).hasSize(17);
        assertThat(new BatchNormModel().params()).hasSize(9);
        for (Param<?> param : estimator.params()) {
            assertThat(param.doc()).isNotBlank();
            String getter = "get" + Character.toUpperCase(param.name().charAt(0))
                    + param.name().substring(1);
            assertThat(BatchNorm.class.getMethods()).extracting("name").contains(getter);
        }
        assertThat(estimator.explainParams())
                .contains("preset: what the model does as that scaler does: batch-norm")
                .contains("dtype: what a binary column holds, little-endian: float32, float64; not set: float32");
    }
}
