"""What all tests need: a session, the examples' data, and a folder that Spark and the tests both see."""

import json
import logging
import os
import tempfile
import unittest
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession

PROJECT = Path(__file__).resolve().parents[3]
EXAMPLES = PROJECT / "jobs/examples"
FEATURES = ["alcohol", "ash", "proline"]

IS_CONNECT = "SPARK_REMOTE" in os.environ
# The jar, where the client brings it to a server that has not got it.
ARTIFACT = os.environ.get("BATCHNORM_TEST_ARTIFACT")
# Where Spark runs, and a server of Spark Connect was started: relative paths are below it, and states in models.
FOLDER = Path(os.environ["BATCHNORM_TEST_FOLDER"]).resolve()
MODELS = FOLDER / "models"

# PySpark logs every error, those too that a test expects.
logging.disable(logging.ERROR)

# Of the JVM of classic Spark, too, which starts here.
os.chdir(FOLDER)
spark = SparkSession.builder.getOrCreate()
if ARTIFACT:
    spark.addArtifacts(ARTIFACT)
    spark.conf.set("spark.sql.catalog.bn", "io.github.sparkbatchnorm.sql.BatchNormCatalog")
spark.conf.set("spark.sql.catalog.bn.models", "models")
spark.conf.set("spark.sql.shuffle.partitions", 2)


def wine() -> DataFrame:
    return spark.read.csv(str(EXAMPLES / "wine.csv"), header=True, inferSchema=True)


def digits() -> DataFrame:
    return spark.read.schema("id INT, x ARRAY<DOUBLE>, label INT").json(str(EXAMPLES / "digits.jsonl"))


def state_json(mean, variance) -> str:
    """A state file, of version 1, of a layer that is not affine and has eps 0."""
    return json.dumps(
        {
            "format": "spark-batchnorm-state",
            "version": 1,
            "num_features": len(mean),
            "eps": 0.0,
            "momentum": 0.1,
            "affine": False,
            "track_running_stats": True,
            "weight": None,
            "bias": None,
            "running_mean": mean,
            "running_var": variance,
            "num_batches_tracked": 1,
        }
    )


class SparkTest(unittest.TestCase):
    """A test with a folder of its own."""

    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp(dir=FOLDER))

    def assert_close(self, found, expected, places: int = 12) -> None:
        """Compares numbers one by one."""
        self.assertEqual(len(found), len(expected))
        for one, other in zip(found, expected):
            self.assertAlmostEqual(float(one), float(other), places=places)
