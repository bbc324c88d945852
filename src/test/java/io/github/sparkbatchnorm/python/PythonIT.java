package io.github.sparkbatchnorm.python;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.sparkbatchnorm.sql.ConnectServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The tests of the Python module, {@code src/test/python}, in a PySpark that this machine has: that of
 * {@code PYSPARK_PYTHON}, or of {@code python3}. Where there is none they are skipped.
 */
final class PythonIT {
    private static final Path PROJECT = Path.of("").toAbsolutePath();
    private static final Path JAR = PROJECT.resolve("target/spark-batchnorm.jar");
    private static final int MINUTES = 10;

    /** Succeeds where a PySpark can be used. */
    private static final String FIND =
            "import numpy, pyspark, pyspark.util as u; v = pyspark.__version__; assert tuple(map(int, v.split('.')[:2])) =="
                    + " (4, 1), 'it is ' + v;";

    @TempDir
    private Path folder;

    @Test
    void theModuleIsTrueInClassicSpark() throws Exception {
        assumePySpark(FIND + "assert not u.is_remote_only(), 'this PySpark is a client of Spark Connect only'");
        String jars = "--jars " + JAR + " --py-files " + JAR;
        assertTestsPass(
                "classic",
                Map.of(
                        "PYSPARK_SUBMIT_ARGS",
                        "--master local[2] --conf spark.ui.enabled=false --conf spark.ui.showConsoleProgress=false "
                                + "--conf spark.log.level=OFF " + jars
                                + " pyspark-shell"));
    }

    @Test
    @Tag("connect")
    void theModuleIsTrueInSparkConnect() throws Exception {
        assumeConnect();
        try (ConnectServer server = new ConnectServer(folder, options("--jars", JAR.toString()))) {
            assertTestsPass("connect", Map.of("SPARK_REMOTE", server.remote(), "PYTHONPATH", pathWithJar()));
        }
    }

    @Test
    @Tag("connect")
    void aClientOfSparkConnectCanBringTheJar() throws Exception {
        assumeConnect();
        try (ConnectServer server = new ConnectServer(folder, options())) {
            assertTestsPass(
                    "connect-artifact",
                    Map.of(
                            "SPARK_REMOTE",
                            server.remote(),
                            "PYTHONPATH",
                            pathWithJar(),
                            "BATCHNORM_TEST_ARTIFACT",
                            JAR.toString()));
        }
    }

    private static String[] options(String... more) {
        String[] models = {"--conf", "spark.sql.catalog.bn.models=models"};
        return Stream.of(models, more).flatMap(Arrays::stream).toArray(String[]::new);
    }

    private static String python() {
        return System.getenv().getOrDefault("PYSPARK_PYTHON", "python3");
    }

    /** The path of Python, with the jar, which is where a client of Spark Connect has the module. */
    private static String pathWithJar() {
        String path = System.getenv("PYTHONPATH");
        return path == null ? JAR.toString() : JAR + ":" + path;
    }

    private void assumeConnect() throws Exception {
        assumeTrue(
                ConnectServer.isBuilt(),
                "skipped: target/connect has no jars of a Connect server; mvn -P connect verify copies them there");
        assumePySpark(FIND + "import pyspark.sql.connect.session");
    }

    private void assumePySpark(String program) throws Exception {
        Path said = folder.resolve("pyspark.txt");
        boolean found;
        try {
            found = run(said, Map.of(), python(), "-c", program) == 0;
        } catch (IOException e) {
            Files.writeString(said, e.getMessage());
            found = false;
        }
        String last = Files.readString(said).strip().lines().reduce("", (before, line) -> line);
        assumeTrue(
                found,
                "skipped: " + python() + " has no PySpark 4.1 that can be used (" + last
                        + "); set PYSPARK_PYTHON to a Python that has one, and PYTHONPATH and SPARK_HOME if it needs them");
    }

    private void assertTestsPass(String mode, Map<String, String> settings) throws Exception {
        Files.createSymbolicLink(folder.resolve("jobs"), PROJECT.resolve("jobs"));
        Map<String, String> environment = new HashMap<>(settings);
        environment.put("BATCHNORM_TEST_FOLDER", folder.toString());
        Path out = Files.createDirectories(PROJECT.resolve("target/python")).resolve(mode + ".txt");
        String tests = PROJECT.resolve("src/test/python/run_tests.py").toString();
        int exit = run(out, environment, python(), "-W", "ignore", tests);
        assertThat(exit).as("%s: %s", out, Files.readString(out)).isZero();
        assertThat(Files.readString(out)).contains("\nRan ", "\nOK");
    }

    /** The exit code of a program whose output goes to a file. */
    private int run(Path out, Map<String, String> environment, String... command) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(List.of(command))
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(out.toFile());
        // Python writes beside its sources otherwise.
        builder.environment().put("PYTHONDONTWRITEBYTECODE", "1");
        builder.environment().putAll(environment);
        Process process = builder.start();
        try {
            assertThat(process.waitFor(MINUTES, TimeUnit.MINUTES)).as("ended").isTrue();
        } finally {
            process.destroyForcibly();
        }
        return process.exitValue();
    }
}
