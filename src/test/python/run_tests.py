"""Runs all tests beside it, in the PySpark that imports here and with the session that the environment says."""

import sys
import unittest
from pathlib import Path

import pyspark
import testing

if __name__ == "__main__":
    import sparkbatchnorm  # after testing, which starts the session: classic Spark has the module from then on

    print(
        f"PySpark {pyspark.__version__}, {'Spark Connect' if testing.IS_CONNECT else 'classic'},"
        f" Spark {testing.spark.version}, Python {sys.version.split()[0]}, {sparkbatchnorm.__file__}",
        flush=True,
    )
    tests = unittest.defaultTestLoader.discover(str(Path(__file__).parent))
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(tests)
    sys.exit(not result.wasSuccessful() or result.testsRun == 0)
