package io.github.sparkbatchnorm.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Two drivers that publish at the same paths: what is there comes from one of them, or is the old. */
@Tag("full")
final class TwoJobsIT extends GateTesting {
    private static final long serialVersionUID = 1L;

    private Outputs first;
    private Outputs second;

    @BeforeEach
    void runUndisturbed() throws Exception {
        writeInput("in1", 0);
        writeInput("in2", 7);
        first = undisturbed("in1");
        second = undisturbed("in2");
        assertThat(first).isNotEqualTo(second);
    }

    private CompletableFuture<Launcher.Result> start(
            String input, String where, Path gate, Launcher.Meanwhile meanwhile) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return train(input, where, gate, meanwhile);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
    }

    private void publishOld() throws Exception {
        // The outputs of the second run, of which the state is another one.
        assertThat(outputs()).isIn(first, second);
        Files.writeString(directory.resolve("state.json"), "old state");
    }

    /** Both have computed everything, and move at once. */
    @Test
    void twoRunsThatPublishAtOnceDoNotMix() throws Exception {
        for (int run = 1; run <= RUNS; run++) {
            publishOld();
            Outputs old = outputs();
            CountDownLatch both = new CountDownLatch(2);
            Path gate1 = Files.createTempDirectory(directory, "gate");
            Path gate2 = Files.createTempDirectory(directory, "gate");
            List<CompletableFuture<Launcher.Result>> runs = List.of(
                    start("in1", GateFileSystem.BEFORE_MOVING, gate1, process -> meet(gate1, process, both)),
                    start("in2", GateFileSystem.BEFORE_MOVING, gate2, process -> meet(gate2, process, both)));
            check(run, runs.get(0).get(), runs.get(1).get(), old);
        }
    }

    /** A run may end before it comes to its gate, because it has found the other one. */
    private static void meet(Path gate, Process process, CountDownLatch both) throws Exception {
        awaitGateOrEnd(gate, process);
        both.countDown();
        assertThat(both.await(5, TimeUnit.MINUTES)).isTrue();
        GateFileSystem.open(gate);
    }

    /** The first has moved its output and not yet its state, when the second one, which is at its work, publishes. */
    @Test
    void aRunThatComesInTheMiddleOfAnotherDoesNotMix() throws Exception {
        for (int run = 1; run <= RUNS; run++) {
            publishOld();
            Outputs old = outputs();
            Path gate1 = Files.createTempDirectory(directory, "gate");
            Path gate2 = Files.createTempDirectory(directory, "gate");
            CountDownLatch isHalf = new CountDownLatch(1);
            CountDownLatch otherEnded = new CountDownLatch(1);
            CompletableFuture<Launcher.Result> half = start("in1", GateFileSystem.AFTER_MOVING, gate1, process -> {
                awaitGate(gate1, process);
                isHalf.countDown();
                assertThat(otherEnded.await(5, TimeUnit.MINUTES)).isTrue();
                GateFileSystem.open(gate1);
            });
            Launcher.Result other = train("in2", "normalizing", gate2, process -> {
                awaitGateOrEnd(gate2, process);
                assertThat(isHalf.await(5, TimeUnit.MINUTES)).isTrue();
                GateFileSystem.open(gate2);
            });
            otherEnded.countDown();
            check(run, half.get(), other, old);
        }
    }

    private void check(int run, Launcher.Result one, Launcher.Result two, Outputs old) throws Exception {
        Outputs found = outputs();
        String what = "run " + run + ": exit " + one.exit() + " " + one.err() + "exit " + two.exit() + " " + two.err();
        for (Launcher.Result result : List.of(one, two)) {
            assertThat(result.exit()).as(what).isIn(0, 1);
            assertThat(result.errorLines()).as(what).hasSize(result.exit());
        }
        if (one.exit() == 0 && two.exit() == 0) {
            assertThat(found).as(what).isIn(first, second);
        } else if (one.exit() == 0) {
            assertThat(found).as(what).isEqualTo(first);
        } else {
            assertThat(found).as(what).isEqualTo(two.exit() == 0 ? second : old);
        }
        assertNothingLeft();
    }
}
