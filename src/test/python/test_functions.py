import numpy as np
import sparkbatchnorm as bn
from pyspark.errors import AnalysisException
from pyspark.sql import Window
from pyspark.sql import functions as F
from testing import FEATURES, MODELS, SparkTest, spark, state_json, wine


class FunctionsTest(SparkTest):
    @classmethod
    def setUpClass(cls) -> None:
        cls.wine = wine()
        cls.x = np.array(cls.wine.select(*FEATURES).collect(), dtype=float)
        cls.tensors = cls.wine.select("cultivar", F.array(*FEATURES).alias("x"))

    def moments(self):
        return self.tensors.agg(bn.moments_agg("x").alias("m"))

    def test_every_function_of_the_catalog_is_there(self) -> None:
        names = {row[0].removeprefix("bn.") for row in spark.sql("SHOW USER FUNCTIONS IN bn").collect()}
        states = {path.stem + end for path in MODELS.glob("*.json") for end in ("", "_inverse")}
        self.assertGreater(len(names - states), 13)
        self.assertLessEqual(names - states, set(bn.__all__))

    def test_exact_numbers(self) -> None:
        numbers = spark.createDataFrame([(1e16,), (1e16 + 2,), (1e16 + 4,), (1e16 + 2,)], "v DOUBLE")
        functions = [
            bn.exact_sum,
            bn.exact_avg,
            bn.exact_var_pop,
            bn.exact_var_samp,
            bn.exact_stddev_pop,
            bn.exact_stddev_samp,
        ]
        found = numbers.agg(*(function("v") for function in functions)).first()
        expected = [4e16 + 8, 1e16 + 2, 2, 8 / 3, 2**0.5, (8 / 3) ** 0.5]
        self.assertEqual(list(found), expected)
        over = bn.exact_sum(F.col("v")).over(Window.partitionBy())
        self.assertEqual({row[0] for row in numbers.select(over).collect()}, {4e16 + 8})

    def test_moments_of_parts_are_moments_of_the_whole(self) -> None:
        parts = self.tensors.groupBy("cultivar").agg(bn.moments_agg("x").alias("m"))
        self.assertEqual(parts.agg(bn.moments_merge_agg("m")).first()[0], self.moments().first().m)
        a, b, c = (row.m for row in parts.orderBy("cultivar").collect())
        row = spark.createDataFrame([(a, b, c)], "a BINARY, b BINARY, c BINARY")
        both = row.select(bn.moments_merge(bn.moments_merge("a", "b"), F.col("c")).alias("m"), "c")
        self.assertEqual(both.first().m, self.moments().first().m)
        found = both.select(bn.moments_describe(bn.moments_subtract("m", "c")).alias("s")).first().s
        self.assertEqual(found["count"], [130] * 3)
        self.assert_close(found["mean"], self.x[:130].mean(0), 10)

    def test_statistics_of_groups(self) -> None:
        rows = self.tensors.groupBy("cultivar").agg(bn.describe_agg("x").alias("s")).collect()
        self.assertEqual({row.cultivar: row.s["count"][0] for row in rows}, {0: 59, 1: 71, 2: 48})

    def test_spec_says_how_a_tensor_is_read(self) -> None:
        data = spark.range(1).select(F.array(*(F.lit(i) for i in range(1, 7))).alias("x"))
        found = data.agg(bn.describe_agg("x", "2,3")["mean"], bn.describe_agg("x", spec="3,2 channels-last")["mean"])
        self.assertEqual(list(found.first()), [[2, 5], [3, 4]])

    def test_normalize_with_moments_and_back(self) -> None:
        data = self.tensors.crossJoin(self.moments())
        data = data.withColumn("y", bn.normalize("x", "m")).withColumn("z", bn.denormalize("y", "m"))
        rows = data.withColumn("e", bn.normalize("x", "m", "3", eps=1.0)).collect()
        centered, variance = self.x - self.x.mean(0), self.x.var(0)
        np.testing.assert_allclose([row.y for row in rows], centered / np.sqrt(variance + 1e-5), rtol=1e-11)
        np.testing.assert_allclose([row.e for row in rows], centered / np.sqrt(variance + 1), rtol=1e-11)
        np.testing.assert_allclose([row.z for row in rows], self.x, rtol=1e-12)

    def test_normalize_with_numbers_and_back(self) -> None:
        data = spark.createDataFrame([([3.0, 10.0], [1.0, 10.0])], "x ARRAY<DOUBLE>, m ARRAY<DOUBLE>")
        rest = dict(mean="m", variance=np.array([4, 1]), eps=0, weight=[2, 2], bias=(1, 1))
        data = data.withColumn("y", bn.normalize("x", **rest)).withColumn("z", bn.denormalize("y", **rest))
        self.assertEqual((data.first().y, data.first().z), ([3, 1], [3, 10]))
        plain = bn.normalize("x", mean=F.col("m"), variance=[4, 1], eps=0)
        self.assertEqual(data.select(plain).first()[0], [1, 0])

    def test_arguments_that_exclude_each_other_are_refused(self) -> None:
        one = [1.0]
        for arguments in [
            {},
            dict(moments="m", mean=one),
            dict(mean=one, variance=one),
            dict(mean=one, eps=0),
            dict(mean=one, variance=one, eps=0, weight=one),
            dict(mean=one, variance=one, eps=0, spec="1"),
        ]:
            with self.subTest(**arguments), self.assertRaisesRegex(TypeError, "normalize takes moments, .* or mean"):
                bn.normalize("x", **arguments)

    def test_states_are_functions(self) -> None:
        MODELS.mkdir(exist_ok=True)
        (MODELS / "of_Python.json").write_text(state_json([1.0, 10.0], [4.0, 1.0]))
        data = spark.createDataFrame([([3.0, 10.0],)], "x ARRAY<DOUBLE>")
        data = data.withColumn("y", bn.apply_state("of_Python", "x"))
        data = data.withColumn("z", bn.apply_state("of_Python", F.col("y"), "2", inverse=True))
        self.assertEqual((data.first().y, data.first().z), ([1, 0], [3, 10]))

    def test_wrong_arguments_say_so(self) -> None:
        with self.assertRaisesRegex(AnalysisException, "moments_agg.*bigint; expected an array of numbers, a vector"):
            spark.range(1).select(bn.moments_agg("id")).collect()
        with self.assertRaisesRegex(AnalysisException, "`nobody`` ```"):
            spark.range(1).select(bn.apply_state("nobody` `", "id")).collect()
