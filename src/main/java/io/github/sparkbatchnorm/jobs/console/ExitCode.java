package io.github.sparkbatchnorm.jobs.console;

/** The exit codes of the command line. A signal ends the process with 128 plus its number. */
public final class ExitCode {
    /** The command did what was asked. */
    public static final int DONE = 0;
    /** The data, a file or a check failed; no output and no state has changed. */
    public static final int FAILED = 1;
    /** The options are wrong. */
    public static final int USAGE = 2;

    private ExitCode() {}
}
