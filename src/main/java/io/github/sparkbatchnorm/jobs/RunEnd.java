package io.github.sparkbatchnorm.jobs;

import org.jspecify.annotations.Nullable;

/**
 * The one end of a run. Whatever ends it first says how: its own result, a signal, an error in a thread of Spark. What
 * fails after that is a consequence, and is not told.
 */
final class RunEnd {
    private @Nullable Integer exit;
    private @Nullable String reason;
    private String changes = "nothing was changed";

    /** The run ends by itself: whether it was the first to end. */
    boolean claim(int exitCode) {
        return claim(exitCode, null);
    }

    /**
     * Something ends the run.
     *
     * @param why null for the run itself, which tells its own result
     * @return whether it was the first
     */
    synchronized boolean claim(int exitCode, @Nullable String why) {
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
    synchronized int exit() {
        return exit == null ? Main.FAILED : exit;
    }

    /** What the run changed so far, as half a sentence. */
    synchronized String changes() {
        return changes;
    }

    /** Tells what changed. */
    synchronized void changed(String what) {
        changes = what;
    }
}
