package io.github.sparkbatchnorm.layer;

import static io.github.sparkbatchnorm.layer.LayerTesting.batch;
import static io.github.sparkbatchnorm.layer.LayerTesting.moments;
import static io.github.sparkbatchnorm.layer.LayerTesting.values;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.sparkbatchnorm.golden.GoldenTorch;
import io.github.sparkbatchnorm.stats.ChannelMoments;
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

/** The forward pass against exact arithmetic, and one layout against another. */
class ChannelTransformTest {
    /** What semantics promise; a few roundings of 1.1e-16 each are what there is. */
    private static final double TOLERANCE = 1e-13;

    private static final double NAN = Double.NaN;
    private static final double INFINITY = Double.POSITIVE_INFINITY;

    private static BatchNormState layer(double eps, double[] weight, double[] bias) {
        int channels = weight.length;
        double[] var = new double[channels];
        Arrays.fill(var, 1);
        BatchNormConfig config = new BatchNormConfig(eps, 0.1, true, true);
        return BatchNormState.of(config, channels, weight, bias, new double[channels], var, 0);
    }

    private static BatchNormState evaluated(double eps, double mean, double var) {
        BatchNormConfig config = new BatchNormConfig(eps, 0.1, true, true);
        return BatchNormState.of(config, 1, values(1), values(7), values(mean), values(var), 1);
    }

    private static void assertClose(double y, BigDecimal exact, double bias) {
        BigDecimal magnitude = exact.subtract(new BigDecimal(bias)).abs().max(new BigDecimal(bias).abs());
        BigDecimal error = new BigDecimal(y).subtract(exact).abs();
        assertThat(error.compareTo(magnitude.multiply(new BigDecimal(TOLERANCE))) <= 0)
                .withFailMessage(() -> "y is " + y + ", exactly " + exact.doubleValue() + "; bias " + bias)
                .isTrue();
    }

    private static void assertExact(double[] x, double eps, double weight, double bias) {
        ChannelTransform transform = ChannelTransform.ofBatch(batch(x), layer(eps, values(weight), values(bias)));
        BigDecimal mean = LayerTesting.mean(x);
        BigDecimal var = LayerTesting.populationVariance(x);
        for (double v : x) {
            assertClose(transform.apply(0, v), LayerTesting.normalized(v, mean, var, eps, weight, bias), bias);
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
        ChannelTransform transform = ChannelTransform.ofBatch(batch(x), layer(0, values(1), values(0)));
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

    @Test
    void weightOfAnyMagnitudeLeavesTheOtherChannelsBits() {
        double[] x = {1e150, 2e150, 4e150};
        BatchNormState usual = layer(0, values(1.1, 1.3), values(0.7, 0.9));
        BatchNormState tiny = layer(0, values(1e-200, 1.3), values(0.7, 0.9));
        SampleShape shape = SampleShape.channelsFirst(2, 3);
        double[] sample = {1e150, 2e150, 4e150, 1e150, 2e150, 4e150};
        double[] expected = ChannelTransform.ofBatch(batch(x, x), usual).apply(sample, shape);
        ChannelTransform transform = ChannelTransform.ofBatch(batch(x, x), tiny);
        assertThat(Arrays.copyOfRange(transform.apply(sample, shape), 3, 6))
                .isEqualTo(Arrays.copyOfRange(expected, 3, 6));
        assertThat(transform.keepingNonFinite().apply(toFloats(sample), shape)).hasSize(6);
    }

    @Property(tries = 400)
    void runningStatisticsGiveTheFormula(
            @ForAll @DoubleRange(min = -1e6, max = 1e6) double x,
            @ForAll @DoubleRange(min = -1e6, max = 1e6) double mean,
            @ForAll @DoubleRange(min = 0, max = 1e12) double var) {
        BatchNormState state =
                BatchNormState.of(BatchNormConfig.DEFAULT, 1, values(-1.7), values(0.5), values(mean), values(var), 1);
        BigDecimal exact = LayerTesting.normalized(x, new BigDecimal(mean), new BigDecimal(var), 1e-5, -1.7, 0.5);
        assertClose(ChannelTransform.ofRunning(state).apply(0, x), exact, 0.5);
    }

    @Property(tries = 200)
    void constantChannelGivesItsBias(
            @ForAll @DoubleRange(min = -1e300, max = 1e300) double constant,
            @ForAll @IntRange(min = 2, max = 9) int n) {
        double[] x = new double[n];
        Arrays.fill(x, constant);
        for (double eps : values(0, 1e-5)) {
            BatchNormState state = layer(eps, values(-2, 3), values(0.1, 0));
            ChannelTransform transform = ChannelTransform.ofBatch(batch(x, x), state);
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
            assertThat(ChannelTransform.ofBatch(batch(doubles), state).apply(doubles, shape))
                    .containsOnly(0.1);
            float[] floats = {single, single, single};
            ChannelTransform ofFloats = ChannelTransform.ofBatch(batch(values(single, single, single)), state);
            assertThat(ofFloats.apply(floats, shape)).containsOnly(0.1f);
        }
    }

    @Test
    void channelWithoutSpreadGivesNoNanAnywhere() {
        for (double weight : values(0, 1e300, -1e300, Double.MIN_VALUE)) {
            for (double eps : values(0, Double.MIN_VALUE, 1e-5)) {
                BatchNormState state = layer(eps, values(weight), values(2));
                assertThat(ChannelTransform.ofBatch(batch(values(3, 3)), state).apply(0, 3))
                        .isEqualTo(2);
            }
        }
    }

    @Test
    void runningVarianceZeroWithoutEpsIsWhatIeeeSays() {
        ChannelTransform transform = ChannelTransform.ofRunning(evaluated(0, 3, 0));
        assertThat(transform.apply(0, 4)).isEqualTo(INFINITY);
        assertThat(transform.apply(0, 2)).isEqualTo(-INFINITY);
        assertThat(transform.apply(0, 3)).isNaN();
    }

    @Test
    void layerThatIsNotAffineOnlyStandardizes() {
        BatchNormState state = BatchNormState.initial(1, new BatchNormConfig(0, 0.1, false, false));
        ChannelTransform transform = ChannelTransform.ofBatch(batch(values(1, 3)), state);
        assertThat(transform.apply(values(1, 3), SampleShape.channelsFirst(1, 2)))
                .containsExactly(-1, 1);
    }

    @Test
    void runningStatisticsMustBeThere() {
        BatchNormState state = BatchNormState.initial(1, new BatchNormConfig(0, 0.1, false, false));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ChannelTransform.ofRunning(state))
                .withMessage("the state has no running statistics; expected running_mean and running_var");
    }

    @Test
    void batchAndStateHaveTheSameChannels() {
        BatchNormState state = BatchNormState.initial(2, BatchNormConfig.DEFAULT);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ChannelTransform.ofBatch(batch(values(1, 2)), state))
                .withMessage("a batch of 1 channels; expected num_features, 2");
    }

    static List<SampleShape> shapes() {
        return List.of(
                SampleShape.channelsFirst(1),
                SampleShape.channelsFirst(37),
                SampleShape.channelsFirst(3, 1),
                SampleShape.channelsFirst(3, 5),
                SampleShape.channelsFirst(1, 19),
                SampleShape.channelsFirst(2, 511),
                SampleShape.channelsFirst(2, 512),
                SampleShape.channelsFirst(2, 3, 257),
                SampleShape.channelsFirst(2, 3, 4, 5),
                SampleShape.channelsLast(37),
                SampleShape.channelsLast(5, 3),
                SampleShape.channelsLast(1, 3),
                SampleShape.channelsLast(19, 1),
                SampleShape.channelsLast(7, 11, 2),
                SampleShape.channelsLast(2, 3, 4, 5));
    }

    private static ChannelTransform random(int channels, double firstWeight) {
        Random random = new Random(channels);
        double[] weight = random.doubles(channels).toArray();
        weight[0] *= firstWeight;
        double[][] values = new double[channels][];
        for (int c = 0; c < channels; c++) {
            double mean = 1e6 * random.nextGaussian();
            values[c] = random.doubles(9).map(u -> u + mean).toArray();
        }
        BatchNormState state = layer(1e-5, weight, random.doubles(channels).toArray());
        return ChannelTransform.ofBatch(batch(values), state);
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void eachLayoutGivesTheBitsOfTheSingleValue(SampleShape shape) {
        double[] x = new Random(3).doubles(shape.length(), -1e6, 1e6).toArray();
        x[x.length / 2] = NAN;
        x[x.length - 1] = INFINITY;
        for (double firstWeight : values(1, 1e-310)) {
            ChannelTransform usual = random(shape.channels(), firstWeight);
            for (ChannelTransform transform : List.of(usual, usual.keepingNonFinite())) {
                double[] doubles = x.clone();
                float[] floats = toFloats(x);
                double[] y = transform.apply(doubles, shape);
                float[] single = transform.apply(floats, shape);
                for (int i = 0; i < x.length; i++) {
                    int c = shape.channelOf(i);
                    assertThat(y[i]).isEqualTo(Double.valueOf(transform.apply(c, x[i])));
                    assertThat(single[i]).isEqualTo(Float.valueOf((float) transform.apply(c, (float) x[i])));
                }
                assertThat(doubles).isEqualTo(x);
                assertThat(floats).isEqualTo(toFloats(x));
            }
        }
    }

    @Test
    void valuesThatAreNotFiniteStayInTheirChannel() {
        double[] clean = {1, 2, 6};
        BatchNormState state = BatchNormState.initial(3, BatchNormConfig.DEFAULT);
        ChannelTransform expected = ChannelTransform.ofBatch(batch(clean, clean, clean), state);
        ChannelTransform transform =
                ChannelTransform.ofBatch(batch(values(1, NAN, 6), clean, values(1, INFINITY, 6)), state);
        for (double x : clean) {
            assertThat(transform.apply(0, x)).isNaN();
            assertThat(transform.apply(1, x)).isEqualTo(expected.apply(1, x));
            assertThat(transform.apply(2, x)).isNaN();
        }
    }

    @Test
    void evaluationTakesEachValueByItself() {
        ChannelTransform transform = ChannelTransform.ofRunning(evaluated(1e-5, 3, 2));
        assertThat(transform.apply(0, NAN)).isNaN();
        assertThat(transform.apply(0, -INFINITY)).isEqualTo(-INFINITY);
        assertThat(transform.apply(0, 3)).isEqualTo(7);
        assertThat(ChannelTransform.ofRunning(evaluated(1e-5, 3, NAN)).apply(0, 3))
                .isNaN();
    }

    @Test
    void ignoredValuesStayWhatTheyAre() {
        ChannelMoments moments = moments(values(1, NAN, 3, -INFINITY));
        BatchNormState state = BatchNormState.initial(1, new BatchNormConfig(0, 0.1, false, false));
        ChannelTransform transform =
                ChannelTransform.ofBatch(moments.finiteStatistics(), state).keepingNonFinite();
        SampleShape shape = SampleShape.channelsFirst(1, 4);
        assertThat(transform.apply(values(1, NAN, 3, -INFINITY), shape)).containsExactly(-1, NAN, 1, -INFINITY);
        float payload = Float.intBitsToFloat(0x7fc00123);
        float[] y = transform.apply(new float[] {1, payload, 3, Float.POSITIVE_INFINITY}, shape);
        assertThat(y).containsExactly(-1, Float.NaN, 1, Float.POSITIVE_INFINITY);
        assertThat(Float.floatToRawIntBits(y[1])).isEqualTo(0x7fc00123);
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void keepingNonFiniteKeepsTheirBitsAndChangesNothingElse(SampleShape shape) {
        long payload = 0x7ff8000000000123L;
        double[] x = new Random(5).doubles(shape.length(), -1e6, 1e6).toArray();
        for (int i = 0; i < x.length; i += 3) {
            x[i] = i % 2 == 0 ? Double.longBitsToDouble(payload) : -INFINITY;
        }
        for (double firstWeight : values(-1, -1e-310)) { // a negative weight would turn an infinity round
            ChannelTransform usual = random(shape.channels(), firstWeight);
            ChannelTransform keeping = usual.keepingNonFinite();
            double[] expected = usual.apply(x, shape);
            double[] y = keeping.apply(x, shape);
            float[] floats = toFloats(x);
            float[] expectedFloats = usual.apply(floats, shape);
            float[] singles = keeping.apply(floats, shape);
            for (int i = 0; i < x.length; i++) {
                long bits = Double.doubleToRawLongBits(i % 3 == 0 ? x[i] : expected[i]);
                assertThat(Double.doubleToRawLongBits(y[i])).isEqualTo(bits);
                assertThat(Double.doubleToRawLongBits(keeping.apply(shape.channelOf(i), x[i])))
                        .isEqualTo(bits);
                assertThat(Float.floatToRawIntBits(singles[i]))
                        .isEqualTo(Float.floatToRawIntBits(i % 3 == 0 ? floats[i] : expectedFloats[i]));
            }
        }
    }

    @Test
    void javaSerializationKeepsTheBits() throws Exception {
        for (double firstWeight : values(1, 1e-310)) {
            ChannelTransform transform = random(3, firstWeight).keepingNonFinite();
            ChannelTransform copy = LayerTesting.throughJava(transform, ChannelTransform.class);
            SampleShape shape = SampleShape.channelsFirst(3);
            assertThat(copy.apply(values(1, 2, NAN), shape)).isEqualTo(transform.apply(values(1, 2, NAN), shape));
        }
    }

    @Test
    void sampleOfAnotherSizeIsAnError() {
        ChannelTransform transform = random(3, 1);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> transform.apply(values(1, 2), SampleShape.channelsFirst(3)))
                .withMessage("sample of 2 values and shape [3]; expected 3 values and 3 channels");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> transform.apply(new float[4], SampleShape.channelsFirst(4)))
                .withMessage("sample of 4 values and shape [4]; expected 4 values and 3 channels");
    }

    private static float[] toFloats(double[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }
}
