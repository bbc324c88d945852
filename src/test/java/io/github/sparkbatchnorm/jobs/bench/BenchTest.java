package io.github.sparkbatchnorm.jobs.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.sparkbatchnorm.jobs.CommandRun;
import io.github.sparkbatchnorm.jobs.console.ExitCode;
import io.github.sparkbatchnorm.spark.SharedSpark;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code bench}: what it times, not how fast. */
final class BenchTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    @Test
    void timesOursAndThePeersOnEachDataSetAndLeavesNothingBehind(@TempDir Path folder) throws IOException {
        Path json = folder.resolve("bench.json");
        Path work = Files.createDirectory(folder.resolve("work"));
        CommandRun run = CommandRun.of(
                        "bench",
                        "--only",
                        "floats,columns",
                        "--values",
                        "60000",
                        "--rounds",
                        "1",
                        "--warm-up",
                        "0",
                        "--folder",
                        work.toString(),
                        "--json",
                        json.toString())
                .succeeds();
        assertThat(run.out())
                .contains("floats [256], 234 rows")
                .contains("columns [32], 1,875 rows")
                .contains("SQL avg, var_pop / stats")
                .contains("bn.describe_agg / stats")
                .contains("bn.NAME / normalize eval")
                .contains("bn.exact_var_pop of 1 column / var_pop of 1 column")
                .contains("stats, 1,000 batches interleaved / stats");
        try (Stream<Path> left = Files.list(work)) {
            assertThat(left).isEmpty();
        }
        JsonNode result = new ObjectMapper().readTree(json.toFile());
        assertThat(result.get("values").asLong()).isEqualTo(60000);
        assertThat(result.get("data_sets").findValuesAsText("name")).containsExactly("floats", "columns");
        JsonNode floats = result.get("data_sets").get(0);
        assertThat(floats.findValuesAsText("operation"))
                .startsWith(BenchOperations.SCAN)
                .contains(BenchOperations.STATS, BenchOperations.TRAIN, BenchOperations.COPY)
                .contains(BenchOperations.SCALER_FIT, BenchOperations.SCALER_TRANSFORM)
                .contains(BenchOperations.INTERLEAVED, BenchOperations.TRAIN_TWICE)
                .doesNotHaveDuplicates();
        assertThat(result.get("data_sets").get(1).findValuesAsText("operation"))
                .startsWith(BenchOperations.SCAN)
                .contains(BenchOperations.SQL)
                .doesNotContain(BenchOperations.SCALER_FIT, BenchOperations.TRAIN_TWICE);
        for (JsonNode operation : floats.get("operations")) {
            assertThat(operation.get("seconds")).hasSize(1);
            assertThat(operation.get("median_seconds").asDouble())
                    .isEqualTo(operation.get("seconds").get(0).asDouble())
                    .isPositive();
            assertThat(operation.get("peak_heap_bytes").asLong()).isPositive();
        }
        for (String dataSet : List.of("floats", "columns")) {
            assertThat(result.get("ratios"))
                    .anyMatch(ratio -> ratio.get("data_set").asText().equals(dataSet)
                            && ratio.get("ratio").asText().equals("stats / scan")
                            && ratio.get("value").asDouble() > 0);
        }
        CommandRun.of("bench", "--only", "binary", "--json", json.toString()).fails(ExitCode.FAILED, "exists");
    }

    @Test
    void aFolderThatCannotBeWrittenToIsNamed(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "no folder");
        CommandRun.of("bench", "--only", "binary", "--values", "1", "--folder", file.toString())
                .fails(ExitCode.FAILED, "data cannot be made in " + file);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    bench --only float       | there is no data set 'float'; expected some of floats, doubles, vectors, sparse,
                    bench --values 0         | --values is 0; expected 1 or more
                    bench --rounds 0         | --rounds is 0; expected 1 or more
                    bench --warm-up -1       | --warm-up is -1; expected 0 or more
                    bench --values many      | Invalid value for option '--values'
                    """)
    void wrongOptionsAreRefused(String words, String message) {
        CommandRun.ofWords(words).fails(ExitCode.USAGE, message);
    }

    @Test
    @Tag("full")
    void everyDataSetIsTimed(@TempDir Path folder) {
        CommandRun run = CommandRun.of(
                        "bench", "--values", "60000", "--rounds", "1", "--warm-up", "0", "--folder", folder.toString())
                .succeeds();
        BenchData.all().forEach(dataSet -> assertThat(run.out()).contains(dataSet.name() + " " + dataSet.shape()));
        assertThat(folder).isEmptyDirectory();
    }
}
