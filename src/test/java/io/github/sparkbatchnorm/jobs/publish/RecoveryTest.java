package io.github.sparkbatchnorm.jobs.publish;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A run that dies at any step of publishing can be finished and taken back, and so can a recovery that dies. */
final class RecoveryTest {
    @TempDir
    Path directory;

    static List<Arguments> someRuns() {
        return List.of(
                Arguments.of(false, List.of(0), false),
                Arguments.of(false, List.of(0, 1, 2), true),
                Arguments.of(true, List.of(2), true));
    }

    /** Those of which some thousands take no more than a minute or two. */
    static List<Arguments> runsOfTwoDeaths() {
        return List.of(
                Arguments.of(false, List.of(0), false),
                Arguments.of(false, List.of(0, 2), false),
                Arguments.of(false, List.of(0, 1, 2), true),
                Arguments.of(true, List.of(2), true));
    }

    static List<Arguments> runs() {
        List<Arguments> runs = new ArrayList<>();
        for (boolean local : new boolean[] {false, true}) {
            for (boolean replaces : new boolean[] {true, false}) {
                for (List<Integer> targets : List.of(List.of(0), List.of(2), List.of(0, 2), List.of(0, 1, 2))) {
                    runs.add(Arguments.of(local, targets, replaces));
                }
            }
        }
        return runs;
    }

    @ParameterizedTest
    @MethodSource("someRuns")
    void whereverARunDiesBothWaysOutLeadToTheirEnd(boolean local, List<Integer> targets, boolean replaces)
            throws IOException {
        everyDeathOfARun(local, targets, replaces);
    }

    @ParameterizedTest
    @MethodSource("runs")
    @Tag("full")
    void whereverAnyRunDiesBothWaysOutLeadToTheirEnd(boolean local, List<Integer> targets, boolean replaces)
            throws IOException {
        everyDeathOfARun(local, targets, replaces);
    }

    private void everyDeathOfARun(boolean local, List<Integer> targets, boolean replaces) throws IOException {
        DyingRun run = new DyingRun(directory.resolve("root"), local, targets, replaces);
        List<String> phases = new ArrayList<>();
        int k = 1;
        while (run.dieAt(k)) {
            String what = "death at " + k;
            boolean refused = run.isRefused(true);
            assertThat(run.isRefused(false)).as(what).isEqualTo(refused);
            String finished = run.settle(Recovery.Way.FINISH, what);
            run.dieAt(k);
            String restored = run.settle(Recovery.Way.RESTORE, what);
            phases.add(finished + restored + (refused ? " refused" : ""));
            k++;
        }
        // Before the last journal, from then to the last mark, and after it.
        assertThat(phases.stream().distinct()).containsExactly("oldold", "newold refused", "newnew");
        assertThat(k).isGreaterThan(5 + targets.size());
    }

    @Test
    @Tag("full")
    void aRecoveryOfOneOutputMayDieToo() throws IOException {
        everyDeathOfARecovery(new DyingRun(directory.resolve("root"), false, List.of(0), true));
    }

    @ParameterizedTest
    @MethodSource("runsOfTwoDeaths")
    @Tag("full")
    void aRecoveryMayDieToo(boolean local, List<Integer> targets, boolean replaces) throws IOException {
        everyDeathOfARecovery(new DyingRun(directory.resolve("root"), local, targets, replaces));
    }

    private static void everyDeathOfARecovery(DyingRun run) throws IOException {
        int deaths = 0;
        for (int k = 1; run.dieAt(k); k++) {
            boolean begun = run.isRefused(true);
            for (Recovery.Way first : Recovery.Way.values()) {
                for (Recovery.Way second : Recovery.Way.values()) {
                    int j = 0;
                    boolean died = true;
                    while (died) {
                        j++;
                        run.dieAt(k);
                        died = run.recoverAndDieAt(first, j);
                        String what = "death at " + k + ", recovery " + first + " dies at " + j;
                        String age = run.settle(second, what);
                        if (begun && first == second) {
                            assertThat(age).as(what).isEqualTo(first == Recovery.Way.FINISH ? "new" : "old");
                        }
                        deaths += died ? 1 : 0;
                    }
                }
            }
        }
        assertThat(deaths).isGreaterThan(40);
    }
}
