package io.github.sparkbatchnorm.layer;

/** What NaN and infinite values do. */
public enum NonFinitePolicy {
    /** What IEEE arithmetic does, as in PyTorch: the channel's statistics and output become NaN or infinite. */
    PROPAGATE,
    /** As {@link #PROPAGATE}, but a batch with such a value changes no running statistics and is not counted. */
    SKIP_BATCH,
    /** Such values are left out of the statistics and stay what they are in the output. */
    IGNORE,
    /** Such a value fails the job. */
    FAIL
}
