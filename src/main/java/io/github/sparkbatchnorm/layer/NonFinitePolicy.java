package io.github.sparkbatchnorm.layer;

/** The ways to treat NaN and infinite values. Where this says "not finite", it means both. */
public enum NonFinitePolicy {
    /** IEEE arithmetic, as in PyTorch: the channel's statistics and output become NaN or infinite. */
    PROPAGATE,
    /**
     * IEEE arithmetic for statistics and output; but a batch with a value that is not finite changes no running
     * statistics and is not counted.
     */
    SKIP_BATCH,
    /**
     * Values that are not finite are left out of the statistics and stay what they are in the output. In the backward
     * pass a pair of x and dy with such a value is left out of the sums and has dx 0; a finite x with a dy that is not
     * finite still counts as one of the batch's n values.
     */
    IGNORE,
    /** A value that is not finite fails the pass that first reads it. */
    FAIL
}
