package io.github.sparkbatchnorm.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Signals to processes that a test started. */
public final class Signals {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final int INT = 1 << 1;

    private Signals() {}

    /**
     * Sends a signal to a process.
     *
     * @param name without SIG
     */
    public static void send(String name, Process process) throws IOException, InterruptedException {
        Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
        assertThat(kill.waitFor()).isZero();
    }

    /** Whether SIGINT does not reach what this process starts: shells start processes in the background so. */
    public static boolean areIgnored() throws IOException {
        if (!Files.exists(STATUS)) {
            return false;
        }
        String mask = Files.readAllLines(STATUS).stream()
                .filter(line -> line.startsWith("SigIgn:"))
                .findFirst()
                .map(line -> line.substring("SigIgn:".length()).strip())
                .orElse("0");
        return (Long.parseUnsignedLong(mask, 16) & INT) != 0;
    }
}
