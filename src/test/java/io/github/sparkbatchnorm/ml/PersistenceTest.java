package io.github.sparkbatchnorm.ml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.spark.RowDigest;
import io.github.sparkbatchnorm.spark.SharedSpark;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.ml.feature.SQLTransformer;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.param.Params;
import org.apache.spark.ml.tuning.CrossValidator;
import org.apache.spark.ml.tuning.CrossValidatorModel;
import org.apache.spark.ml.tuning.ParamGridBuilder;
import org.apache.spark.ml.tuning.TrainValidationSplit;
import org.apache.spark.ml.tuning.TrainValidationSplitModel;
import org.apache.spark.ml.util.ReadWriteUtils;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import scala.jdk.javaapi.CollectionConverters;

/** Estimators and models are saved, loaded, copied and tuned, alone and in pipelines. */
class PersistenceTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    @TempDir
    transient Path folder;

    private transient Dataset<Row> rows;

    @BeforeEach
    void makeRows() {
        rows = spark().range(0, 60, 1, 2)
                .selectExpr("id", "sin(id) a", "id * 1e6 b", "3 * sin(id) + id label", "array(sin(id), id / 7) x");
    }

    @AfterEach
    void saveToFileSystems() {
        ReadWriteUtils.localSavingModeState().set(false);
    }

    private String path(String name) {
        return folder.resolve(name).toString();
    }

    private static BatchNorm vectors() {
        return new BatchNorm().setInputCols("a", "b").setOutputCol("features");
    }

    private static BatchNorm arrays() {
        return new BatchNorm().setInputCol("x").setOutputCol("y");
    }

    /** Spark's regressions send classes that Kryo does not know; this predicts the first element. */
    private static SQLTransformer regression() {
        return new SQLTransformer().setStatement("SELECT *, y[0] AS prediction FROM __THIS__");
    }

    @Test
    void anEstimatorIsSavedWithItsParams() throws IOException {
        BatchNorm saved =
                vectors().setShape(2).setMomentum(0.5).setWithMean(true).setWhere("a > 0");
        saved.save(path("estimator"));
        BatchNorm loaded = BatchNorm.load(path("estimator"));
        assertThat(loaded.uid()).isEqualTo(saved.uid());
        assertThat(values(loaded)).isEqualTo(values(saved));
        assertThat(loaded.isSet(loaded.eps())).isFalse();
        BatchNorm copy = saved.copy(new ParamMap().put(saved.momentum().w(0.25)));
        assertThat(copy.getMomentum()).isEqualTo(0.25);
        assertThat(saved.getMomentum()).isEqualTo(0.5);
        assertThat(copy.uid()).isEqualTo(saved.uid());
    }

    @ParameterizedTest
    @CsvSource({"false", "true"})
    void aModelIsSavedWithItsStateAndItsStatistics(boolean local) throws IOException {
        BatchNormModel model = new BatchNorm()
                .setInputCol("x")
                .setOutputCol("y")
                .setNonFinite("ignore")
                .fit(rows);
        if (local) {
            model.write().saveToLocal(path("model"));
        } else {
            model.save(path("model"));
        }
        BatchNormModel loaded =
                local ? BatchNormModel.read().loadFromLocal(path("model")) : BatchNormModel.load(path("model"));
        same(loaded, model);
        same(model.copy(new ParamMap()), model);
        assertThat(model.copy(new ParamMap()).parent()).isSameAs(model.parent());
        assertThat(loaded).hasToString("BatchNormModel: uid=" + model.uid() + ", numFeatures=2, eps=1.0E-5");
        BatchNormModel of = BatchNormModel.of(model.state()).setInputCol("x");
        of.write().overwrite().save(path("of"));
        assertThat(BatchNormModel.load(path("of")).hasStatistics()).isFalse();
    }

    /** The params that are set, and the defaults, as JSON. */
    private static Map<String, String> values(Params of) {
        Map<String, String> values = new TreeMap<>();
        for (Param<?> param : of.params()) {
            if (of.isDefined(param)) {
                values.put(of.isSet(param) + param.name(), json(of, param));
            }
        }
        return values;
    }

    private static <T> String json(Params of, Param<T> param) {
        return param.jsonEncode(of.getOrDefault(param));
    }

    private void same(BatchNormModel found, BatchNormModel expected) {
        assertThat(found.uid()).isEqualTo(expected.uid());
        assertThat(found.state()).isEqualTo(expected.state());
        assertThat(found.moments()).isEqualTo(expected.moments());
        assertThat(values(found)).isEqualTo(values(expected));
        assertThat(RowDigest.of(found.transform(rows))).isEqualTo(RowDigest.of(expected.transform(rows)));
    }

    @Test
    void aFolderThatExistsIsReplacedOnlyIfTold() throws IOException {
        BatchNormModel model = vectors().fit(rows);
        model.save(path("model"));
        assertThatThrownBy(() -> model.save(path("model"))).isInstanceOf(IOException.class);
        model.setOutputCol("other").write().overwrite().save(path("model"));
        assertThat(BatchNormModel.load(path("model")).getOutputCol()).isEqualTo("other");
    }

    @Test
    void aModelWithoutAStateIsNotSaved() {
        assertThatThrownBy(() -> new BatchNormModel("m").save(path("model")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("m has no state");
    }

    @Test
    void pipelinesHoldBoth() throws IOException {
        Pipeline pipeline = new Pipeline().setStages(new PipelineStage[] {arrays(), regression()});
        pipeline.save(path("pipeline"));
        PipelineModel fitted = Pipeline.load(path("pipeline")).fit(rows);
        fitted.save(path("fitted"));
        PipelineModel loaded = PipelineModel.load(path("fitted"));
        same((BatchNormModel) loaded.stages()[0], (BatchNormModel) fitted.stages()[0]);
        assertThat(RowDigest.of(loaded.transform(rows))).isEqualTo(RowDigest.of(fitted.transform(rows)));
    }

    @Tag("full")
    @Test
    void tuningTriesParams() throws IOException {
        BatchNorm scaler = arrays();
        Pipeline pipeline = new Pipeline().setStages(new PipelineStage[] {scaler, regression()});
        ParamMap[] grid = new ParamGridBuilder()
                .addGrid(scaler.preset(), CollectionConverters.asScala(List.of("batch-norm", "standard-scaler")))
                .build();
        CrossValidator folds = new CrossValidator()
                .setEstimator(pipeline)
                .setEstimatorParamMaps(grid)
                .setEvaluator(new MeanError())
                .setNumFolds(2)
                .setSeed(1);
        folds.save(path("cv"));
        CrossValidatorModel best = CrossValidator.load(path("cv")).fit(rows);
        assertThat(best.avgMetrics()).hasSize(2).doesNotContain(Double.NaN);
        best.save(path("cv-model"));
        assertThat(RowDigest.of(CrossValidatorModel.load(path("cv-model")).transform(rows)))
                .isEqualTo(RowDigest.of(best.transform(rows)));
        TrainValidationSplitModel split = new TrainValidationSplit()
                .setEstimator(pipeline)
                .setEstimatorParamMaps(grid)
                .setEvaluator(new MeanError())
                .setSeed(1)
                .fit(rows);
        assertThat(split.validationMetrics()).hasSize(2);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\\\\\"num_features\\\\\"(.*?)2, | \\\\\"num_features\\\\\"$13, | num_features",
                "\"moments\":..A | \"moments\":[\"_ | Illegal base64",
                "\"moments\":...{8} | \"moments\":[\"AAAAAAAA | moments record",
                "\"moments\" | \"moment\" | metadata has no array 'moments'",
                "\"state\": | \"state\":5,\"was\": | metadata has no array 'state'",
                "\"outputCol\":\"features\" | \"nope\":\"features\" | nope",
                "\\} | ] | ",
            })
    void damagedMetadataIsOneClearError(String found, String damage, String reason) throws IOException {
        vectors().fit(rows).save(path("model"));
        Path metadata = metadata("model");
        String text = Files.readString(metadata);
        String damaged = text.replaceAll(found, damage);
        assertThat(damaged).isNotEqualTo(text);
        Files.writeString(metadata, damaged);
        try (Stream<Path> files = Files.list(metadata.getParent())) {
            for (Path file : files.filter(f -> f.toString().endsWith(".crc")).toList()) {
                Files.delete(file);
            }
        }
        assertThatThrownBy(() -> BatchNormModel.load(path("model")))
                .isInstanceOf(BatchNormException.class)
                .hasMessageStartingWith(path("model") + " cannot be read as a BatchNormModel: ")
                .hasMessageContaining(reason == null ? "" : reason)
                .hasMessageEndingWith("; expected a folder that its save or write wrote")
                .message()
                .doesNotContain("\n");
    }

    private Path metadata(String name) throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve(name).resolve("metadata"))) {
            return files.filter(f -> f.getFileName().toString().startsWith("part-"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    /** What version 0.2 saved: later ones read it. */
    @Test
    void recordedModelsAndPipelinesAreRead() {
        String golden = "src/test/resources/golden/ml/";
        Dataset<Row> data =
                spark().range(0, 40, 1, 1).selectExpr("sin(id) a", "id * 1e6 b", "array(sin(id), 1e9 + id) x");
        BatchNormModel model = BatchNormModel.load(golden + "model");
        assertThat(model.uid()).isEqualTo("BatchNorm_golden");
        same(
                model,
                new BatchNorm("BatchNorm_golden")
                        .setInputCol("x")
                        .setOutputCol("y")
                        .setEps(1e-3)
                        .fit(data));
        assertThat(model.transform(data).first().<Double>getList(3))
                .containsExactly(-0.04036884236494797, -1.6680217968905822);
        PipelineModel fitted = PipelineModel.load(golden + "pipeline-model");
        assertThat(RowDigest.of(fitted.transform(data)))
                .isEqualTo(RowDigest.of(
                        Pipeline.load(golden + "pipeline").fit(data).transform(data)));
    }

    /** Beyond what Spark's reader of metadata takes as one text. */
    @Test
    @Tag("full")
    void aMillionChannelsAreSaved() throws IOException {
        Dataset<Row> wide =
                spark().range(0, 4, 1, 2).selectExpr("transform(sequence(0, 999999), i -> sin(i * (id + 1)) * 1e3) x");
        BatchNormModel model = new BatchNorm().setInputCol("x").fit(wide);
        model.save(path("wide"));
        BatchNormModel loaded = BatchNormModel.load(path("wide"));
        assertThat(loaded.state()).isEqualTo(model.state());
        assertThat(loaded.moments()).isEqualTo(model.moments());
    }

    @Test
    void aFolderThatIsNoStageIsNamed() {
        for (ThrowingCallable load : List.<ThrowingCallable>of(
                () -> BatchNormModel.load(path("none")), () -> BatchNorm.load(path("none")))) {
            assertThatThrownBy(load)
                    .isInstanceOf(BatchNormException.class)
                    .hasMessageMatching(path("none")
                            + " cannot be read as a BatchNorm(Model)?: there is no folder of that name with metadata"
                            + " in it; expected a folder that its save or write wrote");
        }
    }

    @Test
    void aStageOfAnotherClassIsNamed() throws IOException {
        BatchNorm estimator = arrays();
        estimator.save(path("estimator"));
        estimator.fit(rows).save(path("model"));
        new Pipeline().setStages(new PipelineStage[] {estimator}).save(path("pipeline"));
        assertThatThrownBy(() -> BatchNorm.load(path("model")))
                .isInstanceOf(BatchNormException.class)
                .hasMessage(path("model") + " cannot be read as a BatchNorm: it is a saved"
                        + " io.github.sparkbatchnorm.ml.BatchNormModel; expected io.github.sparkbatchnorm.ml.BatchNorm:"
                        + " load it with BatchNormModel.load, or give another path");
        assertThatThrownBy(() -> BatchNormModel.load(path("estimator")))
                .hasMessageContaining("load it with BatchNorm.load");
        assertThatThrownBy(() -> BatchNorm.load(path("pipeline")))
                .hasMessageContaining("it is a saved org.apache.spark.ml.Pipeline; expected");
    }
}
