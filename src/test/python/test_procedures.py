import inspect
import re
import unittest

import sparkbatchnorm as bn
from testing import FEATURES, MODELS, SparkTest, spark, wine


class ProceduresTest(SparkTest):
    @classmethod
    def setUpClass(cls) -> None:
        wine().createOrReplaceTempView("wine")

    def test_procedures_have_the_arguments_of_the_catalog(self) -> None:
        procedures = [row.procedure_name for row in spark.sql("SHOW PROCEDURES IN bn").collect()]
        self.assertEqual(len(procedures), 4)
        for procedure in procedures:
            text = spark.sql(f"DESCRIBE PROCEDURE bn.system.{procedure}").collect()[1][0]
            described = dict(re.findall(r"^  (\w+) [A-Z<>]+( DEFAULT)?", text, re.MULTILINE))
            function = getattr(bn, "normalize_table" if procedure == "normalize" else procedure)
            parameters = inspect.signature(function).parameters
            self.assertEqual(set(parameters), set(described), procedure)
            for name, default in described.items():
                self.assertEqual(parameters[name].default is None, bool(default), f"{procedure}: {name}")

    def test_describe(self) -> None:
        rows = bn.describe("wine").collect()
        self.assertEqual(len(rows), 14)
        self.assertEqual((rows[0].column, rows[0].kind, rows[0].argument), ("alcohol", "number", "columns='alcohol'"))

    def test_what_is_wrong_says_so(self) -> None:
        for wrong, message in [
            (lambda: bn.describe("nothing"), "describe: The table or view `nothing` cannot be found"),
            (lambda: bn.stats("wine", columns="nope"), "stats: no column nope; the columns are alcohol, "),
            (lambda: bn.stats("wine", columns="ash", non_finite="no"), "non_finite is 'no'; expected one of propagate"),
            (lambda: bn.fit("wine", "s", column="x", columns="ash"), "both column and columns are given"),
            (lambda: bn.stats(wine(), columns="ash"), "stats: table is a DataFrame; expected the name of a table"),
            (
                lambda: bn.fit("wine", "s", columns="ash", preset="sklearn", affine=False, non_finite="skip-batch"),
                "fit: affine=False, non_finite='skip-batch' cannot be given with preset sklearn",
            ),
        ]:
            with self.subTest(message=message), self.assertRaisesRegex(bn.BatchNormError, "^[^\n]*" + message):
                wrong()


class JobsTest(SparkTest):
    @classmethod
    def setUpClass(cls) -> None:
        wine().createOrReplaceTempView("wine")
        wine().selectExpr("array(alcohol, ash, proline, hue) AS x").createOrReplaceTempView("tensors")

    def test_stats(self) -> None:
        by_list = bn.stats("wine", columns=FEATURES).collect()
        self.assertEqual([row.name for row in by_list], FEATURES)
        self.assertEqual(by_list, bn.stats("wine", columns=",".join(FEATURES)).collect())
        batches = bn.stats("wine", columns=("ash",), batch_column="cultivar", where="alcohol > 12").collect()
        self.assertEqual([(row.batch, row["count"]) for row in batches], [("0", 59), ("1", 49), ("2", 48)])
        self.assertEqual(len(bn.stats("tensors", column="x", shape=[2, 2]).collect()), 2)
        self.assertEqual(len(bn.stats("tensors", column="x", shape="2,2", layout="channels-last").collect()), 2)

    def test_a_state_is_a_function_and_a_table(self) -> None:
        done = bn.fit("wine", "procedures", columns=FEATURES, eps=0, momentum=1, affine=False, overwrite=True).first()
        self.assertEqual((done.state, done.rows, done.channels, done.batches), ("procedures", 178, 3, 1))
        self.assertTrue((MODELS / "procedures.json").is_file())
        table = spark.table("bn.states.procedures").collect()
        self.assertEqual([row.name for row in table], FEATURES)
        y = (
            spark.table("wine")
            .selectExpr("struct(alcohol, ash, proline) AS x")
            .select(bn.apply_state("procedures", "x"))
        )
        self.assertEqual(y.count(), 178)
        with self.assertRaisesRegex(bn.BatchNormError, "fit: .*exists; .* overwrite=True to replace it"):
            bn.fit("wine", "procedures", columns=FEATURES)
        again = bn.fit("wine", "procedures", columns=FEATURES, state_in="procedures", overwrite=True)
        self.assertEqual(again.first().digest, done.digest)

    def test_a_table_is_normalized(self) -> None:
        done = bn.normalize_table("tensors", "train", column="x", output_table="normalized_tensors", overwrite=True)
        self.assertEqual((done.first().output, done.first().rows), ("normalized_tensors", 178))
        self.assertEqual(spark.table("normalized_tensors").columns, ["x", "x_normalized"])
        spark.sql("DROP TABLE normalized_tensors")

    def test_values_are_no_part_of_the_statement(self) -> None:
        rows = bn.stats("wine", columns="ash", where="'a''b\\\\' = 'a''b\\\\' AND ':table' != \"'\"").collect()
        self.assertEqual(rows[0]["count"], 178)
        with self.assertRaisesRegex(bn.BatchNormError, "describe: "):
            bn.describe("x'); DROP VIEW wine; --")
        self.assertEqual(spark.table("wine").count(), 178)
