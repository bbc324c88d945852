package io.github.sparkbatchnorm.regression.exact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.math.BigDecimal;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class ChannelReferenceTest {
    private static final double INFINITY = Double.POSITIVE_INFINITY;

    private static ChannelReference training(double weight, double bias, double eps, double... x) {
        return ChannelReference.training(PairMomentsTest.of(x, x).first(), weight, bias, eps);
    }

    private static ChannelReference training(double[] x, double[] dy, double weight, double eps) {
        return ChannelReference.training(PairMomentsTest.of(x, dy), weight, 0.5, eps);
    }

    private static double y(ChannelReference reference, double x) {
        return reference.compareOutput(x, 0).expected();
    }

    private static double dx(ChannelReference reference, double x, double dy) {
        return reference.compareGradient(x, dy, 0).expected();
    }

    @Test
    void outputsOfTrainingAreThoseOfTheFormula() {
        ChannelReference plain = training(2, 5, 0, 1, 3); // mean 2, variance 1
        assertThat(y(plain, 1)).isEqualTo(3);
        assertThat(y(plain, 3)).isEqualTo(7);
        assertThat(y(plain, 2)).isEqualTo(5);
        ChannelReference wider = training(-2, 5, 3, 1, 3); // the root is 2
        assertThat(y(wider, 1)).isEqualTo(6);
        assertThat(y(wider, 4)).isEqualTo(3);
    }

    @Test
    void distancesAreRelativeToTheLargerOfScaledValueAndBias() {
        ChannelReference reference = training(2, 8, 0, 1, 3);
        assertThat(reference.compareOutput(3, 10).relative()).isZero();
        assertThat(reference.compareOutput(3, 12).relative()).isEqualTo(0.25); // of the bias
        assertThat(reference.compareOutput(11, 26).relative()).isZero();
        assertThat(reference.compareOutput(11, 17).relative()).isEqualTo(0.5); // of the scaled value, 18
        assertThat(reference.compareOutput(3, Math.nextUp(10f)).floats()).isEqualTo(1);
    }

    @Test
    void theMeanNeedNotBeADouble() {
        ChannelReference reference = training(1, 0, 0, 1e16, 1e16 + 2); // mean 1e16 + 1
        assertThat(y(reference, 1e16)).isEqualTo(-1);
        assertThat(y(reference, 1e16 + 2)).isEqualTo(1);
        ChannelReference thirds = training(1, 0, 0, 1e15, 1e15, 1e15 + 1); // mean 1e15 + 1/3, variance 2/9
        assertThat(y(thirds, 1e15)).isCloseTo(-Math.sqrt(0.5), within(1e-16));
    }

    @Test
    void constantsGiveTheBias() {
        for (double eps : new double[] {0, 1e-5}) {
            assertThat(y(training(3, -0.25, eps, 0.1, 0.1, 0.1), 0.1)).isEqualTo(-0.25);
        }
        double[] x = {7, 7};
        ChannelReference reference = training(x, new double[] {2, 6}, 3, 0);
        assertThat(reference.compareGradient(7, 2, 0).relative()).isZero();
        assertThat(reference.compareGradient(7, 2, 1).relative()).isEqualTo(INFINITY);
        assertThat(dx(training(x, new double[] {2, 6}, 3, 4), 7, 2)).isEqualTo(-3); // 3/2 * (2 - 4)
    }

    @Test
    void valuesWhoseSquaresAreNoDoublesAreExact() {
        assertThat(y(training(1, 0, 0, -1e300, 1e300), 1e300)).isEqualTo(1);
        assertThat(y(training(1, 0, 0, -Double.MIN_VALUE, Double.MIN_VALUE), Double.MIN_VALUE))
                .isEqualTo(1);
    }

    @Test
    void gradientsOfTrainingAreThoseOfTheFormula() {
        double[] x = {1, 3}; // mean 2, variance 1
        double[] dy = {2, 8}; // mean 5, sum(dy * (x - mean)) = 6
        // dx = 2 / 2 * (dy - 5 - (x - 2) * 6 / (2 * 4))
        ChannelReference reference = training(x, dy, 2, 3);
        assertThat(dx(reference, 1, 2)).isEqualTo(-2.25);
        assertThat(dx(reference, 3, 8)).isEqualTo(2.25);
        assertThat(reference.compareGradient(3, 8, 2.25).relative()).isZero();
        assertThat(reference.compareGradient(3, 8, 6.25).relative()).isEqualTo(0.5); // of the largest term, 8
    }

    @Test
    void gradientsOfTrainingAreTheDifferencesOfOutputs() {
        Random random = new Random(17);
        double[] x = random.doubles(6, -1, 2).toArray();
        double[] dy = random.doubles(6, -3, 3).toArray();
        double weight = 1.7;
        double step = 0x1p-14;
        for (double eps : new double[] {0, 0.3}) {
            ChannelReference reference = training(x, dy, weight, eps);
            for (int i = 0; i < x.length; i++) {
                double difference =
                        (loss(x, dy, i, step, weight, eps) - loss(x, dy, i, -step, weight, eps)) / (2 * step);
                assertThat(dx(reference, x[i], dy[i])).isCloseTo(difference, within(1e-7));
            }
        }
    }

    /** sum(dy * y), with a value moved by a step. */
    private static double loss(double[] x, double[] dy, int moved, double step, double weight, double eps) {
        double[] changed = x.clone();
        changed[moved] += step;
        ChannelReference reference = training(changed, dy, weight, eps);
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            sum += dy[i] * y(reference, changed[i]);
        }
        return sum;
    }

    @Test
    void evaluationScalesByTheRunningStatistics() {
        BigDecimal mean = new BigDecimal(1e16).add(BigDecimal.ONE); // with its low part
        ChannelReference reference = ChannelReference.evaluation(mean, 3, 4, -1, 1);
        assertThat(y(reference, 1e16 + 2)).isEqualTo(1);
        assertThat(dx(reference, 1e16 + 2, 0.75)).isEqualTo(1.5);
        assertThat(reference.compareGradient(1e16, 0.75, 1.6).relative()).isCloseTo(1.0 / 15, within(1e-6));
    }

    @Test
    void evaluationWithoutAnySpreadIsNotFinite() {
        ChannelReference reference = ChannelReference.evaluation(BigDecimal.ONE, 0, 2, 5, 0);
        for (double found : new double[] {Double.NaN, INFINITY, -INFINITY}) {
            assertThat(reference.compareOutput(1, found).relative()).isZero();
            assertThat(reference.compareGradient(1, 1, found).relative()).isZero();
        }
        assertThat(reference.compareOutput(1, 5).relative()).isEqualTo(INFINITY);
        assertThat(reference.compareGradient(1, 1, 0).relative()).isEqualTo(INFINITY);
    }

    @Test
    void aValueThatIsNotFiniteMakesAllOutputsOfTrainingNaN() {
        for (double special : new double[] {Double.NaN, INFINITY, -INFINITY}) {
            ChannelReference reference = training(new double[] {1, special}, new double[] {1, 2}, 1, 1);
            for (double x : new double[] {1, special}) {
                assertThat(reference.compareOutput(x, Double.NaN).relative()).isZero();
                assertThat(reference.compareOutput(x, 1).relative()).isEqualTo(INFINITY);
                assertThat(reference.compareGradient(x, 1, Double.NaN).relative())
                        .isZero();
                assertThat(reference.compareGradient(x, 1, 1).relative()).isEqualTo(INFINITY);
            }
        }
    }

    @Test
    void aGradientThatIsNotFiniteLeavesTheOutputs() {
        double[] x = {1, 3};
        ChannelReference reference = training(x, new double[] {INFINITY, 2}, 1, 0);
        assertThat(y(reference, 3)).isEqualTo(1.5);
        assertThat(reference.compareGradient(3, 2, Double.NaN).relative()).isZero();
        assertThat(reference.compareGradient(1, INFINITY, -INFINITY).relative()).isZero();
        assertThat(reference.compareGradient(3, 2, 1).relative()).isEqualTo(INFINITY);
    }

    @Test
    void inEvaluationEachValueStandsForItself() {
        ChannelReference reference = ChannelReference.evaluation(BigDecimal.ONE, 4, -2, 5, 0);
        assertThat(y(reference, INFINITY)).isEqualTo(-INFINITY);
        assertThat(y(reference, Double.NaN)).isNaN();
        assertThat(y(reference, 3)).isEqualTo(3);
        assertThat(dx(reference, INFINITY, 1)).isEqualTo(-1);
        assertThat(dx(reference, 1, -INFINITY)).isEqualTo(INFINITY);
        assertThat(y(ChannelReference.evaluation(BigDecimal.ONE, 4, 0, 5, 0), INFINITY))
                .isNaN();
    }

    @Test
    void runningStatisticsThatAreNotFiniteGiveNaN() {
        ChannelReference noMean = ChannelReference.evaluation(null, 4, 1, 0, 0);
        ChannelReference noVariance = ChannelReference.evaluation(BigDecimal.ONE, Double.NaN, 1, 0, 0);
        for (ChannelReference reference : new ChannelReference[] {noMean, noVariance}) {
            assertThat(reference.compareOutput(1, Double.NaN).relative()).isZero();
            assertThat(reference.compareOutput(1, 0).relative()).isEqualTo(INFINITY);
        }
    }
}
