package io.github.sparkbatchnorm.regression.audit;

import org.jspecify.annotations.Nullable;

/**
 * An answer: a finite number, or a word.
 *
 * @param number the number; NaN where it is a word
 * @param word such as {@code NaN}, {@code -Infinity}, {@code null}, {@code missing} or {@code failed: ..}; empty where
 *     it is a number
 */
public record AuditAnswer(double number, String word) {
    /** SQL's NULL. */
    static final AuditAnswer NULL = ofWord("null");

    /** No row for a group that the data has, or one for a group that it does not have. */
    static final AuditAnswer MISSING = ofWord("missing");

    /** More than one row for a group. */
    static final AuditAnswer TWICE = ofWord("twice");

    private static final String FAILED = "failed: ";
    private static final int MAX_MESSAGE = 200;

    /** {@return an answer; NaN and infinities are words} */
    static AuditAnswer of(double value) {
        return Double.isFinite(value) ? new AuditAnswer(value, "") : ofWord(Double.toString(value));
    }

    /** {@return what a row of a result holds} */
    static AuditAnswer ofValue(@Nullable Object value) {
        if (value == null) {
            return NULL;
        }
        return value instanceof Double number
                ? of(number)
                : ofWord(value.getClass().getSimpleName() + " " + value);
    }

    /** {@return what is left of a query that ended with an error} */
    static AuditAnswer failed(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        String name = root.getClass().getSimpleName();
        String message = root.getMessage() == null
                ? name
                : name + ": " + root.getMessage().strip();
        String line = message.lines().findFirst().orElse(name);
        String cut = line.length() <= MAX_MESSAGE ? line : line.substring(0, MAX_MESSAGE - 3) + "...";
        return ofWord(FAILED + cut);
    }

    private static AuditAnswer ofWord(String word) {
        return new AuditAnswer(Double.NaN, word);
    }

    /** {@return whether it is a finite number} */
    public boolean isNumber() {
        return word.isEmpty();
    }

    /** {@return whether there was an error in place of an answer} */
    public boolean isFailure() {
        return word.startsWith(FAILED);
    }

    /** {@return the number, with the digits that tell it from all others, or the word} */
    @Override
    public String toString() {
        return isNumber() ? Double.toString(number) : word;
    }
}
