package io.github.sparkbatchnorm.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Signals that end a real driver in each pass, and while it publishes: the old outputs, or all of the new ones. */
@Tag("full")
final class PassSignalIT extends GateTesting {
    private static final long serialVersionUID = 1L;

    @ParameterizedTest(name = "SIG{0} in the pass ''{2}''")
    @CsvSource({"INT, 130, statistics of", "TERM, 143, statistics of", "INT, 130, normalizing", "TERM, 143, normalizing"
    })
    void aSignalInAPassChangesNothing(String signal, int exit, String pass) throws Exception {
        assumeFalse(Signals.isIgnored(signal), "started in the background of a shell, or by nohup");
        writeInput("in", 0);
        writeInput("in1", 7);
        Outputs old = undisturbed("in1");
        for (int run = 1; run <= RUNS; run++) {
            Path gate = Files.createTempDirectory(directory, "gate");
            Launcher.Result result = train("in", pass, gate, process -> {
                awaitGate(gate, process);
                Signals.send(signal, process);
            });
            assertThat(result.exit()).as("run %d: %s", run, result.err()).isEqualTo(exit);
            assertThat(result.errorLines())
                    .containsExactly("error: interrupted by SIG" + signal + "; nothing was changed");
            assertThat(result.out()).isEmpty();
            assertThat(outputs()).as("run %d", run).isEqualTo(old);
            assertNothingLeft();
        }
    }

    /** The process publishes all of it before it ends. */
    @ParameterizedTest(name = "SIG{0} {2}")
    @CsvSource({
        "INT, 130, " + GateFileSystem.BEFORE_MOVING,
        "TERM, 143, " + GateFileSystem.BEFORE_MOVING,
        "INT, 130, " + GateFileSystem.AFTER_MOVING,
        "TERM, 143, " + GateFileSystem.AFTER_MOVING
    })
    void aSignalAmongPublishingWaitsForItsEnd(String signal, int exit, String where) throws Exception {
        assumeFalse(Signals.isIgnored(signal), "started in the background of a shell, or by nohup");
        writeInput("in", 0);
        writeInput("in1", 7);
        Outputs expected = undisturbed("in");
        for (int run = 1; run <= RUNS; run++) {
            Path gate = Files.createTempDirectory(directory, "gate");
            Files.writeString(directory.resolve("state.json"), "old state");
            Launcher.Result result = train("in", where, gate, process -> {
                awaitGate(gate, process);
                Signals.send(signal, process);
                GateFileSystem.open(gate);
            });
            assertThat(result.exit()).as("run %d: %s", run, result.err()).isEqualTo(exit);
            assertThat(result.errorLines())
                    .singleElement()
                    .asString()
                    .startsWith("error: interrupted by SIG" + signal + "; published before that: ")
                    .contains(GateFileSystem.OUTPUT, "state.json");
            assertThat(outputs()).as("run %d", run).isEqualTo(expected);
            assertNothingLeft();
        }
    }
}
