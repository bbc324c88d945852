package io.github.sparkbatchnorm.jobs.faults;

import io.github.sparkbatchnorm.jobs.CommandRun;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Spark gives no more tasks to a host on which a task has failed. */
@Tag("full")
final class HostExclusionIT extends FaultTesting {
    @Override
    Map<String, String> settings() {
        return excludingHosts("spark.excludeOnFailure.application.maxFailedTasksPerExecutor", "1000000");
    }

    /** The other one does all of it. */
    @ParameterizedTest(name = "{0} a column, batches: {1}")
    @CsvSource({STATISTICS + ", false", STATISTICS + ", true", NORMALIZE + ", false", NORMALIZE + ", true"})
    void anExcludedHostChangesNoBit(String pass, boolean batches) throws Exception {
        String words = trainOnView(STRUCK, batches);
        inARow(() -> {
            CommandRun run = runAndAct(
                    words, Strike.What.FAILS_ON_SECOND, pass, -2, waiting -> assertHappened("host excluded", pass));
            assertUndisturbed(run, words);
        });
    }
}
