package io.github.sparkbatchnorm.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.sparkbatchnorm.jobs.console.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code generate}: its data, and the statistics that it says the data has. */
final class GenerateTest extends CommandTest {
    private static final long serialVersionUID = 1L;

    /**
     * Generates data with its expected statistics, and compares these with what {@code stats} finds: digest and all
     * numbers.
     *
     * @param read the options with which {@code stats} reads the data
     */
    private void assertStatsFindWhatIsExpected(String generated, String read) throws IOException {
        CommandRun made =
                run("generate --overwrite " + generated + " --seed 5 --output DIR/data --expected DIR/expected.json");
        CommandRun found = run("stats --overwrite --input DIR/data " + read + " --json DIR/found.json");
        ObjectNode expected = (ObjectNode) json("expected.json");
        assertThat(expected.remove("digest").asText())
                .describedAs(generated)
                .isEqualTo(found.result("digest"))
                .isEqualTo(made.result("digest"));
        assertThat(expected).describedAs(generated).isEqualTo(json("found.json"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    --kind array --shape 13,2 --batches 4                          | --column x --shape 13,2 --batch-column batch
                    --kind nested --shape 13,2 --output-format orc                 | --column x --format orc
                    --kind vector --shape 13 --null-every 5                        | --column x --handle-invalid skip
                    --kind sparse --shape 13,2 --non-finite-every 9 --dtype float64 | --column x --shape 13,2
                    --kind binary --shape 13,2 --dtype float64                     | --column x --shape 13,2 --dtype float64
                    --kind columns --shape 13 --output-format csv --null-every 6 --non-finite-every 9 | --columns x* --format csv --handle-invalid skip
                    --kind nested --shape 13,2 --output-format json --null-every 7 | --column x --format json --handle-invalid skip
                    """)
    void statsFindWhatIsExpectedInEachFormat(String generated, String read) throws IOException {
        assertStatsFindWhatIsExpected("--rows 150 --profile mixed " + generated, read);
    }

    @Tag("full")
    @ParameterizedTest
    @ValueSource(strings = {"array", "nested", "vector", "sparse", "binary", "columns"})
    void statsFindWhatIsExpectedForEveryKindDtypeAndProfile(String kind) throws IOException {
        String shape = kind.equals("columns") ? " --shape 13" : " --shape 13,2";
        String columns = kind.equals("columns") ? "--columns x*" : "--column x" + (kind.equals("nested") ? "" : shape);
        for (String dtype : new String[] {"float32", "float64"}) {
            String read = columns + (kind.equals("binary") ? " --dtype " + dtype : "");
            for (String profile : "normal ill-conditioned tiny huge constant integers mixed".split(" ", -1)) {
                String data = "--rows 1000 --kind " + kind + shape + " --dtype " + dtype + " --profile " + profile;
                assertStatsFindWhatIsExpected(data, read);
                assertStatsFindWhatIsExpected(
                        data + " --batches 9 --interleaved --null-every 8 --non-finite-every 100 --skew 5",
                        read + " --batch-column batch --handle-invalid skip");
            }
        }
    }

    @Tag("full")
    @Test
    void statsFindWhatIsExpectedOf1e7Rows() throws IOException {
        assertStatsFindWhatIsExpected("--rows 1e7 --shape 12 --profile mixed --skew 3 --partitions 6", "--column x");
    }

    @Test
    void dataHasTheColumnsAskedForAndSaysWhatItIs() {
        CommandRun run = run("generate --rows 1e2 --shape 3 --seed 1 --kind columns --dtype float64 --batches 7"
                + " --gradients --output DIR/data");
        assertThat(run.out())
                .matches("rows: 100\ncolumns: id, x0 to x2, batch, dy0 to dy2\ntime: .*\noutput: .*/data"
                        + " \\(parquet\\)\n");
        StructType schema = read("parquet", directory.resolve("data")).schema();
        assertThat(schema.fieldNames()).containsExactly("id", "x0", "x1", "x2", "batch", "dy0", "dy1", "dy2");
        assertThat(schema.apply("x0").dataType()).isEqualTo(DataTypes.DoubleType);
        assertThat(read("parquet", directory.resolve("data"))
                        .selectExpr("min(batch)", "max(batch)", "count(distinct id)", "max(id)")
                        .first()
                        .mkString(" "))
                .isEqualTo("0 6 100 99");
    }

    @Test
    void expectedStatisticsAloneNeedNoData() throws IOException {
        CommandRun run = run("generate --rows 1e12 --shape 3,32,32 --seed 1 --batches 2 --expected DIR/expected.json");
        assertThat(run.out())
                .matches("digest: sha256:[0-9a-f]{64}\nrows: 1000000000000\ntime: .*\nexpected: .*/expected.json\n");
        JsonNode batches = json("expected.json").get("batches");
        assertThat(batches).hasSize(2);
        assertThat(batches.get(1).get("batch").asLong()).isEqualTo(1);
        assertThat(batches.get(1).get("count").get(2).asLong()).isEqualTo(512_000_000_000_000L);
    }

    @Test
    void helpShowsEveryOptionAndExamplesInAHundredColumns() {
        String help = run("generate --help").out();
        assertThat(help)
                .contains("--rows", "--shape", "--seed", "--kind", "--dtype", "--profile", "--batches", "--interleaved")
                .contains("--non-finite-every", "--null-every", "--partitions", "--skew", "--gradients", "--output=")
                .contains("--output-format", "--expected", "--overwrite", "Examples:");
        assertThat(help.lines()).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(100));
    }

    @Test
    void aDashIsStandardOutput() throws IOException {
        String data = "generate --rows 10 --shape 2 --seed 1 --expected ";
        CommandRun run = CommandRun.ofWords(data + "-");
        assertThat(run.exit()).isZero();
        run(data + "DIR/expected.json");
        assertThat(run.out()).isEqualTo(Files.readString(directory.resolve("expected.json")));
        assertThat(run.err())
                .contains("digest: "
                        + new ObjectMapper().readTree(run.out()).get("digest").asText());
    }

    @Test
    void nothingThatExistsIsReplacedUnlessAskedForAndNothingIsPublishedAlone() throws IOException {
        String data = "generate --rows 10 --shape 2 --seed 1 --output DIR/data --expected DIR/expected.json";
        write("expected.json", "mine");
        CommandRun.ofWords(data.replace("DIR", directory.toString())).fails(ExitCode.FAILED, "expected.json exists");
        assertThat(directory.resolve("data")).doesNotExist();
        run(data + " --overwrite");
        assertThat(json("expected.json").get("num_features").asInt()).isEqualTo(2);
        Files.delete(directory.resolve("expected.json"));
        CommandRun.ofWords(data.replace("DIR", directory.toString())).fails(ExitCode.FAILED, "data exists");
        try (Stream<Path> left = Files.list(directory)) {
            assertThat(left).containsExactly(directory.resolve("data"));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    csv  | --kind array --shape 3      | --output-format csv does not hold --kind array so that it could be read again; give --kind columns, or --output-format parquet
                    json | --kind sparse --shape 3     | --output-format json does not hold --kind sparse so that it could be read again; give --kind array or nested or columns, or
                    orc  | --kind vector --shape 3     | --output-format orc does not hold --kind vector so that
                    JSON | --shape 3 --non-finite-every 2 | --output-format json has no numbers for NaN and infinities; leave --non-finite-every away, or give
                    """)
    void formatsThatWouldNotGiveTheDataBackAreRefused(String format, String data, String message) {
        CommandRun.ofWords("generate --rows 10 --seed 1 " + data + " --output o --output-format " + format)
                .fails(ExitCode.USAGE, message);
    }
}
