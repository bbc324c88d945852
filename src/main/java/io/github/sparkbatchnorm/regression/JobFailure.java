package io.github.sparkbatchnorm.regression;

/** A job of a check that ended with an error. */
final class JobFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    JobFailure(String message) {
        super(message);
    }
}
