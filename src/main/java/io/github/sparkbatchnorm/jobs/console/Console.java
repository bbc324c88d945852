package io.github.sparkbatchnorm.jobs.console;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;

/**
 * What a user sees: results on {@code out}, everything else on {@code err}.
 *
 * @param out standard output
 * @param err standard error
 * @param end how the run ends
 */
public record Console(PrintStream out, PrintStream err, RunEnd end) {

    public Console(PrintStream out, PrintStream err) {
        this(out, err, new RunEnd());
    }

    /** One that shows results on standard error: standard output is for something else. */
    public Console withoutOut() {
        return new Console(err, err, end);
    }

    /** A result as a line {@code key: value}. */
    public void result(String key, Object value) {
        out.println(line(key, value));
    }

    /** The text of the line {@code key: value}. */
    public static String line(String key, Object value) {
        return key + ": " + value;
    }

    /** How long the command took. */
    public void time(Duration elapsed) {
        double seconds = elapsed.toNanos() / 1e9;
        long minutes = elapsed.toMinutes();
        result(
                "time",
                minutes < 10
                        ? String.format(Locale.ROOT, "%.1f s", seconds)
                        : String.format(Locale.ROOT, "%d min %d s", minutes, elapsed.toSecondsPart()));
    }

    /** Something that the user should know although the command went well. */
    public void warning(String message) {
        err.println("warning: " + message);
    }

    /**
     * Why the command failed, unless the run has ended otherwise already.
     *
     * @return whether it was shown
     */
    public boolean error(int exit, String message) {
        boolean first = end.claim(exit);
        if (first) {
            err.println("error: " + message);
        }
        return first;
    }
}
