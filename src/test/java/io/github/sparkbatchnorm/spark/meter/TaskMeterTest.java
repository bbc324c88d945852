package io.github.sparkbatchnorm.spark.meter;

import static io.github.sparkbatchnorm.spark.SparkEvents.executorRemoved;
import static io.github.sparkbatchnorm.spark.SparkEvents.jobStart;
import static io.github.sparkbatchnorm.spark.SparkEvents.taskEnd;
import static io.github.sparkbatchnorm.spark.SparkEvents.taskStart;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.spark.SharedSpark;
import java.util.List;
import java.util.Map;
import org.apache.spark.ExecutorLostFailure;
import org.apache.spark.Resubmitted$;
import org.apache.spark.Success$;
import org.apache.spark.TaskCommitDenied;
import org.apache.spark.executor.TaskMetrics;
import org.junit.jupiter.api.Test;
import scala.Option;

final class TaskMeterTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    private long count(int partitions) {
        return jsc().parallelize(List.of(1, 2, 3, 4), partitions).count();
    }

    @Test
    void itCountsTheJobsOfItsThreadOnly() throws InterruptedException {
        Thread stranger = new Thread(() -> count(4));
        try (TaskMeter outer = new TaskMeter(sc())) {
            try (TaskMeter inner = new TaskMeter(sc())) {
                count(3);
                assertThat(inner.await().tasks().launched()).isEqualTo(3);
            }
            count(2);
            Thread child = new Thread(() -> count(1));
            for (Thread each : List.of(child, stranger)) {
                each.start();
                each.join();
            }
            assertThat(outer.await().tasks()).isEqualTo(new TaskCounts.Tasks(6, 6, 0, 0, 0, 0));
            assertThat(outer.counts().executors()).isEqualTo(new TaskCounts.Executors(1, 0, 0));
            assertThat(outer.counts().bytes().results()).isPositive();
        }
        assertThat(sc().getLocalProperties())
                .allSatisfy((key, value) -> assertThat(key.toString()).doesNotContain("meter"));
    }

    @Test
    void aFailedTaskIsCounted() {
        try (TaskMeter meter = new TaskMeter(sc())) {
            assertThatThrownBy(() -> jsc().parallelize(List.of(0), 1).foreach(x -> {
                        throw new IllegalStateException("no");
                    }))
                    .hasMessageContaining("no");
            assertThat(meter.await().tasks().failed()).isEqualTo(1);
            assertThat(meter.counts().tasks().succeeded()).isZero();
        }
    }

    @Test
    void retriesCopiesAndLostExecutorsAreCounted() {
        JobTasks tasks = new JobTasks("ours");
        tasks.onJobStart(jobStart(Map.of("ours", ""), 1));
        tasks.onJobStart(jobStart(Map.of("theirs", ""), 2));
        tasks.onTaskStart(taskStart(1, 0, "1", false));
        tasks.onTaskStart(taskStart(1, 1, "2", false));
        tasks.onTaskStart(taskStart(1, 1, "1", true));
        tasks.onTaskStart(taskStart(2, 0, "3", false));
        tasks.onTaskEnd(taskEnd(1, 0, Success$.MODULE$, TaskMetrics.empty()));
        tasks.onTaskEnd(taskEnd(1, 1, new ExecutorLostFailure("2", true, Option.empty()), TaskMetrics.empty()));
        tasks.onExecutorRemoved(executorRemoved("2", "Executor Process Lost"));
        tasks.onExecutorRemoved(executorRemoved("2", "Executor Process Lost"));
        // The result of a task that had ended went with its executor.
        tasks.onTaskEnd(taskEnd(1, 0, Resubmitted$.MODULE$, TaskMetrics.empty()));
        tasks.onTaskStart(taskStart(1, 0, "4", false));
        tasks.onTaskEnd(taskEnd(1, 1, new TaskCommitDenied(0, 1, 1), TaskMetrics.empty()));
        tasks.onExecutorRemoved(executorRemoved("3", "Executor killed by driver."));
        assertThat(tasks.counts().tasks()).isEqualTo(new TaskCounts.Tasks(4, 1, 1, 1, 1, 1));
        assertThat(tasks.counts().executors()).isEqualTo(new TaskCounts.Executors(3, 1, 1));
    }
}
