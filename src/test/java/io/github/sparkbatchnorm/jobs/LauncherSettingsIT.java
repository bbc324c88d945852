package io.github.sparkbatchnorm.jobs;

import static io.github.sparkbatchnorm.jobs.StandIn.assertUsageError;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Wrong options before the command: one line that names them, from whatever part of Spark finds them wrong. */
final class LauncherSettingsIT {
    private static final String STATS =
            " stats --input " + Launcher.PROJECT + "/jobs/examples/wine.csv --columns alcohol,ash";

    @TempDir
    Path directory;

    private Path sparkHome;

    /** An installation without Spark's scripts, but with what its spark-submit comes to. */
    @BeforeEach
    void makeSparkHome() throws IOException {
        sparkHome = directory.resolve("a spark");
        StandIn.executable(
                sparkHome.resolve("bin/spark-submit"),
                "eval \"exec java $SPARK_SUBMIT_OPTS -cp '$SPARK_HOME/jars/*' org.apache.spark.deploy.SparkSubmit\" "
                        + "'\"$@\"'");
        Files.createSymbolicLink(sparkHome.resolve("jars"), Launcher.PROJECT.resolve("target/spark/jars"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    --executor-memory lots            | --executor-memory lots; expected a size such as 512m or 4g
                    --executor-memory 0g              | --executor-memory 0g; expected a size
                    --conf spark.executor.memory=lots | --conf spark.executor.memory=lots; expected a size
                    --driver-cores x                  | --driver-cores x; expected a number of cores
                    --executor-cores 0                | --executor-cores 0; expected a number of cores
                    --total-executor-cores 1.5        | --total-executor-cores 1.5; expected a number of cores
                    -c spark.cores.max=many           | --conf spark.cores.max=many; expected a number of cores
                    --num-executors x                 | --num-executors x; expected a number of executors
                    --conf=spark.executor.instances=x | --conf spark.executor.instances=x; expected a number
                    --deploy-mode bogus               | --deploy-mode bogus; expected client or cluster
                    --packages nonsense               | --packages nonsense; expected GROUP:ARTIFACT:VERSION
                    --packages a:b:1,c:d              | --packages a:b:1,c:d; expected GROUP:ARTIFACT:VERSION
                    --jars a.jar                      | --jars a.jar: there is no a.jar
                    --files /etc/passwd,b#name        | --files /etc/passwd,b#name: there is no b
                    --conf spark.archives=c           | --conf spark.archives=c: there is no c
                    --master local[x]                 | --master local[x]; expected local, local[N], spark://HOST:PORT
                    --master spark://                 | --master spark://; expected local
                    --conf spark.master=bogus         | --conf spark.master=bogus; expected local
                    --properties-file .               | --properties-file . is no file that can be read
                    --remote sc://host                | --remote sc://host is Spark Connect
                    --driver-java-options -Xmx1g      | --driver-java-options -Xmx1g; give the driver's heap as
                    """)
    void whatTheLauncherCanTellItTells(String arguments, String message) throws Exception {
        assertUsageError(Launcher.in(directory).run((arguments + STATS).split(" ")), message);
    }

    @Test
    void aMasterOfTheEnvironmentIsCheckedToo() throws Exception {
        assertUsageError(Launcher.in(directory).with("MASTER", "bogus").run("stats"), "master bogus; expected local");
    }

    @Test
    void whatSparkTakesIsTaken() throws Exception {
        StandIn.sparkHome(directory.resolve("spark"), "2.13-4.1.0", "exit 7");
        Files.createFile(directory.resolve("a.jar"));
        for (String arguments : List.of(
                "--executor-memory 1024 --executor-cores 04 --num-executors 0",
                "--executor-memory 2GB --conf spark.executor.memory=1t",
                "--packages a.b:c-d_2.13:1.0,e/f/g",
                "--jars a.jar,local:/x.jar,hdfs://host/y.jar,*.jar --files a.jar#b",
                "--master local[2,3] --deploy-mode client",
                "--master local-cluster[2,1,1024]",
                "--master spark://one:1,two:2 --deploy-mode cluster --driver-memory 4gb",
                "--master k8s://https://host --driver-java-options -Dx=-Xmx")) {
            Launcher launcher = Launcher.in(directory)
                    .with("SPARK_HOME", directory.resolve("spark").toString());
            Launcher.Result result = launcher.run((arguments + STATS).split(" "));
            assertThat(result.exit()).as("%s: %s", arguments, result.err()).isEqualTo(7);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatSparkSubmitFindsWrongIsOneLine(boolean embedded) throws Exception {
        Launcher launcher = Launcher.in(directory).with("SPARK_HOME", embedded ? "" : sparkHome.toString());
        assertErrorLine(launcher.run(("--num-executors 0" + STATS).split(" ")), 2, "Number of executors must be");
        assertErrorLine(launcher.run(("--deploy-mode cluster" + STATS).split(" ")), 2, "Cluster deploy mode is not");

        Path ivy = Files.writeString(
                directory.resolve("ivy.xml"),
                "<ivysettings><settings defaultResolver='none'/><resolvers><filesystem name='none'>"
                        + "<artifact pattern='/nowhere/[artifact]'/></filesystem></resolvers></ivysettings>");
        String packages =
                "--packages a.b:c:1 --conf spark.jars.ivy=" + directory + "/ivy --conf spark.jars.ivySettings=";
        assertErrorLine(
                launcher.run((packages + ivy + STATS).split(" ")), 1, "--packages: [unresolved dependency: a.b#c;1");
    }

    @Test
    void verboseShowsTheStackTraceOfSparkSubmit() throws Exception {
        Launcher.Result result = Launcher.in(directory).run(("--num-executors 0" + STATS + " --verbose").split(" "));
        assertThat(result.exit()).isEqualTo(2);
        assertThat(result.errorLines()).hasSize(1);
        assertThat(result.err()).contains("\tat org.apache.spark.deploy.SparkSubmit");
    }

    @ParameterizedTest
    @ValueSource(strings = {"spark.task.cpus=x", "spark.sql.shuffle.partitions=abc", "spark.io.compression.codec=zip"})
    void whatSparkFindsWrongWhenItStartsIsOneLine(String setting) throws Exception {
        Launcher.Result result = Launcher.in(directory).run(("--conf " + setting + STATS).split(" "));
        assertErrorLine(result, 2, setting + ": ");
        assertThat(result.err()).doesNotContain("SparkContext", "MetricsSystem");
    }

    private void assertErrorLine(Launcher.Result result, int exit, String message) throws IOException {
        assertThat(result.exit()).as(result.err()).isEqualTo(exit);
        assertThat(result.out()).doesNotContain("channel");
        assertThat(result.errorLines()).hasSize(1).allMatch(line -> line.startsWith("error: " + message));
        assertThat(result.err()).doesNotContainPattern("(?m)^\\s*at ").doesNotContain("Caused by");
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files.map(file -> file.getFileName().toString())).isSubsetOf("a spark", "ivy", "ivy.xml");
        }
    }
}
