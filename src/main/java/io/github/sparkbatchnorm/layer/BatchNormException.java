package io.github.sparkbatchnorm.layer;

/**
 * The error for data, a state or a file that cannot be used. Its message is one line for the user: what was found, what
 * was expected, what to do. Immutable, so that threads can share it.
 */
public class BatchNormException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * An error that nothing else caused.
     *
     * @param message one line for the user
     */
    public BatchNormException(String message) {
        super(message);
    }

    /**
     * An error that another one caused.
     *
     * @param message one line for the user, complete without the cause
     * @param cause for whoever looks into it
     */
    public BatchNormException(String message, Throwable cause) {
        super(message, cause);
    }
}
