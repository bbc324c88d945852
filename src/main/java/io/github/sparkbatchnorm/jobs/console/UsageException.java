package io.github.sparkbatchnorm.jobs.console;

/** Options that do not fit each other or the data's columns; the message is one line for the user. */
public final class UsageException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public UsageException(String message) {
        super(message);
    }
}
