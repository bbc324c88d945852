package io.github.sparkbatchnorm.jobs.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.jobs.CommandRun;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Executors are killed hard, with what they have computed. */
@Tag("full")
final class ExecutorLossIT extends FaultTesting {
    private static final String LOST = "ExecutorLostFailure";
    /** In the middle of a file. */
    private static final long ROW = 17_500;

    @Override
    Map<String, String> settings() {
        return Map.of();
    }

    @ParameterizedTest(name = "{0} a column, batches: {1}")
    @CsvSource({STATISTICS + ", false", STATISTICS + ", true", NORMALIZE + ", false", NORMALIZE + ", true"})
    void anExecutorKilledInAPassChangesNoBit(String pass, boolean batches) throws Exception {
        String words = trainOnView(STRUCK, batches);
        inARow(() -> {
            CommandRun run = runAndAct(words, pass, ROW, executor -> TwoHosts.kill(List.of(executor)));
            assertHappened(LOST, pass);
            assertUndisturbed(run, words);
        });
    }

    @ParameterizedTest(name = "batches: {0}")
    @ValueSource(booleans = {false, true})
    void allExecutorsKilledBetweenThePassesChangeNoBit(boolean batches) throws Exception {
        String words = trainOnView(STRUCK, batches);
        inARow(() -> {
            AtomicInteger killed = new AtomicInteger();
            DiskFileSystem.beforeNextCreate("new-state.json", () -> {
                List<ProcessHandle> executors = TwoHosts.executorProcesses();
                TwoHosts.kill(executors);
                killed.set(executors.size());
            });
            CommandRun run = run(words, null);
            assertThat(killed).hasValue(2);
            assertThat(log.count("executor lost")).isEqualTo(2);
            assertUndisturbed(run, words);
        });
    }

    /** All other tasks of the pass were on the executor that is lost, and what it had for the batches is gone. */
    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {STRUCK, SHUFFLED})
    void shuffleFilesThatAreLostAreMadeAgain(String view) throws Exception {
        String words = trainOnView(view, true);
        long row = view.equals(STRUCK) ? ROW : -1;
        inARow(() -> {
            CommandRun run = runAndAct(words, STATISTICS, row, executor -> {
                await(() -> log.successesOfLastStage() == FILES - 1, "all other tasks");
                TwoHosts.kill(othersThan(executor));
            });
            assertThat(log.count("executor lost")).isEqualTo(1);
            assertThat(log.lines())
                    .anyMatch(line -> (line.startsWith("FetchFailed") || line.startsWith("Resubmitted"))
                            && line.contains(STATISTICS));
            assertUndisturbed(run, words);
        });
    }

    /**
     * Spark knows that rows that are read again may be in another partition: it repeats all tasks, or, where it cannot
     * take back what tasks have given, ends the job.
     */
    @ParameterizedTest(name = "{0} a column, batches: {1}")
    @CsvSource({STATISTICS + ", false", STATISTICS + ", true", NORMALIZE + ", false", NORMALIZE + ", true"})
    void aFetchFailureBehindAnIndeterminateStageIsTheBitsOrAnError(String pass, boolean batches) throws Exception {
        String words = trainOnView(SHUFFLED, batches);
        inARow(() -> {
            CommandRun run = runAndAct(words, pass, -1, executor -> TwoHosts.kill(othersThan(executor)));
            assertHappened("FetchFailed", pass);
            if (run.exit() == 0) {
                assertHappened("stage repeated", pass);
                assertUndisturbed(run, words);
            } else {
                assertNothingChanged(run, "indeterminate");
            }
        });
    }

    private static List<ProcessHandle> othersThan(ProcessHandle executor) {
        return TwoHosts.executorProcesses().stream()
                .filter(process -> process.pid() != executor.pid())
                .toList();
    }
}
