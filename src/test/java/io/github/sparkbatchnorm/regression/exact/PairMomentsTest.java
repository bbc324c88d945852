package io.github.sparkbatchnorm.regression.exact;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class PairMomentsTest {
    static PairMoments of(double[] first, double[] second) {
        PairMoments.Accumulator accumulator = new PairMoments.Accumulator();
        for (int i = 0; i < first.length; i++) {
            accumulator.add(first[i], second[i]);
        }
        return accumulator.moments();
    }

    @Test
    void bothNumbersAndTheirProductsAreAddedUp() {
        PairMoments pairs = of(new double[] {1, -2, 3}, new double[] {5, 7, 0.5});
        assertThat(pairs.first().sum()).isEqualByComparingTo("2");
        assertThat(pairs.second().sum()).isEqualByComparingTo("12.5");
        assertThat(pairs.second().sumOfSquares()).isEqualByComparingTo("74.25");
        assertThat(pairs.sumOfProducts()).isEqualByComparingTo("-7.5");
        assertThat(pairs.isFinite()).isTrue();
    }

    @Test
    void aPairOfWhichANumberIsNotFiniteAddsNoProduct() {
        PairMoments pairs = of(new double[] {2, Double.NaN, 4, 8}, new double[] {3, 5, Double.POSITIVE_INFINITY, 0.5});
        assertThat(pairs.sumOfProducts()).isEqualByComparingTo("10");
        assertThat(pairs.first().count()).isEqualTo(4);
        assertThat(pairs.first().nan()).isEqualTo(1);
        assertThat(pairs.first().sum()).isEqualByComparingTo("14");
        assertThat(pairs.second().positiveInfinite()).isEqualTo(1);
        assertThat(pairs.second().sum()).isEqualByComparingTo("8.5");
        assertThat(pairs.isFinite()).isFalse();
        assertThat(of(new double[] {1}, new double[] {Double.NaN}).isFinite()).isFalse();
    }

    @Test
    void addingMomentsIsAddingPairs() {
        PairMoments both = of(new double[] {1, Double.NaN}, new double[] {2, 9})
                .plus(of(new double[] {0.1, -4}, new double[] {0.3, 1}));
        PairMoments all = of(new double[] {1, Double.NaN, 0.1, -4}, new double[] {2, 9, 0.3, 1});
        assertThat(both.first().sum()).isEqualByComparingTo(all.first().sum());
        assertThat(both.first().nan()).isEqualTo(1);
        assertThat(both.second().sumOfSquares())
                .isEqualByComparingTo(all.second().sumOfSquares());
        assertThat(both.sumOfProducts()).isEqualByComparingTo(all.sumOfProducts());
        assertThat(both.second().count()).isEqualTo(4);
    }

    @Test
    void centredProductsAreRelativeToTheMean() {
        // mean of the first numbers is 1e16 + 1, which is no double
        PairMoments pairs = of(new double[] {1e16, 1e16 + 2}, new double[] {3, 10});
        assertThat(ChannelReference.centredProducts(pairs).toDouble()).isEqualTo(7);
    }
}
