package io.github.sparkbatchnorm.sql.tensor;

import io.github.sparkbatchnorm.layer.BatchNormException;
import java.util.List;
import java.util.Map;

/** Rewords the library's messages for SQL: the library names settings where a query has an argument {@code spec}. */
final class SpecWords {
    /** What the library asks for, and what a query can do; longer texts before their parts. */
    private static final List<Map.Entry<String, String>> WORDS = List.of(
            Map.entry(
                    "expected none, or set handleInvalid to skip",
                    "expected none: leave such rows out, or give a struct of numbers, whose null fields are left out of"
                            + " their channels"),
            Map.entry(", or set handleInvalid to skip or keep", ""),
            Map.entry(", or set handleInvalid to skip", ""),
            Map.entry("or set channelColumns for numeric columns", "or a struct of numbers"),
            Map.entry("not a moments record: ", "no result of moments_agg, which is expected: "),
            Map.entry("the data lacks", "x lacks"),
            Map.entry("unset shape", "leave the shape out of spec"),
            Map.entry("set shape", "give a shape in spec"),
            Map.entry("unset dtype", "leave the type out of spec"),
            Map.entry("check dtype", "check the type in spec"));

    private SpecWords() {}

    /** The message of a failure, in the words of SQL. */
    static String of(Exception failure) {
        String message = String.valueOf(failure.getMessage());
        for (Map.Entry<String, String> words : WORDS) {
            message = message.replace(words.getKey(), words.getValue());
        }
        return message;
    }

    /**
     * The error of a call: in the words of SQL, with the name of the function first, since a query may call several.
     *
     * @param failure of the library, for data that it cannot use
     */
    static BatchNormException ofCall(String function, RuntimeException failure) {
        return new BatchNormException(function + ": " + of(failure), failure);
    }
}
