package io.github.sparkbatchnorm.jobs;

/** Options that do not fit each other or the data's columns; the message is one line for the user. */
final class UsageException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UsageException(String message) {
        super(message);
    }
}
