package io.github.sparkbatchnorm.layer;

/**
 * Data, a state or a file that cannot be used. The message is one line for the user: what was found, what was expected,
 * what to do.
 */
public class BatchNormException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public BatchNormException(String message) {
        super(message);
    }

    public BatchNormException(String message, Throwable cause) {
        super(message, cause);
    }
}
