package io.github.sparkbatchnorm.layer;

/** What NaN and infinite values do. */
public enum NonFinitePolicy {
    /** What IEEE arithmetic does, as in PyTorch: the channel's statistics and output become NaN or infinite. */
    PROPAGATE,
    /** As {@link #PROPAGATE}, but a batch with such a value changes no running statistics and is not counted. */
    SKIP_BATCH,
    /**
     * Such values are left out of the statistics and stay what they are in the output. In the backward pass a pair with
     * one is left out of the sums and has dx 0; a finite x whose dy is not stays one of the batch's n values.
     */
    IGNORE,
    /** Such a value fails the job. */
    FAIL
}
