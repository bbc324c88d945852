package io.github.sparkbatchnorm.jobs;

import static io.github.sparkbatchnorm.jobs.StandIn.assertUsageError;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code jobs/cluster} in checkouts of its own, so that a cluster of this checkout is left alone. */
final class ClusterScriptIT {
    private static final Path EXAMPLE = Launcher.PROJECT.resolve("jobs/examples/wine.csv");
    private static final Pattern MASTER = Pattern.compile("jobs/batchnorm --master (spark://127\\.0\\.0\\.1:\\d+) ");

    @TempDir
    Path directory;

    private Path project;

    @BeforeEach
    void makeCheckout() throws IOException {
        project = checkout("checkout");
    }

    /** JUnit would warn of links that lead out of its directory. */
    @AfterEach
    void endAll() throws Exception {
        try (Stream<Path> checkouts = Files.list(directory)) {
            for (Path checkout : checkouts
                    .filter(c -> Files.exists(c.resolve("jobs/cluster")))
                    .toList()) {
                cluster(checkout, "stop");
                Files.deleteIfExists(checkout.resolve("target/spark"));
                Files.deleteIfExists(checkout.resolve("target/spark-batchnorm-all.jar"));
            }
        }
    }

    /** The scripts beside the build of this project. */
    private Path checkout(String name) throws IOException {
        Path checkout = StandIn.unbuiltProject(directory.resolve(name));
        Files.createDirectory(checkout.resolve("target"));
        for (String built : List.of("target/spark", "target/spark-batchnorm-all.jar")) {
            Files.createSymbolicLink(checkout.resolve(built), Launcher.PROJECT.resolve(built));
        }
        return checkout;
    }

    private static Launcher.Result cluster(Path checkout, String... arguments) throws Exception {
        return new Launcher(checkout.resolve("jobs/cluster"), checkout).run(arguments);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "``                  | no command; expected start, status or stop; jobs/cluster --help",
                "restart             | restart is no command; expected start, status or stop; jobs/cluster --help",
                "start --workers     | --workers has no value; jobs/cluster --help",
                "start --workers 0   | --workers 0; expected 1 to 99",
                "start --workers=two | --workers two; expected 1 to 99",
                "start 2             | start does not take 2; jobs/cluster --help",
                "stop --workers 2    | stop does not take --workers; jobs/cluster --help",
            })
    void wrongArgumentsAreUsageErrors(String arguments, String message) throws Exception {
        assertUsageError(cluster(project, arguments.isEmpty() ? new String[0] : arguments.split(" ")), message);
        assertThat(project.resolve("target/cluster")).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"--help", "-h", "start --help", "start --workers 3 --help", "stop --help"})
    void helpStartsNothing(String arguments) throws Exception {
        Launcher.Result help = cluster(project, arguments.split(" "));
        assertThat(help.exit()).isZero();
        assertThat(help.out()).startsWith("Usage: jobs/cluster start [--workers N] | status | stop\n");
        assertThat(help.err()).isEmpty();
        assertThat(project.resolve("target/cluster")).doesNotExist();
    }

    @Test
    void withoutAClusterStatusFailsAndStopDoesNot() throws Exception {
        Launcher.Result status = cluster(project, "status");
        assertThat(status.exit()).isEqualTo(1);
        assertThat(status.err()).isEqualTo("error: no cluster runs; jobs/cluster start starts one\n");
        Launcher.Result stop = cluster(project, "stop");
        assertThat(stop.exit()).isZero();
        assertThat(stop.out()).isEqualTo("no cluster runs\n");
    }

    @Test
    void buildsFirstWhenNothingIsBuilt() throws Exception {
        Path unbuilt = StandIn.unbuiltProject(directory.resolve("unbuilt"));
        Path tools = directory.resolve("tools");
        StandIn.executable(tools.resolve("mvn"), "echo '[ERROR] no network'; exit 1");
        Launcher.Result start = new Launcher(unbuilt.resolve("jobs/cluster"), unbuilt)
                .with("PATH", tools + ":" + System.getenv("PATH"))
                .run("start");
        assertThat(start.exit()).isEqualTo(1);
        assertThat(start.err()).startsWith("Nothing is built yet: building " + unbuilt + "/target, once.");
        assertThat(start.errorLines()).containsExactly("error: the build failed; its messages stand above");
    }

    /** The number in the file of a process that ended may be another program's by now. */
    @Test
    void aProcessThatIsNotOursIsLeftAlone() throws Exception {
        Process foreign = new ProcessBuilder("sleep", "600").start();
        try {
            Path files = Files.createDirectories(project.resolve("target/cluster"));
            Files.writeString(files.resolve("master.pid"), foreign.pid() + "\n");
            Files.writeString(files.resolve("worker-1.pid"), "-1\n"); // to kill, all processes
            Files.createFile(files.resolve("master.log"));
            Launcher.Result status = cluster(project, "status");
            assertThat(status.exit()).isEqualTo(1);
            assertThat(status.out()).contains("master: ended\nworker-1: ended\nworkers: none of 1 alive\n");
            Launcher.Result stop = cluster(project, "stop");
            assertThat(stop.exit()).isZero();
            assertThat(stop.out()).isEqualTo("no cluster runs\n");
            assertThat(stop.err()).isEqualTo("process " + foreign.pid() + " is none of master any more: left alone\n");
            assertThat(foreign.isAlive()).isTrue();
            assertThat(files.resolve("master.pid")).doesNotExist();
        } finally {
            foreign.destroyForcibly();
        }
    }

    @Test
    @Tag("full")
    void jobsRunOnItAndAllOfItEnds() throws Exception {
        Launcher.Result start = cluster(project, "start");
        assertThat(start.exit()).as(start.err()).isZero();
        String master = master(start);
        Launcher.Result status = cluster(project, "status");
        assertThat(status.exit()).as(status.err()).isZero();
        assertThat(status.out())
                .startsWith("cluster: " + master + ", web UI: http://127.0.0.1:")
                .containsPattern("(?m)^master: runs, process \\d+$")
                .endsWith("workers: 2 of 2 alive\n");

        assertThat(digest(master)).isEqualTo(digest("local[2]"));

        Launcher.Result again = cluster(project, "start");
        assertThat(again.exit()).isEqualTo(1);
        assertThat(again.err())
                .isEqualTo(
                        "error: a cluster runs already; jobs/cluster status shows it, and jobs/cluster stop ends it\n");

        // Another checkout's cluster is beside it, on other ports, and ends alone.
        Path other = checkout("other checkout");
        Launcher.Result second = cluster(other, "start", "--workers", "1");
        assertThat(second.exit()).as(second.err()).isZero();
        assertThat(master(second)).isNotEqualTo(master);
        assertThat(cluster(other, "stop").out()).isEqualTo("stopped: master worker-1\n");
        assertThat(processes(other)).isEmpty();
        assertThat(cluster(project, "status").exit()).isZero();

        kill(project, "worker-2");
        awaitAlive(1);
        Launcher.Result lame = cluster(project, "status");
        assertThat(lame.exit()).isEqualTo(1);
        assertThat(lame.out()).contains("\nworker-2: ended\n").endsWith("workers: 1 of 2 alive\n");
        assertThat(lame.errorLines())
                .containsExactly("error: ended: worker-2; the logs are in " + project
                        + "/target/cluster; jobs/cluster stop ends the rest");

        Launcher.Result stop = cluster(project, "stop");
        assertThat(stop.exit()).isZero();
        assertThat(stop.out()).isEqualTo("stopped: master worker-1\n");
        assertThat(processes(project)).isEmpty();
        assertThat(cluster(project, "stop").out()).isEqualTo("no cluster runs\n");
    }

    @Test
    @Tag("full")
    void aWorkerThatDoesNotStartIsAnErrorAndStopsTheRest() throws Exception {
        Path java = Path.of(System.getProperty("java.home"));
        Path broken = directory.resolve("java");
        StandIn.executable(
                broken.resolve("bin/java"),
                "case \" $* \" in *launcher.Main*) ;; *deploy.worker.Worker*) echo 'no luck'; exit 3 ;; esac\nexec '"
                        + java.resolve("bin/java") + "' \"$@\"");
        Files.copy(java.resolve("release"), broken.resolve("release"));
        Launcher.Result start = new Launcher(project.resolve("jobs/cluster"), project)
                .with("JAVA_HOME", broken.toString())
                .run("start");
        assertThat(start.exit()).isEqualTo(1);
        assertThat(start.out()).isEmpty();
        assertThat(start.err())
                .isEqualTo("error: worker-1 ended: no luck; its log is " + project + "/target/cluster/worker-1.log\n");
        assertThat(processes(project)).isEmpty();
        assertThat(cluster(project, "status").exit()).isEqualTo(1);
    }

    @Test
    @Tag("full")
    void aSignalWhileItStartsEndsWhatWasStarted() throws Exception {
        Launcher.Result start = new Launcher(project.resolve("jobs/cluster"), project)
                .run(
                        process -> {
                            Path pid = project.resolve("target/cluster/master.pid");
                            while (Files.notExists(pid) && process.isAlive()) {
                                process.waitFor(10, TimeUnit.MILLISECONDS);
                            }
                            Signals.send("TERM", process);
                        },
                        "start");
        assertThat(start.exit()).isEqualTo(143);
        assertThat(start.errorLines())
                .containsExactly("error: interrupted by SIGTERM; what was started has been stopped");
        assertThat(processes(project)).isEmpty();
    }

    private static String master(Launcher.Result start) {
        Matcher line = MASTER.matcher(start.out());
        assertThat(line.find()).as(start.out()).isTrue();
        return line.group(1);
    }

    private String digest(String master) throws Exception {
        Launcher.Result stats = Launcher.in(directory)
                .run("--master", master, "stats", "--input", EXAMPLE.toString(), "--columns", "alcohol,ash,proline");
        assertThat(stats.exit()).as(stats.err()).isZero();
        return stats.out()
                .lines()
                .filter(line -> line.startsWith("digest: "))
                .findFirst()
                .orElseThrow();
    }

    private static void kill(Path checkout, String name) throws IOException {
        String pid = Files.readString(checkout.resolve("target/cluster/" + name + ".pid"));
        assertThat(ProcessHandle.of(Long.parseLong(pid.strip())).orElseThrow().destroyForcibly())
                .isTrue();
    }

    private void awaitAlive(int workers) throws Exception {
        long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
        while (!cluster(project, "status").out().endsWith("workers: " + workers + " of 2 alive\n")) {
            assertThat(System.nanoTime()).as("a minute later").isLessThan(end);
        }
    }

    /** The processes that a checkout's script has started. */
    private static List<String> processes(Path checkout) throws Exception {
        Process list = new ProcessBuilder("ps", "-ww", "-e", "-o", "args=").start();
        try (Stream<String> lines = list.inputReader().lines()) {
            return lines.filter(line -> line.contains("-Dspark.batchnorm.cluster=" + checkout + "/target/cluster "))
                    .toList();
        }
    }
}
