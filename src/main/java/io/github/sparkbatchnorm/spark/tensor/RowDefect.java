package io.github.sparkbatchnorm.spark.tensor;

/** A reason why a row cannot be used. */
public enum RowDefect {
    NULL_SAMPLE("null in %s; expected a sample in each row, or set handleInvalid to skip or keep"),
    NULL_ELEMENT("null element in %s; expected none, or set handleInvalid to skip"),
    NULL_CHANNEL("null in %s; expected a number in each column, or set handleInvalid to skip or keep"),
    RAGGED("nested arrays of unequal lengths in %s; expected each row to be rectangular"),
    BROKEN_BYTES(
            "bytes that are no whole number of values in %s; expected whole values, or a whole image: check dtype"),
    LONG_TOO_LARGE("integers beyond 2^53 in %s; expected integers that a double holds exactly: scale or cast them"),
    NULL_BATCH("null batch in %s; expected a batch in each row"),
    OTHER_SHAPE("gradients of another shape than the values in %s; expected the same shape"),
    NON_FINITE("NaN or infinite values in %s");

    private final String message;

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
