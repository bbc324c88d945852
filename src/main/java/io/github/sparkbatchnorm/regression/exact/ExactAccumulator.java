package io.github.sparkbatchnorm.regression.exact;

import java.io.Serializable;

/** Adds up numbers and their squares exactly, at a few hundred bytes for each exponent that occurs. Not thread-safe. */
public final class ExactAccumulator implements Serializable {
    private static final long serialVersionUID = 1L;

    private long count;
    private long nan;
    private long positiveInfinite;
    private long negativeInfinite;
    private double min = Double.NaN;
    private double max = Double.NaN;
    private final ExactProducts values = new ExactProducts();
    private final ExactProducts squares = new ExactProducts();

    /**
     * Adds a value.
     *
     * @param value any
     */
    public void add(double value) {
        count++;
        if (Double.isNaN(value)) {
            nan++;
            return;
        }
        min = ExactMoments.smaller(min, value);
        max = ExactMoments.larger(max, value);
        if (value == Double.POSITIVE_INFINITY) {
            positiveInfinite++;
        } else if (value == Double.NEGATIVE_INFINITY) {
            negativeInfinite++;
        } else {
            values.add(value, 1);
            squares.add(value, value);
        }
    }

    /** {@return the moments of what was added} */
    public ExactMoments moments() {
        return new ExactMoments(count, nan, positiveInfinite, negativeInfinite, values.sum(), squares.sum(), min, max);
    }
}
