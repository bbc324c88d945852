package io.github.sparkbatchnorm.jobs.publish;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.jobs.Launcher;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Processes that are killed hard while they publish local files. */
@Tag("full")
@Timeout(value = 20, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class RecoveryIT {
    private static final int KILLED = 128 + 9;

    @TempDir
    Path directory;

    private DyingRun run;

    @RepeatedTest(10)
    void whereverAProcessIsKilledBothWaysOutLeadToTheirEnd(RepetitionInfo repetition) throws Exception {
        run = new DyingRun(directory.resolve("root"), true, DyingProgram.TARGETS, true);
        Recovery.Way[] ways = Recovery.Way.values();
        int k = 1;
        while (isKilledAt(k)) {
            // Each step is taken back and finished five times.
            Recovery.Way way = ways[(repetition.getCurrentRepetition() + k) % ways.length];
            boolean begun = run.isRefused(true);
            String age = run.settle(way, "killed at " + k);
            if (begun) {
                assertThat(age).as("killed at " + k).isEqualTo(way == Recovery.Way.FINISH ? "new" : "old");
            }
            k++;
        }
        assertThat(k).isGreaterThan(15);
        assertThat(PublishTesting.files(run.root())).isEqualTo(run.all("new"));
    }

    @Test
    void bothCommandsWork() throws Exception {
        run = new DyingRun(directory.resolve("root"), true, DyingProgram.TARGETS, true);
        int k = 1;
        while (isKilledAt(k) && !run.isRefused(true)) {
            k++;
        }
        String output = "file:" + run.root().resolve("data/out");
        String state = "file:" + run.root().resolve("states/state.json");
        assertThat(recover(output, "--finish").out())
                .startsWith("published: " + output + "\npublished: " + state + "\ndeleted: file:");
        assertThat(PublishTesting.files(run.root())).isEqualTo(run.all("new"));
        assertThat(recover(output, "--finish").out()).isEqualTo("nothing to recover: " + output + "\n");

        assertThat(isKilledAt(k + 1)).isTrue();
        assertThat(recover(run.root() + "/states/state.json", "--restore").out())
                .startsWith("restored: " + output + "\nrestored: " + state + "\ndeleted: file:");
        assertThat(PublishTesting.files(run.root())).isEqualTo(run.all("old"));
    }

    private Launcher.Result recover(String path, String way) throws Exception {
        Launcher.Result result = Launcher.in(directory).run("recover", path, way);
        assertThat(result.exit()).as(result.err()).isZero();
        assertThat(result.errorLines()).isEmpty();
        return result;
    }

    private boolean isKilledAt(int k) throws IOException, InterruptedException {
        run.reset();
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-D" + MortalFileSystem.KILLED + "=true",
                        "-cp",
                        System.getProperty("java.class.path"),
                        DyingProgram.class.getName(),
                        run.root().toString(),
                        Integer.toString(k))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        int exit = process.waitFor();
        assertThat(exit).isIn(0, KILLED);
        return exit == KILLED;
    }
}
