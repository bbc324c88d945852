package io.github.sparkbatchnorm.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.spark.RowDigest;
import io.github.sparkbatchnorm.spark.SharedSpark;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.commons.io.FileUtils;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/**
 * The base of tests with drivers of their own that stop at a {@link GateFileSystem} while a run replaces old outputs.
 */
abstract class GateTesting extends SharedSpark {
    private static final long serialVersionUID = 1L;

    /** How often in a row each fault happens. */
    static final int RUNS = Integer.getInteger("test.faults.runs", 10);

    @TempDir
    Path directory;

    /**
     * What is at the paths of a run.
     *
     * @param rows without their order
     * @param state the text of the state
     */
    record Outputs(RowDigest rows, String state) {}

    @BeforeEach
    final void copyGate() throws IOException {
        GateFileSystem.copyTo(directory.resolve("classes"));
    }

    /** Some files of rows. */
    final void writeInput(String name, double offset) throws IOException {
        Path folder = Files.createDirectory(directory.resolve(name));
        for (int file = 0; file < 4; file++) {
            StringBuilder rows = new StringBuilder();
            for (int row = 0; row < 500; row++) {
                double x = offset + Math.sin(500.0 * file + row);
                rows.append("{\"id\":")
                        .append(500 * file + row)
                        .append(",\"x\":[")
                        .append(x)
                        .append(',')
                        .append(3 * x)
                        .append("]}\n");
            }
            Files.writeString(folder.resolve("part-" + file + ".json"), rows);
        }
    }

    /** Runs the launcher on some input, through the gate, in a process of its own. */
    final Launcher.Result train(String input, String where, Path gate, Launcher.Meanwhile meanwhile) throws Exception {
        List<String> words = new ArrayList<>(List.of("--master", "local[2]", "--conf", "spark.ui.enabled=false"));
        words.addAll(GateFileSystem.settings(directory.resolve("classes"), where, gate));
        words.addAll(List.of("normalize", "--mode", "train", "--column", "x", "--overwrite"));
        words.addAll(List.of("--input", "gate:" + directory.resolve(input), "--format", "json"));
        words.addAll(List.of("--output", "gate:" + directory.resolve(GateFileSystem.OUTPUT)));
        words.addAll(List.of("--state-out", directory.resolve("state.json").toString()));
        return Launcher.in(directory).run(meanwhile, words.toArray(String[]::new));
    }

    final Outputs outputs() throws IOException {
        return new Outputs(
                RowDigest.of(spark().read()
                        .schema("id long, x array<double>, x_normalized array<double>")
                        .json(directory.resolve(GateFileSystem.OUTPUT).toString())),
                Files.readString(directory.resolve("state.json")));
    }

    /** What undisturbed runs on some input give. */
    final Outputs undisturbed(String input) throws Exception {
        Path gate = Files.createTempDirectory(directory, "gate");
        Launcher.Result result = train(input, "nowhere", gate, process -> {});
        assertThat(result.exit()).as(result.err()).isZero();
        return outputs();
    }

    /** Waits until a driver has stopped at its gate. */
    static void awaitGate(Path gate, Process process) throws InterruptedException {
        awaitGateOrEnd(gate, process);
        assertThat(GateFileSystem.isReached(gate))
                .as("the driver has come to its gate before its end")
                .isTrue();
    }

    /** Waits until a driver has stopped at its gate, or has ended. */
    static void awaitGateOrEnd(Path gate, Process process) throws InterruptedException {
        while (!GateFileSystem.isReached(gate) && process.isAlive()) {
            Thread.sleep(10);
        }
    }

    /** Deletes gates, and checks that nothing of a run is left beside its outputs. */
    final void assertNothingLeft() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                String name = file.getFileName().toString();
                if (name.startsWith("gate")) {
                    FileUtils.deleteDirectory(file.toFile());
                } else {
                    assertThat(name).isIn("in", "in1", "in2", "classes", GateFileSystem.OUTPUT, "state.json");
                }
            }
        }
    }
}
