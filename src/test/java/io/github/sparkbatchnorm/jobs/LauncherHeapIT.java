package io.github.sparkbatchnorm.jobs;

import static io.github.sparkbatchnorm.jobs.StandIn.assertUsageError;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The driver's heap: in local mode a share of the memory, unless anything else says how much. */
final class LauncherHeapIT {
    @TempDir
    Path directory;

    private Path sparkHome;

    /** An installation whose spark-submit says what it gets as the weakest setting of the driver's memory. */
    @BeforeEach
    void makeSparkHome() throws IOException {
        sparkHome = StandIn.sparkHome(
                directory.resolve("spark"), "2.13-4.1.0", "echo \"heap: ${SPARK_DRIVER_MEMORY-none}\"");
        Files.createDirectory(sparkHome.resolve("conf"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"stats", "--master local stats", "--master local[2] stats", "--conf spark.master=local[*] stats"
            })
    void localModeGetsHalfOfTheMemory(String arguments) throws Exception {
        // What the JVM knows of the machine, or of its container.
        long memory = ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getTotalMemorySize();
        long half = Math.min(31 * 1024, Math.max(1024, memory / 1024 / 1024 / 2));
        assertThat(heap(launcher(), arguments)).isEqualTo(half + "m");
    }

    @Test
    void whatTheEnvironmentSaysHolds() throws Exception {
        assertThat(heap(launcher().with("SPARK_DRIVER_MEMORY", "3g"), "stats")).isEqualTo("3g");
        assertThat(heap(launcher().with("SPARK_MEM", "3g"), "stats")).isEqualTo("none");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"--driver-memory 2g stats", "--driver-memory=2g stats", "--conf spark.driver.memory=2g stats"})
    void anOptionHolds(String arguments) throws Exception {
        assertThat(heap(launcher(), arguments)).isEqualTo("none");
    }

    @ParameterizedTest
    @ValueSource(strings = {"spark.driver.memory 2g", "  spark.driver.memory=2g", "spark.driver.memory:\t2g  "})
    void aSettingInAFileHolds(String line) throws Exception {
        Path file = Files.writeString(directory.resolve("my.conf"), "# spark.x\n" + line + "\nspark.y z\n");
        assertThat(heap(launcher(), "--properties-file " + file + " stats")).isEqualTo("none");
        Files.copy(file, sparkHome.resolve("conf/spark-defaults.conf"));
        assertThat(heap(launcher(), "stats")).isEqualTo("none");
        // Spark does not read its own file where the user gives another, unless told to.
        Path empty = Files.createFile(directory.resolve("empty.conf"));
        assertThat(heap(launcher(), "--properties-file " + empty + " stats")).isNotEqualTo("none");
        assertThat(heap(launcher(), "--load-spark-defaults --properties-file " + empty + " stats"))
                .isEqualTo("none");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--master spark://host:7077 stats",
                "--conf spark.master=yarn stats",
                "--conf spark.master=local --master yarn stats",
                "--master yarn --conf spark.master=local stats",
                "--master local-cluster[2,1,1024] stats",
            })
    void aClusterKeepsSparksDefault(String arguments) throws Exception {
        assertThat(heap(launcher(), arguments)).isEqualTo("none");
    }

    @Test
    void aClusterOfAFileOrOfTheEnvironmentKeepsSparksDefault() throws Exception {
        assertThat(heap(launcher().with("MASTER", "spark://host:7077"), "stats"))
                .isEqualTo("none");
        Files.writeString(sparkHome.resolve("conf/spark-defaults.conf"), "spark.master spark://host:7077\n");
        assertThat(heap(launcher(), "stats")).isEqualTo("none");
        assertThat(heap(launcher(), "--master local stats")).isNotEqualTo("none");
    }

    @ParameterizedTest
    @CsvSource(
            textBlock =
                    """
                    16000, 0::/,                   memory.max,                              max,         8000m
                    16000, 0::/,                   memory.max,                              8589934592,  4096m
                    16000, 0::/a/b,                a/memory.max,                            4294967296,  2048m
                    16000, 0::/a/b,                a/b/memory.max,                          4294967296,  2048m
                    16000, '4:cpu,memory:/docker', memory/memory.limit_in_bytes,            4294967296,  2048m
                    16000, 4:memory:/a,            memory/a/memory.limit_in_bytes,          4294967296,  2048m
                    16000, 4:memory:/a,            memory/a/memory.limit_in_bytes, 9223372036854771712,  8000m
                    16000, 4:cpu:/a,               a/memory.max,                            4294967296,  8000m
                    1500,  0::/,                   none,                                    0,           1024m
                    999999, 0::/,                  none,                                    0,           31744m
                    """)
    void aContainersLimitIsItsMemory(int mebibytes, String group, String file, String limit, String heap)
            throws Exception {
        Path system = Files.createDirectory(directory.resolve("system"));
        Files.createDirectories(system.resolve("self"));
        Files.writeString(system.resolve("meminfo"), "MemTotal:  " + mebibytes * 1024L + " kB\nMemFree: 1 kB\n");
        Files.writeString(system.resolve("self/cgroup"), "9:name=systemd:/\n" + group + "\n");
        Path limits = system.resolve("cgroup").resolve(file);
        Files.createDirectories(limits.getParent());
        Files.writeString(limits, limit + "\n");
        Path settings = StandIn.unbuiltProject(directory.resolve("project")).resolve("jobs/spark-settings.sh");
        Files.writeString(
                settings,
                Files.readString(settings)
                        .replace("/proc/", system + "/")
                        .replace("/sys/fs/cgroup/", system + "/cgroup/"));
        Path jar = directory.resolve("project/target/spark-batchnorm-all.jar");
        Files.createFile(Files.createDirectories(jar.getParent()).resolve(jar.getFileName()));
        Launcher launcher = new Launcher(directory.resolve("project/jobs/batchnorm"), directory)
                .with("SPARK_HOME", sparkHome.toString());
        assertThat(heap(launcher, "stats")).isEqualTo(heap);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    --driver-memory lots stats              | --driver-memory lots; expected a size such as
                    --driver-memory 4gb stats               | --driver-memory 4gb; expected a size such as
                    --driver-memory=1k stats                | --driver-memory 1k; Spark needs 450m or more
                    --driver-memory 449m stats              | --driver-memory 449m; Spark needs 450m or more
                    --conf spark.driver.memory=0 stats      | --conf spark.driver.memory=0; expected a size such as
                    """)
    void aHeapThatTheJvmWouldRefuseIsAUsageError(String arguments, String message) throws Exception {
        assertUsageError(launcher().run(arguments.split(" ")), message);
    }

    @Test
    void aWrongHeapOfTheEnvironmentOrAFileIsAUsageError() throws Exception {
        assertUsageError(launcher().with("SPARK_DRIVER_MEMORY", "lots").run("stats"), "driver memory lots; expected");
        Files.writeString(sparkHome.resolve("conf/spark-defaults.conf"), "spark.driver.memory many\n");
        assertUsageError(launcher().run("stats"), "driver memory many; expected a size such as 512m or 4g");
    }

    private Launcher launcher() {
        return Launcher.in(directory).with("SPARK_HOME", sparkHome.toString());
    }

    private static String heap(Launcher launcher, String arguments) throws Exception {
        Launcher.Result result = launcher.run(arguments.split(" "));
        assertThat(result.exit()).as(result.err()).isZero();
        return result.out().replaceFirst("^heap: ", "").strip();
    }
}
