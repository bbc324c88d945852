package io.github.sparkbatchnorm.jobs.console;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.layer.BatchNormException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import org.apache.spark.SparkException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import scala.collection.immutable.Map;

final class ErrorLineTest {
    @Test
    void ourMessageWinsWhereverItIsInTheChain() {
        BatchNormException ours = new BatchNormException("column x: null", new IOException("below"));
        assertThat(ErrorLine.of(new RuntimeException("above", new SparkException("Job aborted", ours))))
                .isEqualTo("column x: null");
    }

    @Test
    void ourMessageIsFoundInTheTextOfAnExecutor() {
        SparkException aborted = new SparkException("Job aborted due to stage failure: Task 0 failed, most recent: Lost"
                + " task 0.0 (TID 1) (host executor 1): " + BatchNormException.class.getName()
                + ": column x: NaN in channel 1\n\tat some.Class.method(Class.java:1)\nCaused by: x");
        assertThat(ErrorLine.of(aborted)).isEqualTo("column x: NaN in channel 1");
    }

    @Test
    void everythingElseIsTheFirstLineOfTheInnermostReason() {
        assertThat(ErrorLine.of(
                        new SparkException("Job aborted", new IOException("No space left\n\tat x\nCaused by: y"))))
                .isEqualTo("No space left");
        assertThat(ErrorLine.of(new IllegalStateException("outer reason", new NullPointerException())))
                .isEqualTo("outer reason");
        assertThat(ErrorLine.of(new NullPointerException())).isEqualTo("NullPointerException");
        assertThat(ErrorLine.of(new IOException("[NAMED_ONE] What happened. SQLSTATE: 42K03")))
                .isEqualTo("What happened");
        assertThat(ErrorLine.of(new IOException("x ".repeat(1000)))).hasSizeLessThan(500);
    }

    /** What Spark says when it has excluded every executor. */
    @Test
    void aLineThatOnlyAnnouncesOthersIsNotAll() {
        assertThat(
                        ErrorLine.of(
                                new SparkException(
                                        """
                        Job aborted due to stage failure:\s
                        Aborting TaskSet 3.0 because task 2 (partition 2)
                        cannot run anywhere due to node and executor excludeOnFailure.
                        Most recent failure:
                        Lost task 0.1 in stage 3.0 (TID 10) (host executor 1): java.io.IOException: no disk
                        \tat some.Class.method(Class.java:1)
                        Caused by: x
                        """)))
                .isEqualTo(
                        "Job aborted due to stage failure: Aborting TaskSet 3.0 because task 2 (partition 2) cannot run"
                                + " anywhere due to node and executor excludeOnFailure. Most recent failure: Lost task 0.1 in stage 3.0"
                                + " (TID 10) (host executor 1): java.io.IOException: no disk");
    }

    @Test
    void anOutputThatATaskCannotWriteIsNamed() {
        SparkException failed = new SparkException(
                "TASK_WRITE_FAILED", new Map.Map1<>("path", "file:/out"), new IOException("No space left on device"));
        assertThat(ErrorLine.of(new SparkException("Job aborted", failed)))
                .isEqualTo("Task failed while writing rows to file:/out: No space left on device");
    }

    @Test
    void bareMessagesSayWhatTheyAre() {
        assertThat(ErrorLine.reason(new AccessDeniedException("/data"))).isEqualTo("permission denied: /data");
        assertThat(ErrorLine.reason(new FileNotFoundException("/data"))).isEqualTo("no such file: /data");
        assertThat(ErrorLine.reason(new FileNotFoundException("/data (Permission denied)")))
                .isEqualTo("/data (Permission denied)");
        assertThat(ErrorLine.reason(new ClassNotFoundException("a.B"))).isEqualTo("ClassNotFoundException: a.B");
    }

    @Test
    void outOfMemoryNamesTheOption() {
        assertThat(ErrorLine.of(new RuntimeException(new OutOfMemoryError("Java heap space"))))
                .contains("out of memory", "--driver-memory");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Lost task 0.0 in stage 1.0 (TID 1) (host executor 1): java.lang.OutOfMemoryError: Java heap space",
                "ExecutorLostFailure (executor 1 exited caused by one of the running tasks) Reason: Command exited with"
                        + " code 52",
                "The executor with id 1 exited with exit code 52(JVM OOM).",
                "Container marked as failed: container_1 on host: h. Exit status: 52. Diagnostics: x",
                "Task org.apache.spark.executor.Executor$TaskRunner@404f023a rejected from"
                        + " java.util.concurrent.ThreadPoolExecutor@7ad44ebf[Shutting down, pool size = 1]",
            })
    void executorsWithoutMemoryAreOutOfMemoryToo(String text) {
        assertThat(ErrorLine.of(new SparkException("Job aborted due to stage failure: " + text)))
                .contains("out of memory", "--executor-memory");
    }

    @Test
    void whatCouldNotBeCleanedIsNamed() {
        BatchNormException failure = new BatchNormException("no space\nleft");
        failure.addSuppressed(new BatchNormException("could not delete file:/tmp/_batchnorm-1: delete it by hand"));
        failure.addSuppressed(new IOException("not for users"));
        assertThat(ErrorLine.of(failure))
                .isEqualTo("no space left; could not delete file:/tmp/_batchnorm-1: delete it by hand");
    }
}
