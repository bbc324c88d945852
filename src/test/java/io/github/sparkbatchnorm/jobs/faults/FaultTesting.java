package io.github.sparkbatchnorm.jobs.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.jobs.CommandRun;
import io.github.sparkbatchnorm.jobs.console.ExitCode;
import io.github.sparkbatchnorm.spark.RowDigest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.commons.io.FileUtils;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * The base of tests in which something goes wrong on a cluster: this process is the driver, and two executors of one
 * core have processes and hosts of their own. A run gives the bits of the undisturbed run, or one error with the old
 * output and the old state as they were, and leaves nothing else behind.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class FaultTesting {
    /** How often in a row each fault happens. */
    static final int RUNS = Integer.getInteger("test.faults.runs", 10);

    static final String STATISTICS = "statistics of";
    static final String NORMALIZE = "normalizing";
    static final int FILES = 8;
    static final int ROWS = 40_000;

    /** A view whose rows {@link Strike} sees in both passes. */
    static final String STRUCK = "struck";
    /** A view with the rows of {@link #STRUCK} in an order that may change, in partitions made of that order. */
    static final String SHUFFLED = "shuffled";

    private static final long PATIENCE = 120_000;

    @TempDir
    static Path directory;

    final FaultLog log = new FaultLog();
    SparkSession spark;
    private TwoHosts hosts;
    private final Map<String, Found> undisturbed = new TreeMap<>();

    /** What a run gave. */
    record Found(String digest, String state, RowDigest rows) {}

    /** Settings of Spark beside those that all have. */
    abstract Map<String, String> settings();

    /** Settings with which Spark excludes a host from a stage in which one of its tasks has failed, and one more. */
    static Map<String, String> excludingHosts(String setting, String value) {
        return Map.of(
                "spark.excludeOnFailure.enabled",
                "true",
                "spark.excludeOnFailure.stage.maxFailedTasksPerExecutor",
                "1",
                "spark.excludeOnFailure.stage.maxFailedExecutorsPerNode",
                "1",
                setting,
                value);
    }

    @BeforeAll
    void startCluster() throws IOException {
        assertThat(System.getenv("SPARK_HOME"))
                .as("the embedded Spark, which workers start executors of: see the execution 'faults' in pom.xml")
                .isNotNull();
        String classes = Path.of("target/classes").toAbsolutePath() + ":"
                + Path.of("target/test-classes").toAbsolutePath();
        hosts = new TwoHosts(directory.resolve("work"));
        SparkSession.Builder builder = SparkSession.builder()
                .master(hosts.url())
                .appName("faults")
                .config("spark.executor.extraClassPath", classes)
                .config(
                        "spark.executor.extraJavaOptions",
                        "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC") // they live shortly
                .config("spark.serializer", "org.apache.spark.serializer.KryoSerializer")
                .config("spark.kryo.registrator", "io.github.sparkbatchnorm.spark.BatchNormKryoRegistrator")
                .config("spark.kryo.registrationRequired", "true")
                .config("spark.ui.enabled", "false")
                .config("spark.sql.shuffle.partitions", "4")
                .config("spark.sql.files.maxPartitionBytes", "1m") // each file is a partition
                .config("spark.shuffle.io.maxRetries", "1")
                .config("spark.shuffle.io.retryWait", "50ms")
                .config("spark.locality.wait", "0")
                .config("spark.sql.execution.sortBeforeRepartition", "false") // of SHUFFLED
                .config(
                        "spark.sql.warehouse.dir",
                        directory.resolve("warehouse").toString())
                .config(DiskFileSystem.settingOf("impl"), DiskFileSystem.class.getName())
                .config(DiskFileSystem.settingOf("impl.disable.cache"), "true");
        settings().forEach(builder::config);
        spark = builder.getOrCreate();
        spark.sparkContext().addSparkListener(log);
        spark.udf().register("strike", new Strike(), DataTypes.LongType);
        writeRows("in");
        spark.read().parquet(path("in")).createOrReplaceTempView("plain");
        spark.sql("create temporary view " + STRUCK
                + " as select id, strike(id, b) b, x from plain where strike(id, b) >= 0");
        spark.sql("create temporary view " + SHUFFLED + " as select id, b, if(strike(id, b) >= 0, x, null) x from"
                + " (select /*+ repartition(8) */ * from (select id, b, max(x) x from plain group by id, b))");
    }

    /** Files of rows, each of which Parquet splits into row groups, without checksums beside them. */
    private void writeRows(String name) throws IOException {
        spark.range(0, ROWS, 1, FILES)
                .selectExpr("id", "id % 3 b", "transform(sequence(0, 15), k -> 1e3 * sin(16 * id + k)) x")
                .write()
                .option("compression", "uncompressed")
                .option("parquet.enable.dictionary", "false")
                .option("parquet.block.size", "200000")
                .parquet(path(name));
        for (Path file : files(name)) {
            if (file.toString().endsWith(".crc")) {
                Files.delete(file);
            }
        }
    }

    @AfterAll
    void stopCluster() {
        if (spark != null) {
            spark.stop();
        }
        if (hosts != null) {
            hosts.close();
        }
    }

    /** Two executors, nothing ordered, and an old output and state in the way. */
    @BeforeEach
    void reset() throws Exception {
        spark.sparkContext().setLocalProperty(Strike.ORDER, null);
        awaitExecutors();
        makeOld();
    }

    final void makeOld() throws IOException {
        FileUtils.deleteDirectory(directory.resolve("out").toFile());
        Files.createDirectory(directory.resolve("out"));
        Files.writeString(directory.resolve("out/part-0"), "old rows");
        Files.writeString(directory.resolve("state.json"), "old state");
    }

    final String path(String name) {
        return directory.resolve(name).toString();
    }

    final List<Path> files(String name) throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve(name))) {
            return files.sorted().toList();
        }
    }

    /** The words of a command that trains on some input, as {@code --input} has it. */
    final String train(String input, boolean batches) {
        return "normalize --mode train --input " + input + " --column x" + (batches ? " --batch-column b" : "")
                + " --output disk:" + path("out") + " --state-out disk:" + path("state.json") + " --overwrite";
    }

    final String trainOnView(String view, boolean batches) {
        return train(view + " --format table", batches);
    }

    /** What something between calls may throw. */
    @FunctionalInterface
    interface Action {
        void run() throws Exception;
    }

    /** Something goes wrong again and again, each time on a whole cluster and with old outputs. */
    final void inARow(Action action) throws Exception {
        for (int run = 1; run <= RUNS; run++) {
            reset();
            try {
                action.run();
            } catch (AssertionError e) {
                throw new AssertionError("run " + run + ", in which " + log.faults() + ": " + e.getMessage(), e);
            }
        }
    }

    /** Runs a command with an order for {@link Strike}; null for none. */
    final CommandRun run(String words, Strike.@Nullable Order order) throws Exception {
        log.clear();
        spark.sparkContext().setLocalProperty(Strike.ORDER, order == null ? null : order.text());
        try {
            return CommandRun.ofWords(words);
        } finally {
            spark.sparkContext().setLocalProperty(Strike.ORDER, null);
            spark.sparkContext().listenerBus().waitUntilEmpty(PATIENCE);
        }
    }

    /** Checks that a run gave what it gives undisturbed; some time before or after it ran so. */
    final void assertUndisturbed(CommandRun run, String words) throws Exception {
        Found found = found(run);
        if (!undisturbed.containsKey(words)) {
            undisturbed.put(words, found(run(words, null)));
        }
        assertThat(found).isEqualTo(undisturbed.get(words));
    }

    private Found found(CommandRun run) throws IOException {
        run.succeeds();
        assertNothingLeft();
        return new Found(
                run.result("digest"),
                Files.readString(directory.resolve("state.json")),
                RowDigest.of(spark.read().parquet(path("out"))));
    }

    /** Checks that a run was one error, and that output and state are the old ones. */
    final void assertNothingChanged(CommandRun run, String... message) throws IOException {
        run.fails(ExitCode.FAILED, message);
        assertThat(Files.readString(directory.resolve("state.json"))).isEqualTo("old state");
        assertThat(files("out")).containsExactly(directory.resolve("out/part-0"));
        assertThat(directory.resolve("out/part-0")).hasContent("old rows");
        assertNothingLeft();
    }

    private void assertNothingLeft() throws IOException {
        assertThat(files("").stream()
                        .map(file -> file.getFileName().toString())
                        .filter(name -> name.contains("batchnorm")))
                .isEmpty();
    }

    /** Checks what the log shows; what is not in it yet may come when the run has ended. */
    final void assertHappened(String start, String pass) throws InterruptedException {
        await(
                () -> log.lines().stream().anyMatch(line -> line.startsWith(start) && line.contains(pass)),
                start + " in " + pass + " among " + log.faults());
    }

    private int executors() {
        return spark.sparkContext().statusTracker().getExecutorInfos().length - 1;
    }

    /** Waits until the executors are as many as there were at first, in place of those that were killed. */
    final void awaitExecutors() throws InterruptedException {
        await(
                () -> executors() == TwoHosts.EXECUTORS
                        && TwoHosts.executorProcesses().size() == TwoHosts.EXECUTORS,
                "executors");
        log.clear();
    }

    /** Waits until something is so. It takes long where executors have to start first. */
    static void await(java.util.function.BooleanSupplier condition, String what) throws InterruptedException {
        for (long end = System.currentTimeMillis() + PATIENCE; !condition.getAsBoolean(); Thread.sleep(10)) {
            assertThat(System.currentTimeMillis()).as("waiting for " + what).isLessThan(end);
        }
    }

    /** What the driver does when a task has reached its row; it gets the process of the task. */
    @FunctionalInterface
    interface AtRow {
        void act(ProcessHandle executor) throws Exception;
    }

    /** Runs a command in which the driver acts when a task has come to a row; then the task goes on, if it can. */
    final CommandRun runAndAct(String words, String pass, long id, AtRow action) throws Exception {
        return runAndAct(words, Strike.What.WAITS, pass, id, action);
    }

    /** Does so with an order after which a task waits. */
    final CommandRun runAndAct(String words, Strike.What what, String pass, long id, AtRow action) throws Exception {
        Path folder = Files.createTempDirectory(directory, "strike");
        List<Throwable> failures = new ArrayList<>();
        Thread actor = new Thread(() -> {
            try {
                await(() -> Files.exists(folder.resolve("reached")), "the task to come to its row");
                long pid = Long.parseLong(Files.readString(folder.resolve("reached")));
                action.act(ProcessHandle.of(pid).orElseThrow());
            } catch (Throwable e) {
                failures.add(e);
            } finally {
                letGo(folder);
            }
        });
        actor.start();
        CommandRun run = run(words, new Strike.Order(what, pass, id, folder.toString()));
        actor.join();
        FileUtils.deleteDirectory(folder.toFile());
        assertThat(failures).isEmpty();
        return run;
    }

    private static void letGo(Path folder) {
        try {
            Files.createFile(folder.resolve("go"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
