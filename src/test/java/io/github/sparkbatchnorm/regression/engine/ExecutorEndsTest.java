package io.github.sparkbatchnorm.regression.engine;

import static io.github.sparkbatchnorm.spark.SparkEvents.executorAdded;
import static io.github.sparkbatchnorm.spark.SparkEvents.executorRemoved;
import static io.github.sparkbatchnorm.spark.SparkEvents.stageCompleted;
import static io.github.sparkbatchnorm.spark.SparkEvents.taskStart;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class ExecutorEndsTest {
    private final BlockingQueue<String> asked = new LinkedBlockingQueue<>();
    private boolean refuses;

    private ExecutorEnds ends(int wanted) {
        return new ExecutorEnds(wanted, Set.of("1", "2"), id -> asked.add(id) && !refuses, self -> {});
    }

    private String asked() throws InterruptedException {
        return String.valueOf(asked.poll(10, TimeUnit.SECONDS));
    }

    @Test
    void theNextOneEndsInAnotherStageWhenTheFirstIsReplaced() throws InterruptedException {
        try (ExecutorEnds ends = ends(2)) {
            ends.onTaskStart(taskStart(7, 0, "2", false));
            assertThat(asked()).isEqualTo("2");
            ends.onTaskStart(taskStart(8, 0, "1", false));
            ends.onExecutorRemoved(executorRemoved("2", "Executor killed by driver."));
            ends.onTaskStart(taskStart(9, 0, "1", false));
            ends.onExecutorAdded(executorAdded("3"));
            ends.onTaskStart(taskStart(7, 1, "3", false));
            assertThat(asked).isEmpty();
            ends.onTaskStart(taskStart(10, 0, "3", false));
            assertThat(asked()).isEqualTo("3");
            // A new one may be there before the old one has gone.
            ends.onExecutorAdded(executorAdded("4"));
            ends.onExecutorRemoved(executorRemoved("3", "Executor killed by driver."));
            ends.onTaskStart(taskStart(11, 0, "4", false));
            assertThat(ends.finish()).isEqualTo(new ExecutorEnds.Result(2, 0, 2, false));
            assertThat(asked).isEmpty();
        }
    }

    @Test
    void anEndAfterTheStageDoesNotCountAndHasItsLimit() throws InterruptedException {
        try (ExecutorEnds ends = ends(1)) {
            for (int stage = 1; stage <= 4; stage++) {
                String id = stage == 1 ? "1" : "new" + (stage - 1);
                ends.onTaskStart(taskStart(stage, 0, id, false));
                assertThat(asked()).isEqualTo(id);
                ends.onStageCompleted(stageCompleted(stage));
                ends.onExecutorRemoved(executorRemoved(id, "Executor killed by driver."));
                ends.onExecutorAdded(executorAdded("new" + stage));
            }
            ends.onTaskStart(taskStart(5, 0, "new4", false));
            assertThat(ends.finish()).isEqualTo(new ExecutorEnds.Result(0, 4, 4, false));
            assertThat(asked).isEmpty();
        }
    }

    @Test
    void aRefusalAndAnExecutorThatNobodyReplacesAreTold() throws InterruptedException {
        try (ExecutorEnds ends = ends(2)) {
            ends.onTaskStart(taskStart(1, 0, "1", false));
            assertThat(asked()).isEqualTo("1");
            ends.onExecutorRemoved(executorRemoved("1", "Executor killed by driver."));
            assertThat(ends.finish(50)).isEqualTo(new ExecutorEnds.Result(1, 0, 0, false));
        }
        refuses = true;
        try (ExecutorEnds ends = ends(2)) {
            ends.onTaskStart(taskStart(1, 0, "1", false));
            assertThat(asked()).isEqualTo("1");
            assertThat(ends.finish()).isEqualTo(new ExecutorEnds.Result(0, 0, 0, true));
        }
    }
}
