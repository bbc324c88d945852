package io.github.sparkbatchnorm.jobs.faults;

import io.github.sparkbatchnorm.jobs.CommandRun;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Spark has excluded every host. It then ends one executor in the hope for a better one, and gives up. */
@Tag("full")
final class NoHostLeftIT extends FaultTesting {
    @Override
    Map<String, String> settings() {
        // How long Spark waits for another host.
        return excludingHosts("spark.scheduler.excludeOnFailure.unschedulableTaskSetTimeout", "1s");
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
