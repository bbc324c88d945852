package io.github.sparkbatchnorm.jobs.console;

/** Options that fit neither each other nor the columns of the data. The message is one line for the user. */
public final class UsageException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** @param message what was found, what was expected, what to do */
    public UsageException(String message) {
        super(message);
    }
}
