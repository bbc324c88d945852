import io
import re
import unittest
from contextlib import redirect_stdout

import sparkbatchnorm as bn
from testing import ARTIFACT, FOLDER, IS_CONNECT, PROJECT, SparkTest, spark

PAGE = PROJECT / "src/site/markdown/python.md"
BLOCK = re.compile(r"```python\n(.*?)\n```(?:\n+```text\n(.*?)```)?", re.DOTALL)
CLASSIC_ONLY = "Classic Spark only"
OF_THE_JAR = "A client that brings the jar"


class PageTest(SparkTest):
    """The snippets of the page, one after the other, which read jobs/examples below the folder that Spark runs in."""

    def sections(self) -> dict:
        parts = re.split(r"^## (.*)\n", PAGE.read_text(), flags=re.MULTILINE)
        return dict(zip(parts[1::2], parts[2::2]))

    def run_sections(self, titles) -> int:
        names = {"spark": spark}
        snippets = 0
        for title in titles:
            for code, shows in BLOCK.findall(self.sections()[title]):
                shown = io.StringIO()
                with redirect_stdout(shown):
                    exec(compile(code, f"{PAGE.name}, {title}", "exec"), names)
                self.assertEqual(shown.getvalue().strip(), shows.strip(), code)
                snippets += 1
        return snippets

    def test_the_page_is_true(self) -> None:
        without = [OF_THE_JAR] + ([CLASSIC_ONLY] if IS_CONNECT else [])
        self.assertGreater(self.run_sections(title for title in self.sections() if title not in without), 7)

    def test_the_module_has_the_version_of_the_project(self) -> None:
        version = re.search("<version>(.*?)</version>", (PROJECT / "pom.xml").read_text()).group(1)
        self.assertEqual(bn.__version__, version)

    @unittest.skipUnless(ARTIFACT, "of a client that brings the jar")
    def test_a_client_can_bring_the_jar(self) -> None:
        (FOLDER / "spark-batchnorm.jar").symlink_to(ARTIFACT)
        self.assertEqual(self.run_sections([OF_THE_JAR]), 1)
