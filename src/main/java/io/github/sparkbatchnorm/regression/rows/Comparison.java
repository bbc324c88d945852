package io.github.sparkbatchnorm.regression.rows;

import java.io.Serializable;

/**
 * What a comparison of outputs with exact arithmetic found.
 *
 * @param rows compared, null samples included
 * @param values compared
 * @param misshapen rows whose output is null, or of another size, where the input is not
 * @param relative the largest relative difference
 * @param floats the largest distance in floats, of outputs of that type; else 0
 * @param worst the value with the largest difference, in words; empty without one
 */
public record Comparison(long rows, long values, long misshapen, double relative, long floats, String worst)
        implements Serializable {
    private static final long serialVersionUID = 1L;

    /** A comparison of nothing. */
    public static final Comparison NONE = new Comparison(0, 0, 0, 0, 0, "");

    /** {@return what this and another comparison found} */
    Comparison plus(Comparison other) {
        boolean isWorse = other.floats > floats || (other.floats == floats && other.relative > relative);
        return new Comparison(
                rows + other.rows,
                values + other.values,
                misshapen + other.misshapen,
                Math.max(relative, other.relative),
                Math.max(floats, other.floats),
                isWorse ? other.worst : worst);
    }
}
