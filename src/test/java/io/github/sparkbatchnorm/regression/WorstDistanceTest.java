package io.github.sparkbatchnorm.regression;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class WorstDistanceTest {
    private final WorstDistance worst = new WorstDistance();

    @Test
    void theLargestIsKeptWithItsPlace() {
        worst.add(1, "3", 0, "a");
        worst.add(2, "", 1, "b");
        worst.add(0.5, "4", 2, "c");
        assertThat(worst.place()).isEqualTo("channel 1: b");
        assertThat(worst.compared()).isEqualTo(3);
        assertThat(worst.isWithin(2)).isTrue();
        assertThat(worst.isWithin(1.9)).isFalse();
    }

    @Test
    void noNumberAfterANaNHidesIt() {
        worst.add(Double.NaN, "3", 0, "a");
        worst.add(1e-20, "3", 1, "b");
        assertThat(worst.distance()).isInfinite();
        assertThat(worst.place()).isEqualTo("batch 3, channel 0: a");
        assertThat(worst.isWithin(1e300)).isFalse();
    }

    @Test
    void nothingIsWithinNoLimit() {
        assertThat(worst.isWithin(1)).isFalse();
    }
}
