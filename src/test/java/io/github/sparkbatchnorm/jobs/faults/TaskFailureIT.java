package io.github.sparkbatchnorm.jobs.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.jobs.CommandRun;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tasks fail, or are slow, and run again. */
@Tag("full")
final class TaskFailureIT extends FaultTesting {
    private static final long ROW = 22_222;

    @Override
    Map<String, String> settings() {
        return Map.of(
                "spark.speculation", "true",
                "spark.speculation.interval", "50ms",
                "spark.speculation.quantile", "0.6",
                "spark.speculation.multiplier", "3",
                "spark.speculation.minTaskRuntime", "300ms");
    }

    @ParameterizedTest(name = "{0} a column, batches: {1}")
    @CsvSource({STATISTICS + ", false", STATISTICS + ", true", NORMALIZE + ", false", NORMALIZE + ", true"})
    void aTaskThatFailsTwiceChangesNoBit(String pass, boolean batches) throws Exception {
        String words = trainOnView(STRUCK, batches);
        inARow(() -> {
            CommandRun run = run(words, new Strike.Order(Strike.What.FAILS_TWICE, pass, ROW, ""));
            assertThat(log.lines().stream().filter(line -> line.startsWith("ExceptionFailure") && line.contains(pass)))
                    .hasSize(2);
            assertUndisturbed(run, words);
        });
    }

    @ParameterizedTest(name = "{0} a column")
    @ValueSource(strings = {STATISTICS, NORMALIZE})
    void aTaskThatFailsAgainAndAgainIsAnError(String pass) throws Exception {
        String words = trainOnView(STRUCK, true);
        inARow(() -> {
            CommandRun run = run(words, new Strike.Order(Strike.What.FAILS, pass, ROW, ""));
            assertHappened("ExceptionFailure", pass);
            assertNothingChanged(run, "injected failure of a task");
        });
    }

    @ParameterizedTest(name = "{0} a column, batches: {1}")
    @CsvSource({STATISTICS + ", false", STATISTICS + ", true", NORMALIZE + ", false", NORMALIZE + ", true"})
    void aCopyOfASlowTaskCountsOnce(String pass, boolean batches) throws Exception {
        String words = trainOnView(STRUCK, batches);
        inARow(() -> {
            CommandRun run = run(words, new Strike.Order(Strike.What.SLEEPS, pass, ROW, ""));
            assertHappened("speculative copy won", pass);
            assertHappened("TaskKilled", pass);
            assertUndisturbed(run, words);
        });
    }
}
