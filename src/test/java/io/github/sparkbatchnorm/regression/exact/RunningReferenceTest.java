package io.github.sparkbatchnorm.regression.exact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

final class RunningReferenceTest {
    private static final double INFINITY = Double.POSITIVE_INFINITY;

    private static ExactMoments batch(double... values) {
        ExactAccumulator accumulator = new ExactAccumulator();
        DoubleStream.of(values).forEach(accumulator::add);
        return accumulator.moments();
    }

    @Test
    void aNewLayerHasMeanZeroAndVarianceOne() {
        RunningReference running = new RunningReference(0.1);
        assertThat(running.mean()).isZero();
        assertThat(running.variance()).isEqualTo(1);
    }

    @Test
    void eachBatchMovesMeanAndUnbiasedVariance() {
        RunningReference running = new RunningReference(0.5);
        running.add(batch(1, 3)); // mean 2, unbiased variance 2
        assertThat(running.mean()).isEqualTo(1);
        assertThat(running.variance()).isEqualTo(1.5);
        running.add(batch(5, 9)); // 7, 8
        assertThat(running.mean()).isEqualTo(4);
        assertThat(running.variance()).isEqualTo(4.75);
        assertThat(running.meanDistance(4, 0)).isZero();
        assertThat(running.meanDistance(4, 7e-16)).isEqualTo(1e-16); // of the largest mean, 7
        assertThat(running.varianceDistance(4.75)).isZero();
        assertThat(running.varianceDistance(4.75 + 0x1p-20)).isEqualTo(0x1p-23, within(1e-11)); // of the largest, 8
    }

    @Test
    void itFollowsThePlainRecursion() {
        Random random = new Random(3);
        for (double momentum : new double[] {0, 0.1, 0.75, 1}) {
            RunningReference running = new RunningReference(momentum);
            double mean = 0;
            double variance = 1;
            for (int i = 0; i < 30; i++) {
                ExactMoments batch = batch(random.doubles(20).toArray());
                running.add(batch);
                mean = (1 - momentum) * mean + momentum * batch.mean();
                variance = (1 - momentum) * variance + momentum * batch.sampleVariance();
            }
            assertThat(running.mean()).isCloseTo(mean, within(1e-15));
            assertThat(running.variance()).isCloseTo(variance, within(1e-15));
            assertThat(running.meanDistance(mean, 0)).isLessThan(1e-14);
            assertThat(running.varianceDistance(variance)).isLessThan(1e-14);
        }
    }

    @Test
    void withoutAMomentumItIsThePlainAverage() {
        RunningReference running = new RunningReference(null);
        running.add(batch(1, 3)); // mean 2, unbiased variance 2: in place of the initial ones
        assertThat(running.meanDistance(2, 0)).isZero();
        assertThat(running.varianceDistance(2)).isZero();
        running.add(batch(5, 9)); // 7, 8
        running.add(batch(3, 3, 3)); // 3, 0
        assertThat(running.mean()).isCloseTo(4, within(1e-15));
        assertThat(running.variance()).isCloseTo(10.0 / 3, within(1e-15));
    }

    @Test
    void theLowPartCounts() {
        RunningReference running = new RunningReference(1.0);
        running.add(batch(1e16, 1e16 + 2));
        assertThat(running.meanDistance(1e16, 1)).isZero();
        assertThat(running.meanDistance(1e16, 0)).isCloseTo(1e-16, within(1e-20));
    }

    @Test
    void valuesThatAreNotFiniteStayInTheRunningStatistics() {
        RunningReference running = new RunningReference(0.5);
        running.add(batch(1, INFINITY));
        running.add(batch(1, 3));
        assertThat(running.mean()).isEqualTo(INFINITY);
        assertThat(running.variance()).isNaN();
        assertThat(running.meanDistance(INFINITY, 0)).isZero();
        assertThat(running.meanDistance(Double.NaN, 0)).isEqualTo(INFINITY);
        assertThat(running.meanDistance(1, 0)).isEqualTo(INFINITY);
        assertThat(running.varianceDistance(Double.NaN)).isZero();
        assertThat(running.varianceDistance(1)).isEqualTo(INFINITY);
        running.add(batch(1, -INFINITY));
        assertThat(running.meanDistance(Double.NaN, 0)).isZero();
    }

    @Test
    void aFiniteStatisticMustBeFinite() {
        RunningReference running = new RunningReference(0.5);
        running.add(batch(1, 3));
        assertThat(running.meanDistance(Double.NaN, 0)).isEqualTo(INFINITY);
        assertThat(running.varianceDistance(INFINITY)).isEqualTo(INFINITY);
    }

    @Test
    void ofConstantsTheVarianceGoesToZero() {
        RunningReference running = new RunningReference(null);
        running.add(batch(7, 7));
        assertThat(running.varianceDistance(0)).isZero();
        assertThat(running.varianceDistance(1e-300)).isEqualTo(INFINITY);
    }

    @Test
    void aPlainAverageForgetsTheInitialVariance() {
        RunningReference average = new RunningReference(null);
        average.add(batch(0, 2e-9)); // unbiased variance 2e-18
        assertThat(average.varianceDistance(2.2e-18)).isCloseTo(0.1, within(1e-6));
        RunningReference moved = new RunningReference(0.5);
        moved.add(batch(0, 2e-9));
        assertThat(moved.varianceDistance(0.75)).isEqualTo(0.25);
    }
}
