package io.github.sparkbatchnorm.spark.tensor;

import org.jspecify.annotations.Nullable;

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
    KEEP;

    /** The defect of a row of that content; null if it has values, or is dropped or kept as it is. */
    Findings.@Nullable Defect defect(Sample.Content content) {
        return switch (content) {
            case VALUES, WRONG_SIZE -> null;
            case NULL -> this == ERROR ? Findings.Defect.NULL_SAMPLE : null;
            case NULL_ELEMENT -> this == SKIP ? null : Findings.Defect.NULL_ELEMENT;
            case NULL_CHANNEL -> this == SKIP ? null : Findings.Defect.NULL_CHANNEL;
            case RAGGED -> Findings.Defect.RAGGED;
            case BROKEN_BYTES -> Findings.Defect.BROKEN_BYTES;
            case LONG_TOO_LARGE -> Findings.Defect.LONG_TOO_LARGE;
        };
    }
}
