package io.github.sparkbatchnorm.jobs.console;

import org.jspecify.annotations.Nullable;

/**
 * The end of a run. Whatever comes first decides it: the result of the command, a signal, an error in a thread of
 * Spark. Failures after that are consequences and are not reported.
 */
public final class RunEnd {
    private @Nullable Integer exit;
    private @Nullable String reason;
    private String changes = "nothing was changed";

    /**
     * Ends the run with the command's own result.
     *
     * @return whether nothing had ended the run before
     */
    public boolean claim(int exitCode) {
        return claim(exitCode, null);
    }

    /**
     * Ends the run.
     *
     * @param why what ended the run from outside; null for the command's own result, which it reports itself
     * @return whether nothing had ended the run before
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
    public synchronized @Nullable String reason() {
        return reason;
    }

    /** The exit code that was decided first. */
    public synchronized int exit() {
        return exit == null ? ExitCode.FAILED : exit;
    }

    /** The changes that the run has made so far, as a clause of a sentence. */
    public synchronized String changes() {
        return changes;
    }

    /**
     * Records what the run has changed.
     *
     * @param what a clause of a sentence
     */
    public synchronized void changed(String what) {
        changes = what;
    }
}
