package io.github.sparkbatchnorm.regression.audit;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One aggregate of one column, asked as a whole or by group.
 *
 * @param data the name of the numbers
 * @param purpose what they are and what they are for
 * @param column that holds them
 * @param rows how many rows have one: that is, not null; -1 where the rows could not be read
 * @param groups how many groups there are; 0 where the question was about the whole
 * @param function the name of the aggregate, such as {@code var_pop}
 * @param engine what Spark, or a plugin in its place, answered
 * @param ours what this library answered; null where it has no such number, as for deviations
 */
public record AuditLine(
        String data,
        String purpose,
        String column,
        long rows,
        long groups,
        String function,
        Finding engine,
        @Nullable Finding ours) {
    /**
     * {@return the lines whose engine answered more than a number of ulps beside the exact answer, or with another
     * word, and those where the answers of this library are not the exact ones}
     *
     * @param lines of an audit
     * @param maxUlps 0 or more
     */
    public static List<AuditLine> exceeding(List<AuditLine> lines, long maxUlps) {
        if (maxUlps < 0) {
            throw new IllegalArgumentException("max ulps " + maxUlps + "; expected 0 or more");
        }
        return lines.stream().filter(line -> line.exceeds(maxUlps)).toList();
    }

    private boolean exceeds(long maxUlps) {
        return engine.error().exceeds(maxUlps) || !isOursExact();
    }

    /** {@return whether the answers of this library are the exact ones, or there are none} */
    public boolean isOursExact() {
        return ours == null || ours.isExact();
    }

    /** {@return the aggregate in a few words: {@code var_pop of 1e16 by group}} */
    public String describe() {
        return function + " of " + data + (groups > 0 ? " by group" : "");
    }
}
