package io.github.sparkbatchnorm.regression.exact;

import java.io.Serializable;
import java.math.BigDecimal;

/**
 * The exact sums of pairs of numbers, such as a value and its gradient. Pairs of which a number is not finite add
 * nothing to the sum of products.
 *
 * @param first the moments of the first numbers
 * @param second the moments of the second numbers
 * @param sumOfProducts the sum of first * second
 */
public record PairMoments(ExactMoments first, ExactMoments second, BigDecimal sumOfProducts) implements Serializable {
    private static final long serialVersionUID = 1L;

    /**
     * {@return the moments of these pairs and others}
     *
     * @param others of any number of pairs
     */
    public PairMoments plus(PairMoments others) {
        return new PairMoments(
                first.plus(others.first), second.plus(others.second), sumOfProducts.add(others.sumOfProducts));
    }

    /** {@return whether all numbers are finite} */
    public boolean isFinite() {
        return first.isFinite() && second.isFinite();
    }

    /** Adds up pairs. Not thread-safe. */
    public static final class Accumulator implements Serializable {
        private static final long serialVersionUID = 1L;

        private final ExactAccumulator first = new ExactAccumulator();
        private final ExactAccumulator second = new ExactAccumulator();
        private final ExactProducts products = new ExactProducts();

        /**
         * Adds a pair.
         *
         * @param a any
         * @param b any
         */
        public void add(double a, double b) {
            first.add(a);
            second.add(b);
            if (Double.isFinite(a) && Double.isFinite(b)) {
                products.add(a, b);
            }
        }

        /** {@return the moments of what was added} */
        public PairMoments moments() {
            return new PairMoments(first.moments(), second.moments(), products.sum());
        }
    }
}
