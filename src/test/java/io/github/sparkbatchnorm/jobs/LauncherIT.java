package io.github.sparkbatchnorm.jobs;

import static io.github.sparkbatchnorm.jobs.StandIn.assertUsageError;
import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.io.StateJson;
import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The launcher alone: what it does with its arguments, with SPARK_HOME, and when nothing is built. */
final class LauncherIT {
    private static final Path PROJECT = Launcher.PROJECT;
    private static final String JAR = PROJECT + "/target/spark-batchnorm-all.jar";
    private static final List<String> OUR_SETTINGS =
            List.of("--properties-file", PROJECT + "/conf/spark-defaults.conf", "--load-spark-defaults");
    private static final List<String> OUR_MAIN = List.of("--class", "io.github.sparkbatchnorm.jobs.Main", JAR);

    @TempDir
    Path directory;

    private Path sparkHome;

    /** An installation whose spark-submit prints its arguments, one a line, and exits with 7. */
    @BeforeEach
    void makeSparkHome() throws IOException {
        sparkHome = sparkHome("2.13-4.1.0");
    }

    @Test
    void whatStandsBeforeTheCommandGoesToSparkSubmit() throws Exception {
        assertThat(submitted(
                        "--master", "local[1]", "-v", "--conf=a.b=c d", "-c", "e.f=", "stats", "--input", "a b", ""))
                .isEqualTo(submission(
                        OUR_SETTINGS,
                        List.of("--master", "local[1]", "-v", "--conf=a.b=c d", "-c", "e.f="),
                        List.of("stats", "--input", "a b", "")));
    }

    @Test
    void aCommandThatIsTheValueOfAnOptionIsNoCommand() throws Exception {
        assertThat(submitted("--name", "stats", "--queue", "fit", "normalize", "stats"))
                .isEqualTo(submission(
                        OUR_SETTINGS, List.of("--name", "stats", "--queue", "fit"), List.of("normalize", "stats")));
    }

    @Test
    void whatStandsAfterTheCommandIsNotSparkSubmits() throws Exception {
        assertThat(submitted("fit", "--master", "x", "--properties-file", "y", "*"))
                .isEqualTo(submission(
                        OUR_SETTINGS, List.of(), List.of("fit", "--master", "x", "--properties-file", "y", "*")));
    }

    @Test
    void theUsersPropertiesFileReplacesOurs() throws Exception {
        Path properties = Files.createFile(directory.resolve("my.conf"));
        assertThat(submitted("--properties-file", properties.toString(), "stats"))
                .isEqualTo(
                        submission(List.of("--properties-file", properties.toString()), List.of(), List.of("stats")));
        assertThat(submitted("--properties-file=my.conf", "stats"))
                .isEqualTo(submission(List.of("--properties-file=my.conf"), List.of(), List.of("stats")));
    }

    @Test
    void theExitCodeOfTheJobIsTheLaunchers() throws Exception {
        assertThat(launcher()
                        .with("SPARK_HOME", sparkHome.toString())
                        .run("stats")
                        .exit())
                .isEqualTo(7);
    }

    @Test
    void loggingIsOursUnlessTheUserSaysOtherwise() throws Exception {
        String ours = "-Dlog4j2.configurationFile=\"" + PROJECT + "/conf/log4j2.properties\" -Dbatchnorm.log=";
        Launcher launcher = launcher().with("SPARK_HOME", sparkHome.toString()).with("SPARK_SUBMIT_OPTS", "-Dx=y");
        String agent = " -Dbatchnorm.suites=\"" + PROJECT + "/conf/regression\"" + " -javaagent:\"" + PROJECT
                + "/target/spark-batchnorm-submit.jar\"";
        assertThat(launcher.run("stats").err()).isEqualTo("SPARK_SUBMIT_OPTS=" + ours + "quiet" + agent + " -Dx=y\n");
        for (List<String> verbose : List.of(List.of("stats", "--verbose"), List.of("-v", "stats"))) {
            assertThat(launcher.run(verbose.toArray(String[]::new)).err())
                    .isEqualTo("SPARK_SUBMIT_OPTS=" + ours + "verbose" + agent + " -Dx=y\n");
        }
    }

    @Test
    void aLinkFromAnywhereWillDo() throws Exception {
        Path absolute = Files.createSymbolicLink(directory.resolve("absolute"), PROJECT.resolve("jobs/batchnorm"));
        Files.createDirectory(directory.resolve("sub"));
        Path relative = Files.createSymbolicLink(directory.resolve("sub/relative"), Path.of("../absolute"));
        for (Path link : List.of(absolute, relative)) {
            Launcher launcher = new Launcher(link, directory).with("SPARK_HOME", sparkHome.toString());
            assertThat(launcher.run("stats").out()).isEqualTo(submission(OUR_SETTINGS, List.of(), List.of("stats")));
        }
        // Else JUnit would warn that they lead out of its directory.
        Files.delete(relative);
        Files.delete(absolute);
    }

    @ParameterizedTest
    @ValueSource(strings = {"2.13-4.1.0", "2.13-4.1.1-preview1", "2.13-4.10.0", "2.13-5.0.0"})
    void sparkFrom41OnIsTaken(String version) throws Exception {
        assertThat(launcher()
                        .with("SPARK_HOME", sparkHome(version).toString())
                        .run("stats")
                        .exit())
                .isEqualTo(7);
    }

    @ParameterizedTest
    @ValueSource(strings = {"2.13-4.0.1", "2.13-3.5.7", "2.12-3.5.7", "2.12-4.1.0", "3-4.1.0"})
    void anotherSparkIsAUsageError(String version) throws Exception {
        Path home = sparkHome(version);
        Launcher.Result result = launcher().with("SPARK_HOME", home.toString()).run("stats");
        String[] scalaAndSpark = version.split("-", 2);
        assertUsageError(
                result,
                "SPARK_HOME=" + home + " is Spark " + scalaAndSpark[1] + " for Scala " + scalaAndSpark[0]
                        + "; set it to");
    }

    @Test
    void aSparkHomeWithoutSparkIsAUsageError() throws Exception {
        assertUsageError(
                launcher().with("SPARK_HOME", directory.toString()).run("stats"),
                "SPARK_HOME=" + directory + " has no jars/spark-core_*.jar; set it to a Spark 4.1 or later");
    }

    @Test
    void aSparkHomeWithoutSparkSubmitIsAUsageError() throws Exception {
        Path submit = sparkHome.resolve("bin/spark-submit");
        Files.setPosixFilePermissions(submit, Set.of(PosixFilePermission.OWNER_READ));
        Launcher launcher = launcher().with("SPARK_HOME", sparkHome.toString());
        String message = "SPARK_HOME=" + sparkHome + " has no bin/spark-submit that can be run; set it to";
        assertUsageError(launcher.run("stats"), message);
        Files.delete(submit);
        assertUsageError(launcher.run("stats"), message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "--nonsense stats        | --nonsense is no option of spark-submit",
                "--nonsense=1 stats      | --nonsense=1 is no option of spark-submit",
                "--master                | --master has no value",
                "--master nowhere stats  | --master nowhere; expected local, local[N], spark://HOST:PORT, yarn or",
                "--conf a stats          | --conf a; expected KEY=VALUE",
                "--properties-file no.conf stats | --properties-file no.conf is no file that can be read",
            })
    void wrongArgumentsBeforeTheCommandAreUsageErrors(String arguments, String message) throws Exception {
        assertUsageError(launcher().run(arguments.split(" ")), message);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--help",
                "-h",
                "--master local[1] --help",
                "stats --help",
                "--conf a=b fit --help",
                "generate --help"
            })
    void helpNeedsNoSpark(String arguments) throws Exception {
        for (String home : List.of("", sparkHome.toString())) {
            Launcher launcher = launcher().with("SPARK_HOME", home);
            if (home.isEmpty()) {
                Launcher.Result result = launcher.run(arguments.split(" "));
                assertThat(result.exit()).isZero();
                assertThat(result.out()).contains("Usage:");
                assertThat(result.err()).isEmpty();
            } else {
                // The stand-in has no classes, but it is not asked to submit anything.
                assertThat(launcher.run(arguments.split(" ")).exit()).isNotEqualTo(7);
            }
        }
    }

    /** The installation has the classes of the embedded Spark except those of spark-core: no context could start. */
    @Test
    void stateFilesNeedNoSpark() throws Exception {
        linkAllButSparkCore();
        Path state = directory.resolve("state.json");
        StateJson.write(BatchNormState.initial(2, BatchNormConfig.DEFAULT), state);
        Launcher launcher = launcher().with("SPARK_HOME", sparkHome.toString());
        Launcher.Result shown = launcher.run("state", "show", "state.json");
        assertThat(shown.exit()).as(shown.err()).isZero();
        assertThat(shown.out()).startsWith("num_features: 2\n");
        assertThat(shown.err()).isEmpty();
        Launcher.Result set = launcher.run("state", "set", "state.json", "--eps", "0", "--out", "other.json");
        assertThat(set.exit()).as(set.err()).isZero();
        assertThat(StateJson.read(directory.resolve("other.json")).config().eps())
                .isZero();
        assertThat(set.err()).isEmpty();
        Launcher.Result differ = launcher.run("state", "diff", "state.json", "other.json");
        assertThat(differ.exit()).isEqualTo(1);
        assertThat(differ.out()).isEqualTo("eps: 1.0E-5 and 0.0\n");
        assertThat(differ.err()).isEqualTo("error: state.json and other.json differ in eps\n");
    }

    @Test
    void generateNeedsSparkForDataAlone() throws Exception {
        linkAllButSparkCore();
        Launcher launcher = launcher().with("SPARK_HOME", sparkHome.toString());
        String data = "generate --rows 1e12 --shape 3,32,32 --seed 1 --batches 1000 ";
        Launcher.Result expected = launcher.run(
                data.concat("--expected expected.json --partitions 9").split(" "));
        assertThat(expected.exit()).as(expected.err()).isZero();
        assertThat(expected.out()).startsWith("digest: sha256:").contains("rows: 1000000000000\n");
        assertThat(expected.err()).isEmpty();
        assertThat(directory.resolve("expected.json")).isNotEmptyFile();
        assertThat(launcher.run(data.split(" ")).exit()).isEqualTo(2);
        // The installation's spark-submit exits with 7.
        assertThat(launcher.run(data.concat("--expected e --output o").split(" "))
                        .exit())
                .isEqualTo(7);
        assertThat(launcher.run(data.concat("--output=o").split(" ")).exit()).isEqualTo(7);
        assertThat(launcher.run(data.concat("--output o --help").split(" ")).exit())
                .isZero();
    }

    private void linkAllButSparkCore() throws IOException {
        try (Stream<Path> jars = Files.list(PROJECT.resolve("target/spark/jars"))) {
            for (Path jar : jars.filter(LauncherIT::isNotSparkCore).toList()) {
                Files.createLink(sparkHome.resolve("jars").resolve(jar.getFileName()), jar.toRealPath());
            }
        }
    }

    private static boolean isNotSparkCore(Path jar) {
        return !jar.getFileName().toString().startsWith("spark-core_");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "nonsense", "nonsense stats", "--master local[1]", "stats --nonsense"})
    void withoutACommandItIsAUsageError(String arguments) throws Exception {
        Launcher.Result result = launcher().run(arguments.isEmpty() ? new String[0] : arguments.split(" "));
        assertThat(result.exit()).isEqualTo(2);
        assertThat(result.errorLines()).hasSize(1);
        assertThat(result.err()).doesNotContainPattern("(?m)^\\s*at ").doesNotContain("Caused by");
        assertThat(result.out()).isEmpty();
    }

    @Test
    void buildsFirstWhenNothingIsBuilt() throws Exception {
        Path project = unbuiltProject();
        Path tools = tool(
                "mvn",
                "echo \"$PWD $*\" > mvn.called; mkdir -p target; : > target/spark-batchnorm-all.jar; echo noise");
        Launcher launcher = new Launcher(project.resolve("jobs/batchnorm"), directory)
                .with("SPARK_HOME", sparkHome.toString())
                .with("PATH", tools + ":" + System.getenv("PATH"));

        Launcher.Result first = launcher.run("stats");
        assertThat(first.exit()).isEqualTo(7);
        assertThat(first.err())
                .startsWith("Nothing is built yet: building " + project + "/target, once.")
                .contains("noise");
        assertThat(first.out()).doesNotContain("noise").endsWith("stats\n");
        Path called = project.resolve("mvn.called");
        assertThat(called)
                .hasContent(
                        project
                                + " -q -B -Dstyle.color=never -P embedded -Dmaven.test.skip=true -Dmaven.javadoc.skip=true package");

        Files.delete(called);
        assertThat(launcher.run("stats").err()).doesNotContain("Nothing is built yet");
        assertThat(called).doesNotExist();
    }

    @Test
    void buildsFirstWhenTheEmbeddedSparkIsMissing() throws Exception {
        Path project = unbuiltProject();
        Files.createDirectory(project.resolve("target"));
        Files.createFile(project.resolve("target/spark-batchnorm-all.jar"));
        Path tools = tool("mvn", "exit 3");
        Launcher.Result result = new Launcher(project.resolve("jobs/batchnorm"), directory)
                .with("PATH", tools + ":" + System.getenv("PATH"))
                .run("stats");
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err()).startsWith("The embedded Spark is not there yet");
    }

    @Test
    void aFailingBuildIsAFailure() throws Exception {
        Path tools = tool("mvn", "echo '[ERROR] no network'; exit 1");
        Launcher.Result result = new Launcher(unbuiltProject().resolve("jobs/batchnorm"), directory)
                .with("PATH", tools + ":" + System.getenv("PATH"))
                .run("stats", "--help");
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.out()).isEmpty();
        assertThat(result.err()).contains("[ERROR] no network");
        assertThat(result.errorLines()).containsExactly("error: the build failed; its messages stand above");
    }

    @Test
    void aSignalDuringTheBuildIsOneLine() throws Exception {
        Path project = unbuiltProject();
        Path started = project.resolve("started");
        Path tools = tool("mvn", "touch started; while [ -e started ]; do sleep 0.1; done");
        Launcher.Result result = new Launcher(project.resolve("jobs/batchnorm"), directory)
                .with("PATH", tools + ":" + System.getenv("PATH"))
                .run(
                        process -> {
                            while (Files.notExists(started) && process.isAlive()) {
                                process.waitFor(10, TimeUnit.MILLISECONDS);
                            }
                            Signals.send("TERM", process);
                            Files.delete(started);
                        },
                        "stats");
        assertThat(result.exit()).isEqualTo(143);
        assertThat(result.errorLines()).containsExactly("error: interrupted by SIGTERM; nothing was changed");
    }

    private Launcher launcher() {
        return Launcher.in(directory);
    }

    private String submitted(String... arguments) throws Exception {
        return launcher()
                .with("SPARK_HOME", sparkHome.toString())
                .run(arguments)
                .out();
    }

    private Path sparkHome(String version) throws IOException {
        return StandIn.sparkHome(
                directory.resolve("spark-" + version),
                version,
                "printf '%s\\n' \"$@\"; echo \"SPARK_SUBMIT_OPTS=$SPARK_SUBMIT_OPTS\" >&2; exit 7");
    }

    private Path unbuiltProject() throws IOException {
        return StandIn.unbuiltProject(directory.resolve("project"));
    }

    private Path tool(String name, String body) throws IOException {
        Path tools = directory.resolve("tools");
        StandIn.executable(tools.resolve(name), body);
        return tools;
    }

    private static String submission(List<String> settings, List<String> options, List<String> job) {
        return Stream.of(settings, options, OUR_MAIN, job).flatMap(List::stream).collect(joining("\n", "", "\n"));
    }
}
