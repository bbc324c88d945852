package io.github.sparkbatchnorm.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.sparkbatchnorm.jobs.console.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class RunReportTest extends CommandTest {
    private static final long serialVersionUID = 1L;

    private static final String STATS = "stats --input " + WINE + " --columns alcohol,ash";

    private CommandRun runAnyway(String words) {
        return CommandRun.ofWords(words.replace("DIR", directory.toString()));
    }

    private static List<String> keys(JsonNode node) {
        List<String> keys = new ArrayList<>();
        node.fieldNames().forEachRemaining(keys::add);
        return keys;
    }

    @Test
    void aRunIsToldInFull() throws IOException {
        Instant before = Instant.now();
        CommandRun run = run(
                "normalize --mode train --input " + WINE
                        + " --columns alcohol,ash --output DIR/out --state-out DIR/state.json --report-json DIR/new/report.json");
        assertThat(run.result("report-json")).isEqualTo(directory + "/new/report.json");
        JsonNode report = json("new/report.json");
        assertThat(keys(report))
                .containsExactly(
                        "format",
                        "version",
                        "command",
                        "status",
                        "exit_code",
                        "error",
                        "started",
                        "ended",
                        "application",
                        "rows",
                        "batches",
                        "channels",
                        "digest",
                        "seconds",
                        "cpu_seconds",
                        "bytes",
                        "tasks",
                        "executors",
                        "versions",
                        "options",
                        "settings");
        assertThat(report.get("format").asText()).isEqualTo("spark-batchnorm-run");
        assertThat(report.get("version").isInt()).isTrue();
        assertThat(report.get("command").asText()).isEqualTo("normalize");
        assertThat(report.get("status").asText()).isEqualTo("succeeded");
        assertThat(report.get("exit_code").intValue()).isZero();
        assertThat(report.get("error").isNull()).isTrue();
        assertThat(Instant.parse(report.get("started").asText())).isBetween(before.minusMillis(1), Instant.now());
        assertThat(report.get("application").asText())
                .isEqualTo(spark().sparkContext().applicationId());
        assertThat(report.get("rows").longValue()).isEqualTo(178);
        assertThat(report.get("batches").intValue()).isEqualTo(1);
        assertThat(report.get("channels").intValue()).isEqualTo(2);
        assertThat(report.get("digest").asText()).isEqualTo(run.result("digest"));

        JsonNode seconds = report.get("seconds");
        assertThat(keys(seconds)).containsExactly("start", "open", "statistics", "write", "publish", "total");
        double sum = 0;
        for (String phase : List.of("start", "open", "statistics", "write", "publish")) {
            assertThat(seconds.get(phase).isDouble()).as(phase).isTrue();
            sum += seconds.get(phase).doubleValue();
        }
        assertThat(seconds.get("statistics").doubleValue()).isPositive();
        assertThat(seconds.get("write").doubleValue()).isPositive();
        assertThat(seconds.get("total").doubleValue()).isGreaterThanOrEqualTo(sum - 0.005);

        JsonNode bytes = report.get("bytes");
        assertThat(keys(bytes)).containsExactly("read", "shuffled", "spilled", "written", "results");
        long written;
        try (Stream<Path> files = Files.list(directory.resolve("out"))) {
            written = files.filter(file -> file.toString().endsWith(".csv"))
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        }
        assertThat(bytes.get("written").longValue()).isEqualTo(written);
        // Once for the statistics, and once for the output.
        assertThat(bytes.get("read").longValue()).isGreaterThanOrEqualTo(2 * Files.size(Path.of(WINE)));
        assertThat(bytes.get("results").longValue()).isPositive();
        JsonNode tasks = report.get("tasks");
        assertThat(keys(tasks)).containsExactly("launched", "succeeded", "failed", "killed", "retried", "speculative");
        assertThat(tasks.get("launched").longValue())
                .isGreaterThanOrEqualTo(2)
                .isEqualTo(tasks.get("succeeded").longValue());
        assertThat(report.at("/executors/used").intValue()).isEqualTo(1);
        assertThat(report.at("/versions/spark").asText()).isEqualTo(spark().version());
        assertThat(report.at("/options/--mode").asText()).isEqualTo("train");
        assertThat(report.at("/options/--columns/0").asText()).isEqualTo("alcohol,ash");
        assertThat(report.at("/settings/spark.master").asText()).isEqualTo("local[2]");
        assertThat(directory.resolve("new").toFile().list()).containsExactly("report.json");
    }

    @Test
    @Tag("full")
    void anEvaluationHasNoBatchesAndGradientsNoDigest() throws IOException {
        run("fit --input " + WINE + " --columns alcohol --state-out DIR/state.json --report-json DIR/fit.json");
        assertThat(json("fit.json").at("/seconds/write").isNull()).isTrue();
        run("normalize --mode eval --input " + WINE
                + " --columns alcohol --state-in DIR/state.json --output DIR/out --report-json DIR/eval.json");
        JsonNode evaluated = json("eval.json");
        assertThat(evaluated.get("rows").longValue()).isEqualTo(178);
        assertThat(evaluated.get("batches").isNull()).isTrue();
        assertThat(evaluated.at("/seconds/statistics").isNull()).isTrue();
        run("backward --mode train --input " + WINE + " --columns alcohol --grad-columns ash --output DIR/dx"
                + " --gradients DIR/g.json --report-json DIR/backward.json");
        assertThat(json("backward.json").get("batches").intValue()).isEqualTo(1);
        assertThat(json("backward.json").get("digest").isNull()).isTrue();
    }

    @Test
    void aReportOnStandardOutputIsAloneThereAlsoAfterAFailure() throws IOException {
        CommandRun alone = runAnyway(STATS + " --json DIR/s.json --report-json -");
        assertThat(alone.exit()).isZero();
        assertThat(new ObjectMapper().readTree(alone.out()).get("status").asText())
                .isEqualTo("succeeded");
        assertThat(alone.err()).contains(" alcohol | ", "digest: sha256:", "json: ");
        CommandRun other = runAnyway(STATS + " --json - --report-json DIR/r.json");
        assertThat(new ObjectMapper().readTree(other.out()).get("num_features").intValue())
                .isEqualTo(2);
        assertThat(other.err()).contains("report-json: ");
        CommandRun failed = runAnyway(STATS + " --report-json - --expect-digest sha256:" + "0".repeat(64));
        assertThat(failed.exit()).isEqualTo(ExitCode.FAILED);
        JsonNode report = new ObjectMapper().readTree(failed.out());
        assertThat(failed.err().strip())
                .isEqualTo("error: " + report.get("error").asText());
    }

    @Test
    void aFailureIsToldInTheReportAlone() throws IOException {
        String words = "normalize --mode train --input " + WINE + " --output DIR/out --state-out DIR/state.json"
                + " --report-json DIR/report.json";
        CommandRun failed = runAnyway(words + " --columns alcohol --expect-digest sha256:" + "0".repeat(64));
        failed.fails(ExitCode.FAILED, "digest of");
        JsonNode report = json("report.json");
        assertThat(report.get("status").asText()).isEqualTo("failed");
        assertThat(report.get("exit_code").intValue()).isEqualTo(1);
        assertThat("error: " + report.get("error").asText())
                .isEqualTo(failed.err().strip());
        assertThat(report.at("/tasks/launched").longValue()).isPositive();
        assertThat(report.at("/seconds/statistics").doubleValue()).isPositive();
        assertThat(report.at("/seconds/write").isNull()).isTrue();
        assertThat(directory.toFile().list()).containsExactly("report.json");

        runAnyway(words + " --columns none --overwrite").fails(ExitCode.USAGE, "none");
        assertThat(json("report.json").get("exit_code").intValue()).isEqualTo(ExitCode.USAGE);
        assertThat(json("report.json").get("rows").isNull()).isTrue();
    }

    @Test
    void aReportThatExistsIsNotReplacedAndNothingIsDone() throws IOException {
        write("report.json", "old");
        String words = STATS + " --json DIR/s.json --report-json DIR/report.json";
        runAnyway(words).fails(ExitCode.FAILED, "--report-json ", " exists; give another place, or --overwrite");
        assertThat(directory.resolve("report.json")).hasContent("old");
        assertThat(directory.toFile().list()).containsExactly("report.json");
        run(words + " --overwrite");
        assertThat(json("report.json").get("status").asText()).isEqualTo("succeeded");
        runAnyway(STATS + " --report-json DIR").fails(ExitCode.FAILED, " is a folder; give the name of a file");
        runAnyway(STATS + " --report-json DIR/s.json/r.json").fails(ExitCode.FAILED, "Not a directory");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--json - --report-json -         | --json - and --report-json - are both standard output",
                "--json DIR/a --report-json DIR/a | /a is --report-json ",
                "--report-json " + WINE + "       | is the --input",
            })
    void aReportHasAPlaceOfItsOwn(String words, String message) {
        runAnyway(STATS + " " + words).fails(ExitCode.USAGE, message);
    }

    @Test
    void aReportThatCannotBeWrittenAtTheEndIsAWarning() throws IOException {
        Configuration hadoop = spark().sparkContext().hadoopConfiguration();
        hadoop.set("fs.faulty.impl", FaultyFileSystem.class.getName());
        FaultyFileSystem.beforeNextRename(() -> {});
        try {
            // Made, deleted, made again, and not moved to its place.
            FaultyFileSystem.failAt(4, FaultyFileSystem.Fault.REFUSES);
            CommandRun run = runAnyway(STATS + " --json DIR/s.json --report-json faulty:DIR/r.json");
            assertThat(FaultyFileSystem.hasFailed()).isTrue();
            assertThat(run.exit()).isZero();
            assertThat(run.out()).contains("digest: ", "json: ").doesNotContain("report-json: ");
            assertThat(run.err())
                    .startsWith("warning: --report-json faulty:" + directory + "/r.json cannot be written: ");
            assertThat(directory.toFile().list()).containsExactly("s.json");
            FaultyFileSystem.failAt(0, FaultyFileSystem.Fault.REFUSES);
            run(STATS + " --report-json faulty:DIR/r.json");
            run(STATS + " --report-json faulty:DIR/r.json --overwrite");
            assertThat(json("r.json").get("status").asText()).isEqualTo("succeeded");
            assertThat(directory.toFile().list()).containsExactlyInAnyOrder("s.json", "r.json");
        } finally {
            FaultyFileSystem.failAt(0, FaultyFileSystem.Fault.THROWS);
            hadoop.unset("fs.faulty.impl");
        }
    }

    @Test
    void secretsAreRedacted() throws IOException {
        run(STATS + " --option password=hidden1 --option url=jdbc:hidden2 --option sep=, --report-json DIR/r.json");
        String report = Files.readString(directory.resolve("r.json"));
        assertThat(report).doesNotContain("hidden").contains("*********(redacted)");
        assertThat(json("r.json").at("/options/--option/sep").asText()).isEqualTo(",");
    }
}
