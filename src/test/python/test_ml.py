import json
import traceback
import unittest

import numpy as np
import sparkbatchnorm as bn
from pyspark.errors import IllegalArgumentException
from pyspark.ml import Pipeline, PipelineModel
from pyspark.ml.classification import LogisticRegression
from pyspark.ml.evaluation import MulticlassClassificationEvaluator, RegressionEvaluator
from pyspark.ml.feature import StandardScaler, VectorAssembler
from pyspark.ml.functions import array_to_vector
from pyspark.ml.regression import LinearRegression
from pyspark.ml.tuning import CrossValidator, CrossValidatorModel, ParamGridBuilder
from testing import ARTIFACT, FEATURES, IS_CONNECT, PROJECT, SparkTest, digits, spark, wine

GOLDEN = PROJECT / "src/test/resources/golden/ml"
CLASSIC_ONLY = unittest.skipIf(IS_CONNECT, "classic Spark only")
CONNECT_ONLY = unittest.skipUnless(IS_CONNECT, "Spark Connect only")


class SavedModelTest(SparkTest):
    """What Java saved, which every client can load."""

    def test_a_saved_model_is_loaded_and_normalizes(self) -> None:
        model = bn.BatchNormModel.load(str(GOLDEN / "model"))
        self.assertEqual((model.uid, model.getInputCol(), model.getOutputCol()), ("BatchNorm_golden", "x", "y"))
        self.assertEqual(list(model.runningMean), [0.028827456177878387, 1.0000000195e9])
        self.assertEqual(json.loads(model.stateJson())["running_var"], list(model.runningVar))
        self.assertEqual([row["count"] for row in model.statistics().collect()], [40, 40])
        data = spark.createDataFrame([([0.028827456177878387, 1.0000000195e9],)], "x ARRAY<DOUBLE>")
        normalized = model.transform(data)
        self.assert_close(normalized.first().y, [0, 0])
        self.assertEqual(model.inverse().setOutputCol("z").transform(normalized).first().z, data.first().x)

    @CLASSIC_ONLY  # Spark Connect reads pipelines that PySpark wrote
    def test_a_saved_pipeline_is_loaded(self) -> None:
        scaler = Pipeline.load(str(GOLDEN / "pipeline")).getStages()[0]
        self.assertIsInstance(scaler, bn.BatchNorm)
        self.assertEqual((scaler.getInputCols(), scaler.getPreset()), (["a", "b"], "standard-scaler"))
        model = PipelineModel.load(str(GOLDEN / "pipeline-model"))
        self.assertIsInstance(model.stages[0], bn.BatchNormModel)
        self.assertEqual(model.transform(spark.range(1).selectExpr("1D a", "2D b")).columns, ["a", "b", "features"])

    def test_a_model_that_was_not_fitted_has_a_default_output_and_no_statistics(self) -> None:
        (saved,) = (GOLDEN / "model/metadata").glob("part-*")
        metadata = {**json.loads(saved.read_text()), "paramMap": {"inputCol": "x"}, "moments": []}
        (self.folder / "metadata").mkdir()
        (self.folder / "metadata/part-00000").write_text(json.dumps(metadata))
        model = bn.BatchNormModel.load(str(self.folder))
        self.assertEqual(model.getOutputCol(), "BatchNorm_golden__output")
        data = spark.createDataFrame([([1.0, 1.0],)], "x ARRAY<DOUBLE>")
        self.assertEqual(model.transform(data).columns, ["x", "BatchNorm_golden__output"])
        with self.assertRaisesRegex(bn.BatchNormError, "a state has no statistics of its data; fit BatchNorm"):
            model.statistics()


class MlTest(SparkTest):
    @classmethod
    def setUpClass(cls) -> None:
        cls.wine = wine().cache()
        cls.x = np.array(cls.wine.select(*FEATURES).collect(), dtype=float)
        cls.vectors = VectorAssembler(inputCols=FEATURES, outputCol="x").transform(cls.wine)

    def normalized(self, eps: float = 1e-5) -> np.ndarray:
        return (self.x - self.x.mean(0)) / np.sqrt(self.x.var(0, ddof=1) + eps)

    def assert_rows(self, found, expected) -> None:
        rows = np.array([row[0].toArray() if hasattr(row[0], "toArray") else list(row[0]) for row in found])
        np.testing.assert_allclose(rows, expected, rtol=1e-12, atol=1e-12)

    # Params

    @CLASSIC_ONLY
    def test_params_are_those_of_java(self) -> None:
        for made in (bn.BatchNorm(), bn.BatchNorm(inputCols=FEATURES).fit(self.wine)):
            java = {param.name(): param for param in made._java_obj.params()}
            self.assertEqual({param.name for param in made.params}, set(java))
            for param in made.params:
                self.assertEqual(param.doc, java[param.name].doc(), param.name)
                self.assertEqual(made.hasDefault(param), made._java_obj.hasDefault(java[param.name]), param.name)
                if made.hasDefault(param):
                    default = made._java_obj.getDefault(java[param.name]).get()
                    self.assertEqual(made.getOrDefault(param), default, param.name)

    def test_every_param_has_a_setter_and_a_getter(self) -> None:
        values = dict(
            inputCol="x",
            inputCols=["a", "b"],
            outputCol="y",
            shape=[3, 32, 32],
            layout="channels-last",
            dtype="float64",
            handleInvalid="skip",
            nonFinite="ignore",
            eps=1e-3,
            momentum=0.25,
            affine=False,
            batchCol="batch",
            preset="sklearn",
            withMean=True,
            withStd=False,
            where="a > 0",
            initialState="{}",
        )
        by_constructor = bn.BatchNorm(**values)
        by_setters = bn.BatchNorm()
        self.assertEqual({param.name for param in by_setters.params}, set(values))
        for name, value in values.items():
            suffix = name[0].upper() + name[1:]
            self.assertIs(getattr(by_setters, "set" + suffix)(value), by_setters)
            for made in (by_constructor, by_setters):
                self.assertEqual(getattr(made, "get" + suffix)(), value)

    def test_params_are_keywords_and_none_is_not_set(self) -> None:
        with self.assertRaises(TypeError):
            bn.BatchNorm("x")
        with self.assertRaises(TypeError):
            bn.BatchNorm(input="x")
        with self.assertRaisesRegex(TypeError, "eps"):
            bn.BatchNorm(eps="a")
        for shape in ["a", [1.5], 3]:
            with self.assertRaisesRegex(TypeError, '"shape".*expected a list of whole numbers, such as'):
                bn.BatchNorm(shape=shape)
        self.assertEqual(bn.BatchNorm(shape="3, 32, 32").getShape(), [3, 32, 32])
        scaler = bn.BatchNorm(momentum=None, where=None)
        self.assertFalse(scaler.isSet(scaler.momentum) or scaler.isSet(scaler.where))
        self.assertIn("momentum: weight of a new batch", scaler.explainParams())

    # Fit and transform

    def test_columns_become_a_vector(self) -> None:
        model = bn.BatchNorm(inputCols=FEATURES, outputCol="y").fit(self.wine)
        self.assert_rows(model.transform(self.wine).select("y").collect(), self.normalized())

    def test_columns_are_replaced_where_there_is_no_output_column(self) -> None:
        model = bn.BatchNorm(inputCols=FEATURES).fit(self.wine)
        output = model.transform(self.wine)
        self.assertEqual(output.columns, self.wine.columns)
        np.testing.assert_allclose(np.array(output.select(*FEATURES).collect()), self.normalized(), rtol=1e-12)

    def test_a_vector_stays_a_vector(self) -> None:
        model = bn.BatchNorm(inputCol="x", outputCol="y", eps=0).fit(self.vectors)
        output = model.transform(self.vectors)
        self.assertEqual(output.schema["y"].dataType, output.schema["x"].dataType)
        self.assert_rows(output.select("y").collect(), self.normalized(0))

    def test_pictures_have_a_channel_each_row(self) -> None:
        data = digits()
        x = np.array([row.x for row in data.collect()]).reshape(-1, 8, 8)
        model = bn.BatchNorm(inputCol="x", outputCol="y", shape=[8, 8], affine=False).fit(data)
        mean, variance = x.mean((0, 2)), x.var((0, 2), ddof=1)
        np.testing.assert_allclose(model.runningMean.toArray(), mean, rtol=1e-12)
        np.testing.assert_allclose(model.runningVar.toArray(), variance, rtol=1e-12)
        expected = (x - mean[:, None]) / np.sqrt(variance[:, None] + 1e-5)
        self.assert_rows(model.transform(data).select("y").collect(), expected.reshape(-1, 64))

    def test_the_preset_is_the_scaler_of_spark(self) -> None:
        params = dict(inputCol="x", outputCol="y", withMean=True)
        ours = bn.BatchNorm(preset="standard-scaler", **params).fit(self.vectors).transform(self.vectors)
        sparks = StandardScaler(**params).fit(self.vectors).transform(self.vectors)
        expected = [row.y.toArray() for row in sparks.select("y").collect()]
        self.assert_rows(ours.select("y").collect(), np.array(expected))

    def test_a_state_goes_on_batch_after_batch(self) -> None:
        params = dict(inputCols=FEATURES, batchCol="cultivar", momentum=0.1)
        first = bn.BatchNorm(**params).fit(self.wine)
        self.assertEqual(first.numBatchesTracked, 3)
        scaler = bn.BatchNorm(inputCols=FEATURES, batchCol="cultivar", initialState=first.stateJson())
        self.assertEqual(scaler.fit(self.wine).numBatchesTracked, 6)

    # The model

    def test_a_model_tells_what_it_knows(self) -> None:
        model = bn.BatchNorm(inputCols=FEATURES, eps=1e-3).fit(self.wine)
        rows = model.statistics().collect()
        self.assertEqual([row.name for row in rows], FEATURES)
        self.assert_close([row["mean"] for row in rows], self.x.mean(0), 10)
        self.assert_close([row.variance / v for row, v in zip(rows, self.x.var(0))], [1, 1, 1])
        self.assertEqual([(row["count"], row.nan, row.infinite) for row in rows], [(178, 0, 0)] * 3)
        self.assertEqual([row.running_mean for row in model.state().collect()], list(model.runningMean))
        self.assertEqual([row["mean"] for row in rows], list(model.runningMean))
        self.assertEqual([row.sample_variance for row in rows], list(model.runningVar))
        self.assertEqual((list(model.weight), list(model.bias)), ([1, 1, 1], [0, 0, 0]))
        self.assertEqual((model.numFeatures, model.numBatchesTracked), (3, 1))
        state = json.loads(model.stateJson())
        self.assertEqual((state["eps"], state["running_mean"]), (1e-3, list(model.runningMean)))
        self.assertRegex(repr(model), "BatchNormModel: uid=BatchNorm_[0-9a-f]*, numFeatures=3")
        holes = self.wine.selectExpr("1 AS one", "if(hue > 1, hue, double('NaN')) AS hue")
        self.assertEqual(
            bn.BatchNorm(inputCols=["one", "hue"]).fit(holes).summary(),
            "178 rows, 2 channels; constant: one; with NaN or infinite values: hue",
        )

    def test_a_state_that_is_not_affine_has_weight_one_and_bias_zero(self) -> None:
        model = bn.BatchNorm(inputCols=FEATURES, affine=False).fit(self.wine)
        self.assertIsNone(model.state().first().weight)
        self.assertEqual((list(model.weight), list(model.bias)), ([1, 1, 1], [0, 0, 0]))

    def test_the_inverse_goes_back(self) -> None:
        model = bn.BatchNorm(inputCol="x", outputCol="y").fit(self.vectors)
        inverse = model.inverse()
        self.assertEqual((inverse.getInputCol(), inverse.getOutput()), ("y", "denormalized"))
        self.assert_rows(inverse.transform(model.transform(self.vectors)).select("y__inverse").collect(), self.x)
        self.assertEqual(model.getOutput(), "normalized")
        forth = inverse.setOutputCol("z").inverse()
        self.assertEqual((forth.getInputCol(), forth.getOutput()), ("z", "normalized"))

    def test_the_inverse_goes_back_with_the_names_of_defaults(self) -> None:
        model = bn.BatchNorm(inputCol="x").fit(self.vectors)
        back = model.inverse().transform(model.transform(self.vectors))
        self.assertEqual(back.columns[-2:], [model.uid + "__output", model.uid + "__output__inverse"])
        self.assert_rows(back.select(model.uid + "__output__inverse").collect(), self.x)
        path = str(self.folder / "inverse")
        model.inverse().save(path)
        loaded = bn.BatchNormModel.load(path)
        self.assertEqual(loaded.transform(model.transform(self.vectors)).columns, back.columns)

    def test_a_null_that_is_kept_is_nan_in_a_vector(self) -> None:
        data = self.wine.selectExpr("if(hue > 1, null, hue) AS hue", "ash")
        model = bn.BatchNorm(inputCols=["hue", "ash"], outputCol="y", handleInvalid="keep").fit(data)
        y = np.array([row.y.toArray() for row in model.transform(data).select("y").collect()])
        self.assertEqual(np.isnan(y).sum(0).tolist(), [data.where("hue IS NULL").count(), 0])

    def test_the_inverse_of_columns_replaces_them(self) -> None:
        model = bn.BatchNorm(inputCols=FEATURES).fit(self.wine)
        back = model.inverse().transform(model.transform(self.wine)).select(*FEATURES)
        np.testing.assert_allclose(np.array(back.collect()), self.x, rtol=1e-12)

    @CLASSIC_ONLY
    def test_the_inverse_of_columns_in_a_vector_reads_the_vector(self) -> None:
        model = bn.BatchNorm(inputCols=FEATURES, outputCol="y").fit(self.wine)
        back = model.inverse().setOutputCol("z").transform(model.transform(self.wine))
        self.assert_rows(back.select("z").collect(), self.x)

    @CONNECT_ONLY
    def test_the_inverse_of_columns_in_a_vector_is_refused_with_a_way_round(self) -> None:
        model = bn.BatchNorm(inputCols=FEATURES, outputCol="y").fit(self.wine)
        with self.assertRaisesRegex(NotImplementedError, "fit with inputCol"):
            model.inverse()

    def test_a_copy_has_its_own_params(self) -> None:
        model = bn.BatchNorm(inputCol="x", outputCol="y").fit(self.vectors)
        copy = model.copy({model.outputCol: "z"})
        self.assertEqual((model.getOutputCol(), copy.getOutputCol()), ("y", "z"))
        both = copy.transform(model.transform(self.vectors))
        self.assertEqual(both.where("y != z").count(), 0)

    @CLASSIC_ONLY
    def test_a_state_is_a_model(self) -> None:
        fitted = bn.BatchNorm(inputCol="x", outputCol="y").fit(self.vectors)
        model = bn.BatchNormModel.fromState(fitted.stateJson()).setInputCol("x").setOutputCol("z")
        self.assertEqual(model.transform(fitted.transform(self.vectors)).where("y != z").count(), 0)
        self.assertEqual(model.stateJson(), fitted.stateJson())
        with self.assertRaisesRegex(bn.BatchNormError, "a state has no statistics of its data; fit BatchNorm"):
            model.statistics()
        with self.assertRaisesRegex(bn.BatchNormError, "state: "):
            bn.BatchNormModel.fromState("{}")

    @CONNECT_ONLY
    def test_a_client_that_cannot_make_a_model_is_told_what_it_can(self) -> None:
        with self.assertRaisesRegex(NotImplementedError, "apply_state.*BatchNormModel.load"):
            bn.BatchNormModel.fromState("{}")

    # Persistence

    def test_an_estimator_is_saved_with_its_params(self) -> None:
        saved = bn.BatchNorm(inputCol="x", shape=[2, 3], momentum=0.5, withMean=True, where="a > 0")
        path = str(self.folder / "estimator")
        saved.save(path)
        loaded = bn.BatchNorm.load(path)
        self.assertEqual(loaded.uid, saved.uid)
        self.assertEqual(loaded.extractParamMap(), saved.extractParamMap())
        self.assertFalse(loaded.isSet(loaded.eps))

    def test_a_model_is_saved_with_its_state_and_statistics(self) -> None:
        saved = bn.BatchNorm(inputCols=FEATURES, nonFinite="ignore").fit(self.wine)
        path = str(self.folder / "model")
        saved.write().overwrite().save(path)
        saved.write().overwrite().save(path)
        loaded = bn.BatchNormModel.load(path)
        self.assertEqual(loaded.uid, saved.uid)
        self.assertEqual(loaded.extractParamMap(), saved.extractParamMap())
        self.assertEqual(loaded.stateJson(), saved.stateJson())
        self.assertEqual(loaded.statistics().collect(), saved.statistics().collect())
        self.assertEqual(loaded.transform(self.wine).collect(), saved.transform(self.wine).collect())

    def test_what_is_no_saved_model_is_one_clear_error(self) -> None:
        with self.assertRaisesRegex(
            bn.BatchNormError, "^[^\n]* cannot be read as a BatchNormModel: [^\n]*expected[^\n]*$"
        ):
            bn.BatchNormModel.load(str(self.folder / "nowhere"))
        with self.assertRaisesRegex(bn.BatchNormError, "^[^\n]* cannot be read as a BatchNorm: [^\n]*expected[^\n]*$"):
            bn.BatchNorm.load(str(self.folder / "nowhere"))
        with self.assertRaisesRegex(bn.BatchNormError, "a saved io.*BatchNormModel; expected .*BatchNormModel.load"):
            bn.BatchNorm.load(str(GOLDEN / "model"))

    def test_a_pipeline_with_a_classifier(self) -> None:
        scaler = bn.BatchNorm(inputCols=self.wine.columns[:-1], outputCol="features")
        pipeline = Pipeline(stages=[scaler, LogisticRegression(labelCol="cultivar", maxIter=5)])
        model = pipeline.fit(self.wine)
        predicted = model.transform(self.wine)
        evaluator = MulticlassClassificationEvaluator(labelCol="cultivar", metricName="accuracy")
        self.assertGreater(evaluator.evaluate(predicted), 0.98)
        path, fitted = str(self.folder / "pipeline"), str(self.folder / "fitted")
        pipeline.save(path)
        model.write().overwrite().save(fitted)
        again = Pipeline.load(path)
        self.assertIsInstance(again.getStages()[0], bn.BatchNorm)
        self.assertEqual(again.getStages()[0].getInputCols(), self.wine.columns[:-1])
        loaded = PipelineModel.load(fitted)
        self.assertIsInstance(loaded.stages[0], bn.BatchNormModel)
        self.assertEqual(
            loaded.transform(self.wine).select("prediction").collect(), predicted.select("prediction").collect()
        )

    def test_a_pipeline_of_pictures(self) -> None:
        data = digits().where("id < 300").withColumn("v", array_to_vector("x"))
        scaler = bn.BatchNorm(inputCol="v", outputCol="features")
        model = Pipeline(stages=[scaler, LogisticRegression(maxIter=3)]).fit(data)
        self.assertGreater(
            MulticlassClassificationEvaluator(metricName="accuracy").evaluate(model.transform(data)), 0.9
        )

    def test_cross_validation_chooses_among_presets(self) -> None:
        scaler = bn.BatchNorm(inputCols=FEATURES[:2], outputCol="features")
        pipeline = Pipeline(stages=[scaler, LinearRegression(labelCol="proline", maxIter=3, regParam=1.0)])
        presets = ["batch-norm", "standard-scaler", "sklearn"]
        grid = ParamGridBuilder().addGrid(scaler.preset, presets).build()
        evaluator = RegressionEvaluator(labelCol="proline")
        search = CrossValidator(
            estimator=pipeline, estimatorParamMaps=grid, evaluator=evaluator, numFolds=2, seed=1, parallelism=2
        )
        found = search.fit(self.wine)
        self.assertEqual(len(found.avgMetrics), 3)
        self.assertTrue(all(metric > 0 for metric in found.avgMetrics))
        best = found.bestModel.stages[0]
        self.assertIsInstance(best, bn.BatchNormModel)
        path = str(self.folder / "search")
        found.save(path)
        loaded = CrossValidatorModel.load(path)
        self.assertEqual(loaded.bestModel.stages[0].stateJson(), best.stateJson())
        self.assertEqual([m[scaler.preset] for m in loaded.getEstimatorParamMaps()], presets)

    # Errors

    def test_wrong_params_say_so(self) -> None:
        for params, message in [
            (dict(inputCol="nope"), "no column nope; the columns are alcohol, "),
            (dict(inputCol="x", inputCols=["ash"]), "both inputCol and inputCols are given; give one of them"),
            (dict(inputCols=["ash"], preset="what"), "preset is 'what'; expected one of batch-norm, standard-scaler"),
            (dict(inputCols=["ash"], momentum=2.0), "momentum"),
            (dict(inputCols=["ash"], withMean=True), "withMean"),
        ]:
            with self.subTest(message=message), self.assertRaisesRegex(IllegalArgumentException, message):
                bn.BatchNorm(**params).fit(self.wine)

    def test_words_and_numbers_that_no_param_takes_are_refused_at_once(self) -> None:
        for params, message in [
            (dict(preset="robust"), "preset is 'robust'; expected one of batch-norm, standard-scaler, sklearn"),
            (dict(layout="NHWC"), "layout is 'NHWC'; expected one of channels-first, channels-last"),
            (dict(eps=-1), "eps is -1.0; expected a number that is 0 or more"),
            (dict(momentum=float("nan")), "momentum is nan; expected a number from 0 to 1"),
        ]:
            with self.subTest(message=message), self.assertRaisesRegex(IllegalArgumentException, message):
                bn.BatchNorm(**params)

    def test_data_that_cannot_be_used_says_so(self) -> None:
        for column, message in [
            (
                "if(hue > 1, array(hue), null)",
                "column x: null in .* rows; expected a sample in each row, or set handleInvalid",
            ),
            (
                "if(hue > 1, array(hue), array(1D, 2D))",
                "column x: rows of length 1 .* and 2 .*; expected one length or set shape",
            ),
            ("cast(hue AS STRING)", "x is of type string"),
            ("hue", "column x is of type double; expected .*, or set inputCols for numeric columns"),
        ]:
            data = self.wine.selectExpr(column + " AS x")
            with self.subTest(column=column), self.assertRaises(bn.BatchNormError) as caught:
                bn.BatchNorm(inputCol="x").fit(data)
            self.assertRegex(str(caught.exception), message)
            shown = "".join(traceback.format_exception(caught.exception))
            self.assertNotIn("\tat ", shown)
            self.assertEqual(shown.strip().splitlines()[-1].partition(": ")[2], str(caught.exception))

    def test_nulls_name_their_columns(self) -> None:
        holes = self.wine.selectExpr("alcohol", "if(hue > 1, null, hue) AS hue", "ash")
        nulls = holes.where("hue IS NULL").count()
        with self.assertRaisesRegex(
            bn.BatchNormError, rf"^columns ash, hue: null in hue \({nulls} rows\), e.g. hue=null, alcohol=.*; expected"
        ):
            bn.BatchNorm(inputCols=["ash", "hue"]).fit(holes)

    def test_nothing_to_fit_to_says_so(self) -> None:
        with self.assertRaisesRegex(bn.BatchNormError, "no values to fit to in any channel; expected one or more"):
            bn.BatchNorm(inputCols=["ash", "hue"]).fit(self.wine.limit(0))

    @unittest.skipIf(ARTIFACT, "Spark cannot read an error of a task whose class a session has added")
    def test_another_number_of_channels_says_so(self) -> None:
        model = bn.BatchNorm(inputCol="x", outputCol="y").fit(self.vectors)
        other = self.wine.selectExpr("array(ash, hue) AS x")
        with self.assertRaisesRegex(Exception, "rows of length 2 .1 row.; expected length 3"):
            model.transform(other).collect()
