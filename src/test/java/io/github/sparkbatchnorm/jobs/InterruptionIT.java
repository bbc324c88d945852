package io.github.sparkbatchnorm.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is left of a real process that a signal or a lack of memory ends: one line, and what was there before. */
@Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class InterruptionIT {
    private static final String OUT = "out/part-0";

    @TempDir
    Path directory;

    private Map<String, String> before;

    /** A run that would take several seconds, on top of an old output and an old state. */
    @BeforeEach
    void makeOldOutputs() throws IOException {
        Files.createDirectory(directory.resolve("out"));
        Files.writeString(directory.resolve(OUT), "old rows");
        Files.writeString(directory.resolve("state.json"), "old state");
        before = files();
    }

    @ParameterizedTest
    @CsvSource({"INT, 130, _batchnorm-*", "TERM, 143, _batchnorm-*/new-out"})
    void aSignalAmongTheWorkChangesNothing(String signal, int exit, String waitFor) throws Exception {
        assumeFalse(Signals.isIgnored(signal), "started in the background of a shell, or by nohup");
        Files.writeString(directory.resolve("in.csv"), "a,b\n" + "1.5,2.5\n2.5,1.5\n".repeat(600_000));
        before = files();
        Launcher.Result result = Launcher.in(directory)
                .run(
                        process -> {
                            while (!exists(waitFor) && process.isAlive()) {
                                process.waitFor(10, TimeUnit.MILLISECONDS);
                            }
                            Signals.send(signal, process);
                        },
                        normalize("local[1]", "in.csv"));
        assertReport(signal, exit);
        assertInterrupted(result, signal, exit);
    }

    /** The report is the only thing that a signal leaves. */
    private void assertReport(String signal, int exit) throws IOException {
        Path file = directory.resolve("report.json");
        JsonNode report = new ObjectMapper().readTree(file.toFile());
        assertThat(report.get("status").asText()).isEqualTo("failed");
        assertThat(report.get("exit_code").asInt()).isEqualTo(exit);
        assertThat(report.get("error").asText()).isEqualTo("interrupted by SIG" + signal + "; nothing was changed");
        Files.delete(file);
    }

    @Test
    @Tag("full")
    void aSignalWhileSparkStartsChangesNothing() throws Exception {
        // A master that takes the connection and never answers.
        try (ServerSocket master = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Launcher.Result result = Launcher.in(directory)
                    .run(
                            process -> {
                                master.accept();
                                Signals.send("TERM", process);
                            },
                            normalize("spark://127.0.0.1:" + master.getLocalPort(), "in.csv"));
            assertReport("TERM", 143);
            assertInterrupted(result, "TERM", 143);
        }
    }

    @Test
    @Tag("full")
    void aSignalBeforeOurProgramStartsIsOneLine() throws Exception {
        // A repository that takes the connection and never answers.
        try (ServerSocket repository = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Launcher.Result result = Launcher.in(directory)
                    .run(
                            process -> {
                                repository.accept();
                                Signals.send("TERM", process);
                            },
                            ("--packages no.such:thing:1 --repositories http://127.0.0.1:" + repository.getLocalPort()
                                            + " stats --input in.csv --columns a")
                                    .split(" "));
            assertThat(result.exit()).as(result.err()).isEqualTo(143);
            assertThat(result.errorLines()).containsExactly("error: interrupted by SIGTERM; nothing was changed");
            assertThat(result.err()).doesNotContainPattern("(?m)^\\s*at ");
        }
    }

    private void assertInterrupted(Launcher.Result result, String signal, int exit) throws IOException {
        assertThat(result.exit()).as(result.err()).isEqualTo(exit);
        assertFailed(result, "error: interrupted by SIG" + signal + "; nothing was changed");
    }

    @Test
    @Tag("full")
    void rowsTooLargeForTheHeapAreAnError() throws Exception {
        String row = "{\"x\":[" + "1,".repeat(4_999_999) + "1]}\n";
        Files.writeString(directory.resolve("in.jsonl"), row + row);
        assertOutOfMemory("normalize --mode train --input in.jsonl --column x --output out --overwrite");
    }

    @Test
    void channelsTooManyForTheHeapAreAnError() throws Exception {
        Files.writeString(directory.resolve("in.libsvm"), "1 1:1 5000:2\n1 2:1 7000:2\n".repeat(100));
        assertOutOfMemory("fit --input in.libsvm --option numFeatures=10000000 --state-out state.json --overwrite");
    }

    private void assertOutOfMemory(String words) throws Exception {
        before = files();
        List<String> arguments = new ArrayList<>(List.of("--master", "local[2]", "--driver-memory", "512m"));
        arguments.addAll(List.of(words.split(" ")));
        Launcher.Result result = Launcher.in(directory).run(arguments.toArray(String[]::new));
        assertThat(result.exit()).as(result.err()).isEqualTo(1);
        assertThat(result.err()).contains("--driver-memory");
        assertFailed(result, "error: ");
    }

    private void assertFailed(Launcher.Result result, String start) throws IOException {
        List<String> lines = result.err()
                .lines()
                .filter(line -> !line.startsWith("WARNING: Using incubator modules"))
                .toList();
        assertThat(lines).hasSize(1);
        assertThat(lines.get(0)).startsWith(start);
        assertThat(result.out()).isEmpty();
        assertThat(files()).isEqualTo(before);
    }

    private static String[] normalize(String master, String input) {
        return new String[] {
            "--master",
            master,
            "normalize",
            "--mode",
            "train",
            "--input",
            input,
            "--columns",
            "a,b",
            "--output",
            "out",
            "--state-out",
            "state.json",
            "--report-json",
            "report.json",
            "--overwrite"
        };
    }

    private boolean exists(String glob) throws IOException {
        try (Stream<Path> paths = Files.find(directory, 2, (path, attributes) -> directory
                .getFileSystem()
                .getPathMatcher("glob:" + directory + "/" + glob)
                .matches(path))) {
            return paths.findAny().isPresent();
        } catch (UncheckedIOException e) {
            return false; // a folder went while it was looked at
        }
    }

    /** Sizes of large files, and contents of small ones. */
    private Map<String, String> files() throws IOException {
        Map<String, String> files = new TreeMap<>();
        try (Stream<Path> paths = Files.walk(directory)) {
            for (Path path : paths.toList()) {
                String name = directory.relativize(path).toString();
                files.put(
                        name,
                        Files.isDirectory(path)
                                ? ""
                                : name.startsWith("in.") ? "" + Files.size(path) : Files.readString(path));
            }
        }
        return files;
    }
}
