package io.github.sparkbatchnorm.spark.tensor;

/** The policy for null samples and null elements, with the values of Spark ML. */
public enum HandleInvalid {
    /** Nulls fail the job. */
    ERROR,
    /** Rows with a null sample, a null element or a null in a channel column are dropped. */
    SKIP,
    /**
     * A null sample stays null; a null in a channel column stays null and out of its channel's statistics. A null
     * element of an array is an error.
     */
    KEEP
}
