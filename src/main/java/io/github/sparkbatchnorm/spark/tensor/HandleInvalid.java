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

    /**
     * {@return the defect of a row; null if the row has values, or is dropped or kept as it is}
     *
     * @param content what the row holds
     */
    public @Nullable RowDefect defect(RowSample.Content content) {
        return switch (content) {
            case VALUES, WRONG_SIZE -> null;
            case NULL -> this == ERROR ? RowDefect.NULL_SAMPLE : null;
            case NULL_ELEMENT -> this == SKIP ? null : RowDefect.NULL_ELEMENT;
            case NULL_CHANNEL -> this == SKIP ? null : RowDefect.NULL_CHANNEL;
            case RAGGED -> RowDefect.RAGGED;
            case BROKEN_BYTES -> RowDefect.BROKEN_BYTES;
            case LONG_TOO_LARGE -> RowDefect.LONG_TOO_LARGE;
        };
    }
}
