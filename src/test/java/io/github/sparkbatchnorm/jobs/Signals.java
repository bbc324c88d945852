package io.github.sparkbatchnorm.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Signals to processes that a test started. */
public final class Signals {
    private static final Path STATUS = Path.of("/proc/self/status");
    /** Signals at their numbers. */
    private static final List<String> NUMBERS = List.of("", "HUP", "INT");

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

    /**
     * Whether a signal does not reach what this process starts: SIGINT where a shell started it in the background,
     * SIGHUP under nohup.
     *
     * @param name without SIG; others than INT and HUP reach all
     */
    public static boolean isIgnored(String name) throws IOException {
        if (!Files.exists(STATUS) || !NUMBERS.contains(name)) {
            return false;
        }
        String mask = Files.readAllLines(STATUS).stream()
                .filter(line -> line.startsWith("SigIgn:"))
                .findFirst()
                .map(line -> line.substring("SigIgn:".length()).strip())
                .orElse("0");
        long bit = 1L << (NUMBERS.indexOf(name) - 1);
        return (Long.parseUnsignedLong(mask, 16) & bit) != 0;
    }
}
