package io.github.sparkbatchnorm.jobs.faults;

import io.github.sparkbatchnorm.jobs.CommandRun;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Spark gives no more tasks to a host on which a task has failed. */
@Tag("full")
final class HostExclusionIT extends FaultTesting {
    @Override
    Map<String, String> settings() {
        return Map.of(
                "spark.excludeOnFailure.enabled", "true",
                "spark.excludeOnFailure.stage.maxFailedTasksPerExecutor", "1",
                "spark.excludeOnFailure.stage.maxFailedExecutorsPerNode", "1",
                "spark.excludeOnFailure.application.maxFailedTasksPerExecutor", "1000000",
                // How long Spark waits for another host.
                "spark.scheduler.excludeOnFailure.unschedulableTaskSetTimeout", "1s");
    }

    /** The other one does all of it. */
    @ParameterizedTest(name = "{0} a column, batches: {1}")
    @CsvSource({STATISTICS + ", false", STATISTICS + ", true", NORMALIZE + ", false", NORMALIZE + ", true"})
    void anExcludedHostChangesNoBit(String pass, boolean batches) throws Exception {
        String words = trainOnView(STRUCK, batches);
        inARow(() -> {
            CommandRun run = run(words, new Strike.Order(Strike.What.FAILS_ON, pass, -2, anExecutor()));
            assertHappened("host excluded", pass);
            assertUndisturbed(run, words);
        });
    }

    @ParameterizedTest(name = "{0} a column")
    @ValueSource(strings = {STATISTICS, NORMALIZE})
    void hostsThatAreAllExcludedAreAnError(String pass) throws Exception {
        String words = trainOnView(STRUCK, true);
        inARow(() -> {
            CommandRun run = run(words, new Strike.Order(Strike.What.FAILS, pass, -2, ""));
            assertHappened("host excluded", pass);
            assertNothingChanged(run, "cannot run anywhere", "Most recent failure: Lost task");
        });
    }
}
