package io.github.sparkbatchnorm.layer;

import static io.github.sparkbatchnorm.layer.LayerTesting.batch;
import static io.github.sparkbatchnorm.layer.LayerTesting.layer;
import static io.github.sparkbatchnorm.layer.LayerTesting.moments;
import static io.github.sparkbatchnorm.layer.LayerTesting.toFloats;
import static io.github.sparkbatchnorm.layer.LayerTesting.values;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.sparkbatchnorm.layer.TransformTesting.Trained;
import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** y of arrays and single values, of values that are not finite, and what does not fit. */
class ChannelTransformTest {
    private static final double NAN = Double.NaN;
    private static final double INFINITY = Double.POSITIVE_INFINITY;

    private static BatchNormState evaluated(double eps, double mean, double var) {
        return LayerTesting.evaluated(eps, 1, 7, mean, var);
    }

    @Test
    void weightOfAnyMagnitudeLeavesTheOtherChannelsBits() {
        double[] x = {1e150, 2e150, 4e150};
        BatchNormState usual = layer(0, values(1.1, 1.3), values(0.7, 0.9));
        BatchNormState tiny = layer(0, values(1e-200, 1.3), values(0.7, 0.9));
        SampleShape shape = SampleShape.channelsFirst(2, 3);
        double[] sample = {1e150, 2e150, 4e150, 1e150, 2e150, 4e150};
        double[] expected = ChannelTransform.ofBatch(batch(x, x), usual, NonFinitePolicy.PROPAGATE)
                .apply(sample, shape);
        ChannelTransform transform = ChannelTransform.ofBatch(batch(x, x), tiny, NonFinitePolicy.PROPAGATE);
        assertThat(Arrays.copyOfRange(transform.apply(sample, shape), 3, 6))
                .isEqualTo(Arrays.copyOfRange(expected, 3, 6));
        ChannelTransform ignoring = ChannelTransform.ofBatch(batch(x, x), tiny, NonFinitePolicy.IGNORE);
        assertThat(ignoring.apply(toFloats(sample), shape)).containsOnly(Float.POSITIVE_INFINITY);
    }

    @Test
    void runningVarianceZeroWithoutEpsIsWhatIeeeSays() {
        ChannelTransform transform = ChannelTransform.ofRunning(evaluated(0, 3, 0), NonFinitePolicy.PROPAGATE);
        assertThat(transform.apply(0, 4)).isEqualTo(INFINITY);
        assertThat(transform.apply(0, 2)).isEqualTo(-INFINITY);
        assertThat(transform.apply(0, 3)).isNaN();
    }

    @Test
    void layerThatIsNotAffineOnlyStandardizes() {
        BatchNormState state = BatchNormState.initial(1, new BatchNormConfig(0, 0.1, false, false));
        ChannelTransform transform = ChannelTransform.ofBatch(batch(values(1, 3)), state, NonFinitePolicy.PROPAGATE);
        assertThat(transform.apply(values(1, 3), SampleShape.channelsFirst(1, 2)))
                .containsExactly(-1, 1);
    }

    @Test
    void runningStatisticsMustBeThere() {
        BatchNormState state = BatchNormState.initial(1, new BatchNormConfig(0, 0.1, false, false));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ChannelTransform.ofRunning(state, NonFinitePolicy.PROPAGATE))
                .withMessage("the state has no running statistics; expected running_mean and running_var");
    }

    @Test
    void batchAndStateHaveTheSameChannels() {
        BatchNormState state = BatchNormState.initial(2, BatchNormConfig.DEFAULT);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ChannelTransform.ofBatch(batch(values(1, 2)), state, NonFinitePolicy.PROPAGATE))
                .withMessage("a batch of 1 channels; expected num_features, 2");
    }

    private static ChannelTransform random(int channels, double firstWeight, NonFinitePolicy policy) {
        return Trained.random(channels, firstWeight).forward(policy);
    }

    @ParameterizedTest
    @MethodSource("io.github.sparkbatchnorm.layer.TransformTesting#shapes")
    void eachLayoutGivesTheBitsOfTheSingleValue(SampleShape shape) {
        double[] x = new Random(3).doubles(shape.length(), -1e6, 1e6).toArray();
        x[x.length / 2] = NAN;
        x[x.length - 1] = INFINITY;
        for (double firstWeight : values(1, 1e-310)) {
            for (NonFinitePolicy policy : NonFinitePolicy.values()) {
                ChannelTransform transform = random(shape.channels(), firstWeight, policy);
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
        ChannelTransform expected =
                ChannelTransform.ofBatch(batch(clean, clean, clean), state, NonFinitePolicy.PROPAGATE);
        ChannelTransform transform = ChannelTransform.ofBatch(
                batch(values(1, NAN, 6), clean, values(1, INFINITY, 6)), state, NonFinitePolicy.PROPAGATE);
        for (double x : clean) {
            assertThat(transform.apply(0, x)).isNaN();
            assertThat(transform.apply(1, x)).isEqualTo(expected.apply(1, x));
            assertThat(transform.apply(2, x)).isNaN();
        }
    }

    @ParameterizedTest
    @EnumSource(NonFinitePolicy.class)
    void onlyRunningStatisticsUnderFailLeaveTheCheckToTheCaller(NonFinitePolicy policy) {
        BatchNormState state = evaluated(1e-5, 3, 2);
        assertThat(ChannelTransform.ofRunning(state, policy).failsOnNonFinite())
                .isEqualTo(policy == NonFinitePolicy.FAIL);
        assertThat(ChannelTransform.ofBatch(batch(values(1, 3)), state, policy).failsOnNonFinite())
                .isFalse();
    }

    @Test
    void evaluationTakesEachValueByItself() {
        ChannelTransform transform = ChannelTransform.ofRunning(evaluated(1e-5, 3, 2), NonFinitePolicy.PROPAGATE);
        assertThat(transform.apply(0, NAN)).isNaN();
        assertThat(transform.apply(0, -INFINITY)).isEqualTo(-INFINITY);
        assertThat(transform.apply(0, 3)).isEqualTo(7);
        assertThat(ChannelTransform.ofRunning(evaluated(1e-5, 3, NAN), NonFinitePolicy.PROPAGATE)
                        .apply(0, 3))
                .isNaN();
    }

    @Test
    void ignoredValuesStayWhatTheyAre() {
        ChannelMoments moments = moments(values(1, NAN, 3, -INFINITY));
        BatchNormState state = BatchNormState.initial(1, new BatchNormConfig(0, 0.1, false, false));
        ChannelTransform transform =
                ChannelTransform.ofBatch(moments.finiteStatistics(), state, NonFinitePolicy.IGNORE);
        SampleShape shape = SampleShape.channelsFirst(1, 4);
        assertThat(transform.apply(values(1, NAN, 3, -INFINITY), shape)).containsExactly(-1, NAN, 1, -INFINITY);
        float payload = Float.intBitsToFloat(0x7fc00123);
        float[] y = transform.apply(new float[] {1, payload, 3, Float.POSITIVE_INFINITY}, shape);
        assertThat(y).containsExactly(-1, Float.NaN, 1, Float.POSITIVE_INFINITY);
        assertThat(Float.floatToRawIntBits(y[1])).isEqualTo(0x7fc00123);
    }

    @ParameterizedTest
    @MethodSource("io.github.sparkbatchnorm.layer.TransformTesting#shapes")
    void ignoreKeepsTheBitsOfWhatIsNotFiniteAndChangesNothingElse(SampleShape shape) {
        double[] x = TransformTesting.holed(shape);
        for (double firstWeight : values(-1, -1e-310)) { // a negative weight would turn an infinity round
            ChannelTransform usual = random(shape.channels(), firstWeight, NonFinitePolicy.PROPAGATE);
            ChannelTransform keeping = random(shape.channels(), firstWeight, NonFinitePolicy.IGNORE);
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
            ChannelTransform transform = random(3, firstWeight, NonFinitePolicy.IGNORE);
            ChannelTransform copy = LayerTesting.throughJava(transform, ChannelTransform.class);
            SampleShape shape = SampleShape.channelsFirst(3);
            assertThat(copy.apply(values(1, 2, NAN), shape)).isEqualTo(transform.apply(values(1, 2, NAN), shape));
        }
    }

    @Test
    void sampleOfAnotherSizeIsAnError() {
        ChannelTransform transform = random(3, 1, NonFinitePolicy.PROPAGATE);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> transform.apply(values(1, 2), SampleShape.channelsFirst(3)))
                .withMessage("sample of 2 values and shape [3]; expected 3 values and 3 channels");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> transform.apply(new float[4], SampleShape.channelsFirst(4)))
                .withMessage("sample of 4 values and shape [4]; expected 4 values and 3 channels");
    }
}
