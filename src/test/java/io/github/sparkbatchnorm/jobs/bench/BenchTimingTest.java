package io.github.sparkbatchnorm.jobs.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

final class BenchTimingTest {
    @Test
    void ratiosAreMediansOfTheRoundsRatios() {
        BenchTiming ours = new BenchTiming("ours", List.of(1.0, 20.0, 3.0), 5);
        BenchTiming peer = new BenchTiming("peer", List.of(2.0, 10.0, 1.0), 5);
        assertThat(ours.median()).isEqualTo(3);
        assertThat(ours.fastest()).isEqualTo(1);
        assertThat(ours.slowest()).isEqualTo(20);
        assertThat(ours.ratioTo(peer)).isEqualTo(2);
        assertThat(ours.ratioTo(peer, ours)).isCloseTo(2.0 / 3, within(1e-15));
        assertThat(ours.then(peer)).isEqualTo(new BenchTiming("ours", List.of(1.0, 20.0, 3.0, 2.0, 10.0, 1.0), 5));
        assertThat(ours.ofRound()).isEqualTo(new BenchTiming("ours", List.of(3.0), 5));
        assertThat(new BenchTiming("even", List.of(4.0, 1.0), 0).median()).isEqualTo(2.5);
    }
}
