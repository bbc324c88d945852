package io.github.sparkbatchnorm.jobs.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.github.sparkbatchnorm.jobs.Launcher;
import io.github.sparkbatchnorm.jobs.Signals;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How a process ends that something else than its command ends. */
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class ProcessEndTest {
    @TempDir
    Path directory;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "error  | 1 | out of memory; give more with --driver-memory or --executor-memory before the command;"
                        + " nothing was changed",
                "exit   | 1 | the process was ended from within, by a library or a part of Spark; nothing was changed",
                "itself | 3 | it failed by itself",
            })
    void theFirstEndIsTheOnlyOneThatIsTold(String what, int exit, String error) throws Exception {
        Process process = start(what);
        assertThat(process.waitFor()).isEqualTo(exit);
        assertThat(errors(process)).containsExactly("error: " + error);
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void aFailingThreadIsNotWaitedForByItself() throws Exception {
        Process process = start("joined");
        assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue()).isEqualTo(1);
        assertThat(errors(process)).singleElement().asString().startsWith("error: out of memory");
    }

    @Test
    void whatWasPublishedIsTold() throws Exception {
        Process process = start("published");
        assertThat(process.waitFor()).isEqualTo(1);
        assertThat(errors(process))
                .containsExactly("error: StackOverflowError; published before that: file:" + directory + "/new/out");
        assertThat(directory.resolve("new/out")).hasContent("1");
    }

    @ParameterizedTest
    @CsvSource({"TERM, 143", "INT, 130", "HUP, 129"})
    void signalsAreNamed(String signal, int exit) throws Exception {
        assumeFalse(Signals.isIgnored(signal), "started in the background of a shell, or by nohup");
        for (String what : List.of("nothing", "exception", "trace")) {
            Process process = start(what);
            waitUntilMade(process);
            Signals.send(signal, process);
            assertThat(process.waitFor()).isEqualTo(exit);
            assertThat(errors(process)).containsExactly("error: interrupted by SIG" + signal + "; nothing was changed");
            assertThat(directory).isEmptyDirectory();
        }
    }

    private void waitUntilMade(Process process) throws InterruptedException {
        while (!Files.exists(directory.resolve("new")) && process.isAlive()) {
            process.waitFor(10, TimeUnit.MILLISECONDS);
        }
    }

    private Process start(String what) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Dlog4j2.configurationFile=" + Launcher.PROJECT.resolve("conf/log4j2.properties"),
                "-cp",
                System.getProperty("java.class.path"),
                ProcessEndProgram.class.getName(),
                what,
                directory.toString());
        return builder.start();
    }

    private static List<String> errors(Process process) throws IOException {
        try (BufferedReader lines = process.errorReader()) {
            return lines.lines().filter(line -> !line.contains(" WARN ")).toList();
        }
    }
}
