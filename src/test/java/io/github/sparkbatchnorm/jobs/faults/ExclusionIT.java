package io.github.sparkbatchnorm.jobs.faults;

import io.github.sparkbatchnorm.jobs.CommandRun;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Spark gives no more tasks to an executor on which tasks have failed. */
@Tag("full")
final class ExclusionIT extends FaultTesting {
    @Override
    Map<String, String> settings() {
        return Map.of(
                "spark.excludeOnFailure.enabled", "true",
                "spark.excludeOnFailure.stage.maxFailedTasksPerExecutor", "2",
                // Executors of all runs are the same ones, and each run is to exclude them anew.
                "spark.excludeOnFailure.application.maxFailedTasksPerExecutor", "1000000");
    }

    @ParameterizedTest(name = "{0} a column, batches: {1}")
    @CsvSource({STATISTICS + ", false", STATISTICS + ", true", NORMALIZE + ", false", NORMALIZE + ", true"})
    void anExcludedExecutorChangesNoBit(String pass, boolean batches) throws Exception {
        String words = trainOnView(STRUCK, batches);
        inARow(() -> {
            CommandRun run = runAndAct(
                    words, Strike.What.FAILS_ON_SECOND, pass, -2, waiting -> assertHappened("executor excluded", pass));
            assertUndisturbed(run, words);
        });
    }
}
