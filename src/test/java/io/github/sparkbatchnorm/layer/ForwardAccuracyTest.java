package io.github.sparkbatchnorm.layer;

import static io.github.sparkbatchnorm.layer.LayerTesting.batch;
import static io.github.sparkbatchnorm.layer.LayerTesting.layer;
import static io.github.sparkbatchnorm.layer.LayerTesting.toFloats;
import static io.github.sparkbatchnorm.layer.LayerTesting.values;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.golden.GoldenTorch;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** y against exact arithmetic. */
class ForwardAccuracyTest {
    /** What semantics promise; a few roundings of 1.1e-16 each are what there is. */
    private static final double TOLERANCE = 1e-13;

    private static void assertClose(double y, BigDecimal exact, double bias) {
        BigDecimal magnitude = exact.subtract(new BigDecimal(bias)).abs().max(new BigDecimal(bias).abs());
        BigDecimal error = new BigDecimal(y).subtract(exact).abs();
        assertThat(error.compareTo(magnitude.multiply(new BigDecimal(TOLERANCE))) <= 0)
                .withFailMessage(() -> "y is " + y + ", exactly " + exact.doubleValue() + "; bias " + bias)
                .isTrue();
    }

    private static void assertExact(double[] x, double eps, double weight, double bias) {
        ChannelTransform transform =
                ChannelTransform.ofBatch(batch(x), layer(eps, values(weight), values(bias)), NonFinitePolicy.PROPAGATE);
        BigDecimal mean = LayerTesting.mean(x);
        BigDecimal var = LayerTesting.populationVariance(x);
        for (double v : x) {
            assertClose(transform.apply(0, v), LayerTesting.normalized(v, mean, var, eps, weight, bias), bias);
        }
        assertEvaluationIsExact(x, mean, eps, weight, bias);
    }

    /** Evaluation with the running statistics of this batch alone: the same mean, with the variance of the state. */
    private static void assertEvaluationIsExact(double[] x, BigDecimal mean, double eps, double weight, double bias) {
        BatchNormState fitted = BatchNormState.of(
                        new BatchNormConfig(eps, null, true, true),
                        1,
                        values(weight),
                        values(bias),
                        values(0),
                        values(1),
                        0)
                .afterBatches(List.of(batch(x)), NonFinitePolicy.PROPAGATE);
        double[] var = fitted.runningVar();
        if (x.length < 2 || var == null || var[0] + eps < Double.MIN_NORMAL) {
            return;
        }
        ChannelTransform transform = ChannelTransform.ofRunning(fitted, NonFinitePolicy.PROPAGATE);
        BigDecimal variance = new BigDecimal(var[0]);
        for (double v : x) {
            assertClose(transform.apply(0, v), LayerTesting.normalized(v, mean, variance, eps, weight, bias), bias);
        }
    }

    @Property(tries = 500)
    void isExactHoweverLargeTheMeanIsBesideTheSpread(
            @ForAll long seed,
            @ForAll @DoubleRange(max = 12) double ratio,
            @ForAll @IntRange(min = -140, max = 138) int magnitude) {
        Random random = new Random(seed);
        int n = 2 + random.nextInt(40);
        boolean single = random.nextBoolean();
        double std = single ? 1 : Math.pow(10, magnitude);
        double mean = std * Math.pow(10, ratio);
        double[] x = random.doubles(n).map(u -> (u - 0.5) * std + mean).toArray();
        if (single) {
            x = Arrays.stream(x).map(v -> (float) v).toArray();
        }
        double eps =
                random.nextBoolean() ? 1e-5 : LayerTesting.populationVariance(x).signum() == 0 ? 1e-3 : 0;
        assertExact(x, eps, random.nextGaussian(), random.nextInt(3) * random.nextGaussian());
    }

    @Property(tries = 500)
    void isExactForAnyWeightBiasAndEps(
            @ForAll long seed,
            @ForAll @IntRange(min = -150, max = 150) int std,
            @ForAll @IntRange(min = -300, max = 300) int eps,
            @ForAll @IntRange(min = -290, max = 290) int weight,
            @ForAll @IntRange(min = -150, max = 150) int bias) {
        Random random = new Random(seed);
        double[] x = random.doubles(2 + random.nextInt(20))
                .map(u -> (u + 1000) * Math.pow(10, std))
                .toArray();
        // Where eps is the larger, y is about weight * std / sqrt(eps): 1e-250 or more, so that it has all its digits.
        int largestEps = 2 * (std + weight) + 500;
        double sign = random.nextBoolean() ? 1 : -1;
        assertExact(
                x,
                Math.pow(10, Math.min(eps, largestEps)),
                sign * (1 + random.nextDouble()) * Math.pow(10, weight),
                random.nextInt(3) == 0 ? 0 : random.nextGaussian() * Math.pow(10, bias));
    }

    @ParameterizedTest
    @MethodSource("io.github.sparkbatchnorm.golden.GoldenTorch#cases")
    void batchesOfTorchAreExactBeyondItsOwnRounding(GoldenTorch.Case torch) {
        BatchNormState state = torch.initial();
        for (GoldenTorch.Step step : torch.steps()) {
            for (int c = 0; c < state.numFeatures(); c++) {
                double[] x = torch.valuesOf(c, step.x());
                if (Arrays.stream(x).allMatch(Double::isFinite)) {
                    assertExact(x, state.config().eps(), state.weight(c), state.bias(c));
                }
            }
        }
    }

    /** NIST's NumAcc1 to NumAcc4, each decimal as the nearest double. */
    @Test
    void nistNumericalAccuracySetsAreExact() {
        assertExact(values(10000001, 10000003, 10000002), 0, 1, 0);
        for (double center : new double[] {1.2, 1000000.2, 10000000.2}) {
            double[] x = new double[1001];
            x[0] = center;
            for (int i = 1; i < x.length; i++) {
                x[i] = BigDecimal.valueOf(center)
                        .add(new BigDecimal(i % 2 == 1 ? "-0.1" : "0.1"))
                        .doubleValue();
            }
            assertExact(x, 0, 1, 0);
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {1e8, 1e10, 1e12, -1e12})
    void valuesAndMeanThatAlmostCancelAreExact(double mean) {
        double ulp = Math.ulp(mean);
        assertExact(values(mean, mean + ulp, mean + ulp, mean - 2 * ulp, mean), 0, 1, 0);
        assertExact(values(mean, mean + ulp, mean), 1e-5, -3, 0);
    }

    static List<SampleShape> shapesOfEight() {
        return List.of(
                SampleShape.channelsFirst(1, 8), SampleShape.channelsLast(8, 1), SampleShape.channelsFirst(1, 2, 2, 2));
    }

    @ParameterizedTest
    @MethodSource("shapesOfEight")
    void valueAtTheRoundedMeanIsNormalizedByWhatRoundingTook(SampleShape shape) {
        double[] x = {1024, -1024, 3, 1, 2, 1, 1, 0x1p-60}; // the mean is 1 + 2^-63
        ChannelTransform transform =
                ChannelTransform.ofBatch(batch(x), layer(0, values(1), values(0)), NonFinitePolicy.PROPAGATE);
        BigDecimal var = LayerTesting.populationVariance(x);
        BigDecimal exact = LayerTesting.normalized(1, LayerTesting.mean(x), var, 0, 1, 0);
        assertClose(transform.apply(x, shape)[3], exact, 0);
        assertThat(transform.apply(toFloats(x), shape)[3]).isEqualTo(exact.floatValue());
        assertClose(transform.apply(values(1), SampleShape.channelsFirst(1))[0], exact, 0);
        assertThat(transform.apply(new float[] {1}, SampleShape.channelsFirst(1))[0])
                .isEqualTo(exact.floatValue());
    }

    @ParameterizedTest
    @ValueSource(doubles = {1e-300, 1e-160, 1e-100, 1e100, 1e200, 1e300})
    void weightMayBeOfAnyMagnitude(double weight) {
        double[] small = {1e-150, 2e-150, 4e-150};
        double[] large = {1e150, 2e150, 4e150};
        assertExact(small, 0, weight, 0);
        assertExact(large, 1e-5, -weight, 0);
        assertExact(large, 1e-5, weight, weight / 3);
    }

    @Property(tries = 400)
    void runningStatisticsGiveTheFormula(
            @ForAll @DoubleRange(min = -1e6, max = 1e6) double x,
            @ForAll @DoubleRange(min = -1e6, max = 1e6) double mean,
            @ForAll @DoubleRange(min = 0, max = 1e12) double var) {
        BatchNormState state =
                BatchNormState.of(BatchNormConfig.DEFAULT, 1, values(-1.7), values(0.5), values(mean), values(var), 1);
        BigDecimal exact = LayerTesting.normalized(x, new BigDecimal(mean), new BigDecimal(var), 1e-5, -1.7, 0.5);
        assertClose(ChannelTransform.ofRunning(state, NonFinitePolicy.PROPAGATE).apply(0, x), exact, 0.5);
    }

    @Property(tries = 200)
    void constantChannelGivesItsBias(
            @ForAll @DoubleRange(min = -1e300, max = 1e300) double constant,
            @ForAll @IntRange(min = 2, max = 9) int n) {
        double[] x = new double[n];
        Arrays.fill(x, constant);
        for (double eps : values(0, 1e-5)) {
            BatchNormState state = layer(eps, values(-2, 3), values(0.1, 0));
            ChannelTransform transform = ChannelTransform.ofBatch(batch(x, x), state, NonFinitePolicy.PROPAGATE);
            assertThat(transform.apply(0, constant)).isEqualTo(0.1);
            assertThat(Double.doubleToRawLongBits(transform.apply(1, constant))).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {1e7, 0.1, -3e300, Double.MAX_VALUE, Double.MIN_VALUE})
    void constantOfAnyMagnitudeGivesItsBiasInFloatsToo(double constant) {
        SampleShape shape = SampleShape.channelsFirst(1, 3);
        float single = (float) Math.max(-Float.MAX_VALUE, Math.min(Float.MAX_VALUE, constant));
        for (double eps : values(0, 1e-5)) {
            BatchNormState state = layer(eps, values(-2), values(0.1));
            double[] doubles = {constant, constant, constant};
            assertThat(ChannelTransform.ofBatch(batch(doubles), state, NonFinitePolicy.PROPAGATE)
                            .apply(doubles, shape))
                    .containsOnly(0.1);
            float[] floats = {single, single, single};
            ChannelTransform ofFloats =
                    ChannelTransform.ofBatch(batch(values(single, single, single)), state, NonFinitePolicy.PROPAGATE);
            assertThat(ofFloats.apply(floats, shape)).containsOnly(0.1f);
        }
    }

    @Test
    void channelWithoutSpreadGivesNoNanAnywhere() {
        for (double weight : values(0, 1e300, -1e300, Double.MIN_VALUE)) {
            for (double eps : values(0, Double.MIN_VALUE, 1e-5)) {
                BatchNormState state = layer(eps, values(weight), values(2));
                assertThat(ChannelTransform.ofBatch(batch(values(3, 3)), state, NonFinitePolicy.PROPAGATE)
                                .apply(0, 3))
                        .isEqualTo(2);
            }
        }
    }
}
