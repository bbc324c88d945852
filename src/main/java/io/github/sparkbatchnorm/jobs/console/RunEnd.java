package io.github.sparkbatchnorm.jobs.console;

import org.jspecify.annotations.Nullable;

/**
 * The one end of a run. Whatever ends it first says how: its own result, a signal, an error in a thread of Spark. What
 * fails after that is a consequence, and is not told.
 */
public final class RunEnd {
    private @Nullable Integer exit;
    private @Nullable String reason;
    private String changes = "nothing was changed";

    /** The run ends by itself: whether it was the first to end. */
    public boolean claim(int exitCode) {
        return claim(exitCode, null);
    }

    /**
     * Something ends the run.
     *
     * @param why null for the run itself, which tells its own result
     * @return whether it was the first
     */
    public synchronized boolean claim(int exitCode, @Nullable String why) {
        if (exit != null) {
            return false;
        }
        exit = exitCode;
        reason = why;
        return true;
    }

    /** What ended the run from outside; null if nothing did. */
    synchronized @Nullable String reason() {
        return reason;
    }

    /** The exit code of the first end. */
    public synchronized int exit() {
        return exit == null ? ExitCode.FAILED : exit;
    }

    /** What the run changed so far, as half a sentence. */
    public synchronized String changes() {
        return changes;
    }

    /** Tells what changed. */
    public synchronized void changed(String what) {
        changes = what;
    }
}
