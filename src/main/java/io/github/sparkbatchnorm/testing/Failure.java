package io.github.sparkbatchnorm.testing;

import org.jspecify.annotations.Nullable;

/** The errors of assertions: a line that says what is wrong, and lines with what was expected and found. */
final class Failure {
    private Failure() {}

    /** @param lines the parts of the message below the first line; null for none */
    static AssertionError of(String what, @Nullable String... lines) {
        StringBuilder message = new StringBuilder(what);
        for (String line : lines) {
            if (line != null) {
                message.append("\n  ").append(line);
            }
        }
        return new AssertionError(message);
    }

    /** Of an assertion that has no digest yet. */
    static AssertionError ofPlaceholder(String kind, @Nullable String expected, String found, String size) {
        boolean isBlank = expected == null || expected.isBlank();
        return of(
                isBlank
                        ? "no " + kind + " is expected yet; paste the one that was found"
                        : "'" + expected + "' is no " + kind
                                + "; if the data set is right, paste the one that was found",
                "found:    " + found,
                size);
    }
}
