package io.github.sparkbatchnorm.jobs.console;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;

/**
 * The terminal of a command: results go to {@code out}, everything else to {@code err}.
 *
 * @param out standard output
 * @param err standard error
 * @param end the end of the run, shared by everything that can end it
 */
public record Console(PrintStream out, PrintStream err, RunEnd end) {

    /** A console of a run that nothing has ended yet. */
    public Console(PrintStream out, PrintStream err) {
        this(out, err, new RunEnd());
    }

    /** This console with results on standard error, which leaves standard output to something else. */
    public Console withoutOut() {
        return new Console(err, err, end);
    }

    /** Prints a result as a line {@code key: value}. */
    public void result(String key, Object value) {
        out.println(line(key, value));
    }

    /** The text of the line {@code key: value}. */
    public static String line(String key, Object value) {
        return key + ": " + value;
    }

    /** Prints how long the command took. */
    public void time(Duration elapsed) {
        double seconds = elapsed.toNanos() / 1e9;
        long minutes = elapsed.toMinutes();
        result(
                "time",
                minutes < 10
                        ? String.format(Locale.ROOT, "%.1f s", seconds)
                        : String.format(Locale.ROOT, "%d min %d s", minutes, elapsed.toSecondsPart()));
    }

    /** Prints what the user should know although the command does not fail. */
    public void warning(String message) {
        err.println("warning: " + message);
    }

    /**
     * Prints why the command failed, unless something else has ended the run already.
     *
     * @param exit the exit code
     * @return whether the message was printed
     */
    public boolean error(int exit, String message) {
        boolean first = end.claim(exit);
        if (first) {
            err.println("error: " + message);
        }
        return first;
    }
}
