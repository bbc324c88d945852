package io.github.sparkbatchnorm.jobs.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.UnknownHostException;
import org.apache.spark.SparkException;
import org.junit.jupiter.api.Test;

final class SubmitErrorLineTest {
    @Test
    void wrongOptionsAreUsage() {
        Throwable wrong = thrownBy(
                new SparkException("Driver cores must be\na number"),
                "org.apache.spark.deploy.SparkSubmitArguments",
                "error");
        assertThat(SubmitErrorLine.isUsage(wrong)).isTrue();
        assertThat(SubmitErrorLine.of(wrong)).isEqualTo("Driver cores must be a number");
    }

    @Test
    void aJobThatFailedOnItsClusterIsNotUsage() {
        Throwable failed = thrownBy(
                new SparkException("Application 1 finished with failed status"),
                "org.apache.spark.deploy.yarn.Client",
                "run");
        assertThat(SubmitErrorLine.isUsage(failed)).isFalse();
        assertThat(SubmitErrorLine.of(failed)).isEqualTo("spark-submit: Application 1 finished with failed status");
    }

    @Test
    void packagesAreNamedByTheirOption() {
        Throwable unresolved = thrownBy(
                new RuntimeException("[unresolved dependency: a.b#c;1: not found]"),
                "org.apache.spark.util.MavenUtils$",
                "x");
        assertThat(SubmitErrorLine.isUsage(unresolved)).isFalse();
        assertThat(SubmitErrorLine.of(unresolved))
                .startsWith("--packages: [unresolved dependency: a.b#c;1: not found]; check");
    }

    @Test
    void theInnermostCauseIsSaidToo() {
        Throwable failure = thrownBy(new IOException("cannot download", new UnknownHostException("host")), "x", "y");
        assertThat(SubmitErrorLine.of(failure)).isEqualTo("spark-submit: cannot download: UnknownHostException: host");
        assertThat(SubmitErrorLine.of(new NullPointerException())).isEqualTo("spark-submit: NullPointerException");
    }

    private static Throwable thrownBy(Throwable failure, String className, String method) {
        failure.setStackTrace(new StackTraceElement[] {new StackTraceElement(className, method, null, 1)});
        return failure;
    }
}
