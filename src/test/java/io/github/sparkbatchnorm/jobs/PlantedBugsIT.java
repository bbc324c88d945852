package io.github.sparkbatchnorm.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Each planted bug turns {@code regress} red, and the check that should find it names it. */
@Tag("full")
class PlantedBugsIT {
    private static final Path SUITE = Launcher.PROJECT.resolve("src/test/resources/planted-bugs.json");
    private static final Path LIBRARY = Launcher.PROJECT.resolve("target/spark-batchnorm-all.jar");
    private static final Pattern CHECK = Pattern.compile("(ok|FAILED|skipped) (\\S+): .*");
    private static final long MINUTES = 10;

    @TempDir
    private Path folder;

    static Stream<PlantedBug> bugs() {
        return Stream.of(
                        PlantedBugs.OF_STATISTICS,
                        PlantedBugs.OF_OUTPUTS,
                        PlantedBugs.OF_GRADIENTS,
                        PlantedBugs.OF_STATES)
                .flatMap(List::stream);
    }

    @ParameterizedTest
    @MethodSource("bugs")
    void aBugIsFoundByTheChecksThatShould(PlantedBug bug) throws Exception {
        Launcher.Result run = run(bug.plant(folder).toString(), "--check", bug.suiteCase());
        assertFound(bug, run);
    }

    @ParameterizedTest
    @FieldSource("io.github.sparkbatchnorm.jobs.PlantedBugs#OF_ONE_HOST")
    void aBitThatFlipsOnOneExecutorIsFound(PlantedBug bug) throws Exception {
        Launcher.Result run = runOnTwoExecutors(bug.plant(folder), "--check", bug.suiteCase() + ",hosts");
        assertFound(bug, run);
        Map<String, String> lines = lines(run);
        boolean ofLoops = bug.source().startsWith("stats/");
        if (ofLoops) {
            assertThat(lines.get("hosts")).startsWith("FAILED hosts: found other bits on executor 1 on ");
        } else {
            assertThat(lines.get("hosts")).startsWith("ok hosts: found 2 executors compute the same bits");
        }
    }

    @Test
    void withoutABugAllChecksPassAndEachOfThemFindsSomeBug() throws Exception {
        Launcher.Result run = run("");
        assertThat(run.exit()).as(run.out() + run.err()).isZero();
        Map<String, String> lines = lines(run);
        String withoutNumbers = "not-finite/gradient-identities";
        assertThat(lines.get(withoutNumbers)).startsWith("skipped ");
        assertThat(lines.keySet()).hasSizeGreaterThan(70).allMatch(name -> lines.get(name)
                .startsWith(name.equals(withoutNumbers) ? "skipped " : "ok "));
        TreeSet<String> checks = new TreeSet<>();
        lines.keySet().forEach(name -> checks.add(name.substring(name.indexOf('/') + 1)));
        checks.remove("hosts"); // whose test is above
        TreeSet<String> finding = new TreeSet<>();
        bugs().forEach(bug -> finding.addAll(bug.failed()));
        assertThat(finding).isEqualTo(checks);
    }

    private static void assertFound(PlantedBug bug, Launcher.Result run) {
        assertThat(run.exit()).as(run.out() + run.err()).isEqualTo(1);
        Map<String, String> lines = lines(run);
        List<String> failed = lines.keySet().stream()
                .filter(name -> lines.get(name).startsWith("FAILED "))
                .toList();
        assertThat(failed).as(run.out()).containsAll(names(bug, bug.failed()));
        for (String name : names(bug, bug.passed())) {
            assertThat(lines.get(name)).startsWith("ok ");
        }
        assertThat(run.errorLines())
                .containsExactly("error: " + failed.size() + " checks failed: " + String.join(", ", failed));
    }

    private static List<String> names(PlantedBug bug, List<String> checks) {
        return checks.stream().map(check -> bug.suiteCase() + "/" + check).toList();
    }

    /** The lines of checks by their names. */
    private static Map<String, String> lines(Launcher.Result run) {
        Map<String, String> lines = new LinkedHashMap<>();
        run.out().lines().forEach(line -> {
            Matcher check = CHECK.matcher(line);
            if (check.matches()) {
                lines.put(check.group(2), line);
            }
        });
        return lines;
    }

    /** Runs regress in a JVM of its own, with classes before ours. */
    private Launcher.Result run(String first, String... options) throws Exception {
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.add("@" + Launcher.PROJECT.resolve("src/test/jvm.options"));
        command.addAll(List.of(
                "-Xmx2g",
                "-Djava.io.tmpdir=" + Files.createDirectories(folder.resolve("tmp")),
                "-Dlog4j2.configurationFile=" + Launcher.PROJECT.resolve("conf/log4j2.properties"),
                "-Dspark.master=local[2]",
                "-Dspark.ui.enabled=false",
                "-Dspark.sql.shuffle.partitions=2",
                "-cp",
                first + File.pathSeparator + System.getProperty("java.class.path"),
                Main.class.getName(),
                "regress",
                "--suite-file",
                SUITE.toString()));
        command.addAll(Arrays.asList(options));
        File out = folder.resolve("out").toFile();
        File err = folder.resolve("err").toFile();
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectOutput(out)
                .redirectError(err);
        builder.environment().put("SPARK_LOCAL_IP", "127.0.0.1");
        Process process = builder.start();
        try {
            assertThat(process.waitFor(MINUTES, TimeUnit.MINUTES)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        return new Launcher.Result(process.exitValue(), Files.readString(out.toPath()), Files.readString(err.toPath()));
    }

    /** Runs regress on two executors of their own, with classes before ours; all of them have one class loader. */
    private Launcher.Result runOnTwoExecutors(Path first, String... options) throws Exception {
        String path = first + File.pathSeparator + LIBRARY;
        List<String> arguments = new ArrayList<>(List.of("--master", "local-cluster[2,1,1024]"));
        for (String setting : List.of(
                "spark.driver.extraClassPath=" + path,
                "spark.executor.extraClassPath=" + path,
                "spark.scheduler.minRegisteredResourcesRatio=1",
                "spark.sql.shuffle.partitions=2",
                "spark.ui.enabled=false")) {
            arguments.addAll(List.of("--conf", setting));
        }
        arguments.addAll(List.of("regress", "--suite-file", SUITE.toString(), "--folder"));
        arguments.add(Files.createDirectories(folder.resolve("data")).toString());
        arguments.addAll(Arrays.asList(options));
        return Launcher.in(folder).run(arguments.toArray(String[]::new));
    }
}
