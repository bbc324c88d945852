package io.github.sparkbatchnorm.regression;

/**
 * What a check found.
 *
 * @param name of the case and of what is checked: {@code floats/statistics}
 * @param status whether it passed
 * @param found in words
 * @param expected in words; for a skipped check, why
 */
public record Check(String name, Status status, String found, String expected) {
    /** Whether a check passed. */
    public enum Status {
        /** What was found is what was expected. */
        OK("ok"),
        /** It is not. */
        FAILED("FAILED"),
        /** It could not be checked here. */
        SKIPPED("skipped");

        private final String word;

        Status(String word) {
            this.word = word;
        }

        @Override
        public String toString() {
            return word;
        }
    }

    /** A check that compares. */
    static Check of(String name, boolean passed, String found, String expected) {
        return new Check(name, passed ? Status.OK : Status.FAILED, found, expected);
    }

    /** A check that cannot be made. */
    static Check skipped(String name, String reason) {
        return new Check(name, Status.SKIPPED, "", reason);
    }

    @Override
    public String toString() {
        return status == Status.SKIPPED
                ? status + " " + name + ": " + expected
                : status + " " + name + ": found " + found + "; expected " + expected;
    }
}
