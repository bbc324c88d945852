package io.github.sparkbatchnorm.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.sparkbatchnorm.regression.SuiteRun;
import io.github.sparkbatchnorm.regression.suite.Suite;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.maven.plugin.surefire.log.api.NullConsoleLogger;
import org.apache.maven.plugins.surefire.report.ReportTestSuite;
import org.apache.maven.plugins.surefire.report.SurefireReportParser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class RegressTest extends CommandTest {
    private static final long serialVersionUID = 1L;

    private static final Path SUITES = Path.of("conf/regression");

    @Test
    void theSuiteQuickIsGreen() throws Exception {
        CommandRun run = run("regress --folder DIR/work --json DIR/report.json --junit-xml DIR/TEST-regress.xml");
        List<String> names = SuiteRun.names(Suite.read(Files.readString(SUITES.resolve("quick.json")), "quick.json"));
        List<String> passed = new ArrayList<>(names);
        passed.remove("not-finite/gradient-identities"); // no channel is finite
        assertThat(passed(run)).containsExactlyElementsOf(passed);
        assertThat(run.result("checks")).isEqualTo(passed.size() + " passed, 0 failed, 1 skipped");
        assertThat(filesIn("work")).isEmpty();

        List<ReportTestSuite> suites =
                new SurefireReportParser(List.of(directory.toFile()), new NullConsoleLogger()).parseXMLReportFiles();
        assertThat(suites.stream().flatMap(suite -> suite.getTestCases().stream()))
                .hasSize(names.size())
                .allSatisfy(test -> assertThat(test.hasFailure()).isFalse())
                .anySatisfy(test -> assertThat(test.getFullName()).isEqualTo("regress.quick.floats.statistics"));

        JsonNode report = json("report.json");
        assertThat(report.at("/environment/spark").asText()).isEqualTo(spark().version());
        assertThat(report.at("/hosts/reached")).hasSize(1);
        assertThat(report.at("/cases/0/operations").findValuesAsText("operation"))
                .contains("stats", "fit", "train", "eval", "backward-train", "backward-eval");

        String again = "regress --folder DIR/work --check doubles/digest,doubles/state --against DIR/report.json";
        assertThat(run(again).out()).contains("ok against/doubles/digests: found 2 digests as before");

        ObjectNode other = (ObjectNode) report;
        ((ObjectNode) other.at("/cases/1/digests")).put("state", "sha256:of-something-else");
        write("other.json", new ObjectMapper().writeValueAsString(other));
        CommandRun failed = CommandRun.ofWords(again.replace("report.json", "other.json --json DIR/failed.json")
                .replace("DIR", directory.toString()));
        assertThat(failed.exit()).isEqualTo(1);
        assertThat(failed.out())
                .containsSubsequence(
                        "FAILED against/doubles/digests: found state sha256:", " for sha256:of-something-else")
                .contains("checks: 4 passed, 1 failed");
        assertThat(failed.err()).startsWith("error: 1 checks failed: against/doubles/digests");
        assertThat(json("failed.json").at("/checks").findValuesAsText("status")).contains("FAILED");
    }

    @Test
    void ownDataIsCheckedByAllButTheClosedForm() throws IOException {
        List<String> names = new ArrayList<>(SuiteRun.ownNames(true));
        CommandRun run = run("regress --input " + WINE + " --columns alcohol,ash --grad-columns hue,proline"
                + " --folder DIR/work --check statistics,train,train-rows,backward,gradients,clean");
        names.retainAll(List.of(
                "input/statistics",
                "input/train",
                "input/train-rows",
                "input/backward",
                "input/gradients",
                "input/clean"));
        assertThat(passed(run)).containsExactlyElementsOf(names);
        assertThat(filesIn("work")).isEmpty();
    }

    @Test
    void aJobThatFailsIsAFailedCheckWithTheCommandThatRepeatsIt() throws IOException {
        writeSample("data");
        String words = "regress --input DIR/data --column x --shape 3 --folder DIR/work --check statistics --keep"
                .replace("DIR", directory.toString());
        CommandRun run = CommandRun.ofWords(words);
        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.out())
                .contains("FAILED input/statistics: found stats ended with error: ", "expected no error")
                .contains("  repeat: jobs/batchnorm regress --input " + directory + "/data --column x --shape 3")
                .contains("checks: 0 passed, 1 failed, 0 skipped");
        assertThat(run.err().lines().filter(line -> line.startsWith("error: ")))
                .containsExactly("error: 1 checks failed: input/statistics");
        assertThat(run.err()).contains("kept: " + directory.resolve("work") + "/batchnorm-regress-");
    }

    @Test
    void aLocalMasterHasNoExecutorsToEnd() {
        CommandRun run = run("regress --folder DIR/work --check columns/statistics --kill-executors 2");
        assertThat(run.out())
                .contains("ok columns/statistics: ")
                .contains("skipped kill-executors: the master local[2] has no executors that could be replaced");
        assertThat(run.result("checks")).isEqualTo("1 passed, 0 failed, 1 skipped");
    }

    @Test
    void theListHasAllNamesAndRunsNothing() {
        assertThat(run("regress --suite full --list").out().lines()).contains("many-batches/digest", "hosts");
        assertThat(run("regress --suite cluster --check hosts,skew --list")
                        .out()
                        .lines())
                .contains("skew/clean", "hosts")
                .doesNotContain("sparse/clean");
        assertThat(run("regress --suite-file conf/regression/quick.json --list").out())
                .isEqualTo(run("regress --list").out());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--suite none                    | there is no suite 'none'; expected quick, full or cluster",
                "--suite quick --suite-file a    | both --suite and --suite-file are given",
                "--suite-file none.json          | --suite-file none.json does not exist",
                "--check floats/none             | --check floats/none is no check of this suite; --list shows them",
                "--kill-executors 0              | --kill-executors is 0; expected 1 or more",
                "--rows 1.5                      | --rows is '1.5'; expected a whole number",
                "--rows 0                        | --rows is '0'; expected a whole number",
                "--channels -1                   | --channels is -1; expected 1 or more",
                "--tolerance -0.1                | --tolerance is -0.1; expected 0 or more",
                "--column x                      | --column without --input",
                "--input a --column x --rows 3   | both --input and --rows are given",
                "--input a --column x --non-finite ignore | --non-finite is given; regress checks the policy propagate",
            })
    void wrongOptionsAreRefused(String options, String message) {
        CommandRun.ofWords("regress " + options).fails(2, message);
    }

    @Test
    void whatIsNoReportIsRefused() throws IOException {
        write("none.json", "{\"format\": \"other\"}");
        CommandRun.ofWords("regress --check hosts --against " + directory + "/none.json")
                .fails(1, "none.json is no report of regress: its format is 'other'", "which --json writes");
        CommandRun.ofWords("regress --check hosts --against " + directory + "/missing.json")
                .fails(1, "--against", "missing.json cannot be read");
        CommandRun.ofWords("regress --check hosts --json " + directory + "/none.json")
                .fails(1, "none.json", "exists", "--overwrite");
    }

    private static List<String> passed(CommandRun run) {
        return run.out()
                .lines()
                .filter(line -> line.startsWith("ok "))
                .map(line -> line.substring(3, line.indexOf(':')))
                .toList();
    }

    private List<String> filesIn(String folder) throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve(folder))) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }
}
