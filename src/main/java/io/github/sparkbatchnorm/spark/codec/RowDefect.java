package io.github.sparkbatchnorm.spark.codec;

import io.github.sparkbatchnorm.spark.tensor.HandleInvalid;
import org.jspecify.annotations.Nullable;

/** A reason why a row cannot be used. */
public enum RowDefect {
    /** The sample is null, and nulls are errors. */
    NULL_SAMPLE("null in %s; expected a sample in each row, or set handleInvalid to skip or keep"),
    /** An array has a null element, and such rows are not skipped. */
    NULL_ELEMENT("null element in %s; expected none, or set handleInvalid to skip"),
    /** A channel column is null, and nulls are errors. */
    NULL_CHANNEL("null in %s; expected a number in each column, or set handleInvalid to skip or keep"),
    /** Nested arrays of one axis differ in length. */
    RAGGED("nested arrays of unequal lengths in %s; expected each row to be rectangular"),
    /** The bytes are not a whole number of values, or not those of a whole image. */
    BROKEN_BYTES(
            "bytes that are no whole number of values in %s; expected whole values, or a whole image: check dtype"),
    /** A long is beyond 2^53, where a double may not hold it exactly. */
    LONG_TOO_LARGE("integers beyond 2^53 in %s; expected integers that a double holds exactly: scale or cast them"),
    /** The batch column is null. */
    NULL_BATCH("null batch in %s; expected a batch in each row: fill or filter them"),
    /** The gradients do not have the shape of the values. */
    OTHER_SHAPE("gradients of another shape than the values in %s; expected the same shape"),
    /** A value is NaN or infinite. */
    NON_FINITE("NaN or infinite values in %s");

    private final String message;

    /**
     * {@return the defect of a row; null if the row has values, or is dropped or kept as it is}
     *
     * @param content what the row holds
     * @param policy for nulls
     */
    public static @Nullable RowDefect of(RowSample.Content content, HandleInvalid policy) {
        return switch (content) {
            case VALUES, WRONG_SIZE -> null;
            case NULL -> policy == HandleInvalid.ERROR ? NULL_SAMPLE : null;
            case NULL_ELEMENT -> policy == HandleInvalid.SKIP ? null : NULL_ELEMENT;
            case NULL_CHANNEL -> policy == HandleInvalid.SKIP ? null : NULL_CHANNEL;
            case RAGGED -> RAGGED;
            case BROKEN_BYTES -> BROKEN_BYTES;
            case LONG_TOO_LARGE -> LONG_TOO_LARGE;
        };
    }

    RowDefect(String message) {
        this.message = message;
    }

    /**
     * Says what is wrong, what was expected, and what to do.
     *
     * @param rows the rows in words, such as {@code 2 rows, e.g. id=17}
     * @return a part of a sentence
     */
    public String describe(Object rows) {
        return String.format(message, rows);
    }
}
