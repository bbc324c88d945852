package io.github.sparkbatchnorm.layer;

import static io.github.sparkbatchnorm.layer.LayerTesting.batch;
import static io.github.sparkbatchnorm.layer.LayerTesting.evaluated;
import static io.github.sparkbatchnorm.layer.LayerTesting.layer;
import static io.github.sparkbatchnorm.layer.LayerTesting.values;
import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The form {@code y = scale * x + shift} beside exact arithmetic. */
class ScaleAndShiftTest {
    private static final double INFINITY = Double.POSITIVE_INFINITY;
    private static final MathContext DIGITS = new MathContext(60);

    private static ChannelTransform evaluation(BatchNormState state) {
        return ChannelTransform.ofRunning(state, NonFinitePolicy.PROPAGATE);
    }

    private static BigDecimal exact(double value) {
        return new BigDecimal(value);
    }

    /** {@code (x - mean) * scale + bias} of a running mean in two parts. */
    private static BigDecimal exactY(double x, BatchNormState state, double scale) {
        BigDecimal mean = exact(state.runningMean()[0]).add(exact(state.runningMeanLow()[0]));
        return exact(x).subtract(mean).multiply(exact(scale)).add(exact(state.bias(0)));
    }

    @Test
    void shiftIsRoundedOnceAtAnyMagnitude() {
        Random random = new Random(11);
        int lowCounts = 0;
        for (int i = 0; i < 2000; i++) {
            double mean = Math.scalb(random.nextGaussian(), random.nextInt(200) - 100);
            double low = Math.ulp(mean) * (random.nextDouble() - 0.5) * 0.99;
            double var = Math.scalb(1 + random.nextDouble(), random.nextInt(100) - 50);
            double weight = Math.scalb(random.nextGaussian(), random.nextInt(20) - 10);
            double cancelling = mean * weight / Math.sqrt(var) * (1 + random.nextInt(5) * 0x1p-52);
            double bias = i % 2 == 0 ? cancelling : random.nextGaussian();
            BatchNormState state = evaluated(0, weight, bias, mean, var).withRunningMeanLow(values(low));
            double scale = evaluation(state).scale()[0];
            double shift = evaluation(state).shift()[0];
            BigDecimal expected = exactY(0, state, scale);
            // No double is nearer.
            BigDecimal error = exact(shift).subtract(expected).abs();
            assertThat(error)
                    .isLessThanOrEqualTo(
                            exact(Math.nextUp(shift)).subtract(expected).abs());
            assertThat(error)
                    .isLessThanOrEqualTo(
                            exact(Math.nextDown(shift)).subtract(expected).abs());
            lowCounts += shift
                            == exactY(0, evaluated(0, weight, bias, mean, var), scale)
                                    .doubleValue()
                    ? 0
                    : 1;
        }
        assertThat(lowCounts)
                .describedAs("shifts that the low part of the mean changes")
                .isGreaterThan(500);
    }

    @Test
    void scaleIsNearWeightByTheStandardDeviation() {
        Random random = new Random(12);
        for (int i = 0; i < 500; i++) {
            double weight = random.nextGaussian();
            double var = Math.scalb(1 + random.nextDouble(), random.nextInt(600) - 300);
            double scale = evaluation(evaluated(1e-5, weight, 0, 0, var)).scale()[0];
            BigDecimal expected =
                    exact(weight).divide(exact(var).add(exact(1e-5)).sqrt(DIGITS), DIGITS);
            // Rounded: the sum, whose error is halved, the root, its inverse and the product.
            assertThat(exact(scale).subtract(expected).abs())
                    .isLessThanOrEqualTo(expected.abs().multiply(exact(3.6 * 0x1p-53)));
        }
    }

    @Test
    void yIsWithinTheStatedError() {
        Random random = new Random(13);
        double farthest = 0;
        for (int i = 0; i < 2000; i++) {
            double mean = Math.pow(10, random.nextInt(13)) * random.nextGaussian();
            BatchNormState state =
                    evaluated(1e-5, random.nextGaussian(), random.nextGaussian(), mean, 0.1 + random.nextDouble());
            double scale = evaluation(state).scale()[0];
            double shift = evaluation(state).shift()[0];
            double x = mean + random.nextGaussian();
            double y = scale * x + shift;
            double error = exact(y).subtract(exactY(x, state, scale)).abs().doubleValue();
            assertThat(error).isLessThanOrEqualTo(1.2e-16 * (Math.abs(scale * x) + Math.abs(shift) + Math.abs(y)));
            farthest = Math.max(farthest, error);
        }
        // What the class comment warns of: the direct form is within 1e-13 here.
        assertThat(farthest).isGreaterThan(1e-5);
    }

    @Test
    void aConstantChannelOfABatchIsItsBias() {
        ChannelTransform transform = ChannelTransform.ofBatch(
                batch(values(5, 5)), layer(0, values(2), values(7)), NonFinitePolicy.PROPAGATE);
        assertThat(transform.scale()).containsExactly(0);
        assertThat(transform.shift()).containsExactly(7);
    }

    @Test
    void aLayerThatIsNotAffineHasWeight1AndBias0() {
        BatchNormState state = BatchNormState.of(
                new BatchNormConfig(0, 0.1, false, true), 2, null, null, values(3, -8), values(4, 16), 1);
        assertThat(evaluation(state).scale()).containsExactly(0.5, 0.25);
        assertThat(evaluation(state).shift()).containsExactly(-1.5, 2);
    }

    @Test
    void whatIsNotFiniteOrOutOfRangeIsWhatIeeeSays() {
        assertThat(evaluation(evaluated(0, 2, 1, 3, 0)).scale()).containsExactly(INFINITY);
        assertThat(evaluation(evaluated(0, 2, 1, 3, 0)).shift()).containsExactly(-INFINITY);
        assertThat(evaluation(evaluated(0, 2, 1, 0, 0)).shift()).containsExactly(Double.NaN);
        assertThat(evaluation(evaluated(0, 2, 1, -INFINITY, 4)).shift()).containsExactly(INFINITY);
        assertThat(evaluation(evaluated(0, Double.NaN, 1, 3, 4)).scale()).containsExactly(Double.NaN);
        assertThat(evaluation(evaluated(0, Double.NaN, 1, 3, 4)).shift()).containsExactly(Double.NaN);
        // The product is out of range, though apply multiplies by its factors one after the other.
        assertThat(evaluation(evaluated(0, 1e200, 0, 1, 1e-300)).scale()).containsExactly(INFINITY);
        assertThat(evaluation(evaluated(0, 1e-310, 0, 1, 1)).scale()).containsExactly(1e-310);
        assertThat(evaluation(evaluated(0, 1e300, 0, 1e300, 1)).shift()).containsExactly(-INFINITY);
    }

    @Test
    void theArraysAreCopies() {
        ChannelTransform transform = evaluation(evaluated(0, 2, 1, 3, 4));
        transform.scale()[0] = 5;
        transform.shift()[0] = 5;
        assertThat(transform.scale()).containsExactly(1);
        assertThat(transform.shift()).containsExactly(-2);
        assertThat(transform.apply(0, 7)).isEqualTo(5);
    }
}
