package io.github.sparkbatchnorm.regression.audit;

import java.util.Locale;

/**
 * How far an answer is from the exact one, rounded to double.
 *
 * @param ulps how many doubles further it is, {@link Long#MAX_VALUE} if there are more; 0 where it is a word
 * @param word what the answer is where no number of ulps tells it: {@code NaN}, {@code Infinity}, {@code null},
 *     {@code negative}, {@code missing}, {@code failed}, or {@code number} where a word is exact; else empty
 */
public record AuditError(long ulps, String word) {
    static final AuditError NONE = new AuditError(0, "");

    private static final long MANY = 1_000_000;

    /**
     * Compares an answer with the exact one.
     *
     * @param spread whether an answer below 0 is wrong whatever the distance
     */
    static AuditError of(AuditAnswer found, AuditAnswer exact, boolean spread) {
        if (found.isFailure()) {
            return new AuditError(0, "failed");
        }
        if (found.isNumber() && exact.isNumber()) {
            return spread && found.number() < 0
                    ? new AuditError(0, "negative")
                    : new AuditError(ulpsBetween(found.number(), exact.number()), "");
        }
        if (found.equals(exact)) {
            return NONE;
        }
        return new AuditError(0, found.isNumber() ? "number" : found.word());
    }

    /**
     * How many doubles lie between two finite numbers, the second one included; 0.0 and -0.0 are one of them.
     *
     * @return {@link Long#MAX_VALUE} if there are more
     */
    static long ulpsBetween(double a, double b) {
        long from = place(a);
        long to = place(b);
        if ((from < 0) == (to < 0)) {
            return Math.abs(from - to);
        }
        long acrossZero = Math.abs(from) + Math.abs(to);
        return acrossZero < 0 ? Long.MAX_VALUE : acrossZero;
    }

    /** The place of a finite number among all in ascending order, where that of 0 is 0. */
    private static long place(double value) {
        long bits = Double.doubleToRawLongBits(value);
        return bits >= 0 ? bits : -(bits & Long.MAX_VALUE);
    }

    /** {@return whether the answer is the exact one} */
    public boolean isNone() {
        return equals(NONE);
    }

    /**
     * {@return whether it is more than a number of ulps, as every word is}
     *
     * @param maxUlps 0 or more
     */
    public boolean exceeds(long maxUlps) {
        return !word.isEmpty() || ulps > maxUlps;
    }

    /** Whether it is worse than another; words are worst. */
    boolean isWorseThan(AuditError other) {
        return other.word.isEmpty() && (!word.isEmpty() || ulps > other.ulps);
    }

    /** {@return the number of ulps, with two digits where it is large, or the word} */
    @Override
    public String toString() {
        if (!word.isEmpty()) {
            return word;
        }
        return ulps < MANY ? Long.toString(ulps) : String.format(Locale.ROOT, "%.1e", (double) ulps);
    }
}
