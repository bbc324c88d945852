package io.github.sparkbatchnorm.layer;

import static io.github.sparkbatchnorm.layer.LayerTesting.batch;
import static io.github.sparkbatchnorm.layer.LayerTesting.evaluated;
import static io.github.sparkbatchnorm.layer.LayerTesting.layer;
import static io.github.sparkbatchnorm.layer.LayerTesting.moments;
import static io.github.sparkbatchnorm.layer.LayerTesting.toFloats;
import static io.github.sparkbatchnorm.layer.LayerTesting.values;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.sparkbatchnorm.layer.TransformTesting.Trained;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** x of arrays and single values, of values that are not finite, and what does not fit. */
class InverseTransformTest {
    private static final double NAN = Double.NaN;
    private static final double INFINITY = Double.POSITIVE_INFINITY;

    private static InverseTransform running(BatchNormState state) {
        return InverseTransform.ofRunning(state, NonFinitePolicy.PROPAGATE);
    }

    @Test
    void takesBackWeightBiasAndStatistics() {
        InverseTransform transform = running(evaluated(0, -2, 7, 3, 4)); // y = (x - 3) / 2 * -2 + 7
        assertThat(transform.channels()).isEqualTo(1);
        assertThat(transform.apply(0, 7)).isEqualTo(3);
        assertThat(transform.apply(0, 6)).isEqualTo(4);
        assertThat(transform.apply(values(7, 6), SampleShape.channelsFirst(1, 2)))
                .containsExactly(3, 4);
        assertThat(transform.apply(new float[] {7, 6}, SampleShape.channelsFirst(1, 2)))
                .containsExactly(3, 4);
    }

    @Test
    void layerThatIsNotAffineOnlyHasStatisticsToTakeBack() {
        BatchNormState state = BatchNormState.initial(1, new BatchNormConfig(0, 0.1, false, false));
        InverseTransform transform = InverseTransform.ofBatch(batch(values(1, 5)), state, NonFinitePolicy.PROPAGATE);
        assertThat(transform.apply(values(-1, 1, 0), SampleShape.channelsFirst(1, 3)))
                .containsExactly(1, 5, 3);
    }

    @ParameterizedTest
    @MethodSource("io.github.sparkbatchnorm.layer.TransformTesting#shapes")
    void eachLayoutGivesTheBitsOfTheSingleValue(SampleShape shape) {
        double[] y = new Random(3).doubles(shape.length(), -3, 3).toArray();
        y[y.length / 2] = NAN;
        y[y.length - 1] = INFINITY;
        for (double firstWeight : values(1, 1e-310, 0)) {
            for (NonFinitePolicy policy : NonFinitePolicy.values()) {
                InverseTransform transform =
                        Trained.random(shape.channels(), firstWeight).inverse(policy);
                double[] doubles = y.clone();
                float[] floats = toFloats(y);
                double[] x = transform.apply(doubles, shape);
                float[] single = transform.apply(floats, shape);
                for (int i = 0; i < y.length; i++) {
                    int c = shape.channelOf(i);
                    assertThat(x[i]).isEqualTo(Double.valueOf(transform.apply(c, y[i])));
                    // These are no floats that lie half-way between two, where the reciprocal could tell.
                    assertThat(single[i]).isEqualTo(Float.valueOf((float) transform.apply(c, floats[i])));
                }
                assertThat(doubles).isEqualTo(y);
                assertThat(floats).isEqualTo(toFloats(y));
            }
        }
    }

    @Test
    void weightOfAnyMagnitudeLeavesTheOtherChannelsBits() {
        double[] x = {1e150, 2e150, 4e150};
        double[] y = new Random(4).doubles(200, -3, 3).toArray();
        SampleShape shape = SampleShape.channelsFirst(2, 100);
        BatchNormState usual = layer(0, values(1.1, 1.3), values(0.7, 0.9));
        for (double weight : values(1e-200, 1e-320, 0)) {
            BatchNormState tiny = layer(0, values(weight, 1.3), values(0.7, 0.9));
            InverseTransform expected = InverseTransform.ofBatch(batch(x, x), usual, NonFinitePolicy.PROPAGATE);
            InverseTransform transform = InverseTransform.ofBatch(batch(x, x), tiny, NonFinitePolicy.PROPAGATE);
            assertThat(Arrays.copyOfRange(transform.apply(y, shape), 100, 200))
                    .isEqualTo(Arrays.copyOfRange(expected.apply(y, shape), 100, 200));
            assertThat(Arrays.copyOfRange(transform.apply(toFloats(y), shape), 100, 200))
                    .isEqualTo(Arrays.copyOfRange(expected.apply(toFloats(y), shape), 100, 200));
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {1, 0, -1e-290, 1e290, 1e-310})
    void whereTheFactorIsZeroOrInfiniteAFiniteValueGivesTheMean(double weight) {
        double mean = 0.1;
        SampleShape shape = SampleShape.channelsFirst(1, 5);
        double[] y = {0, 1, -1, 1e30, 0.5};
        BatchNormState infiniteFactor = evaluated(0, weight == 0 ? 1 : weight, 0.5, mean, 0);
        BatchNormState zeroFactor = evaluated(1e-5, weight, 0.5, mean, weight == 0 ? 2 : INFINITY);
        for (BatchNormState state : new BatchNormState[] {infiniteFactor, zeroFactor}) {
            assertThat(running(state).apply(y, shape)).containsOnly(mean);
            assertThat(running(state).apply(toFloats(y), shape)).containsOnly((float) mean);
            assertThat(running(state).apply(0, Double.MAX_VALUE)).isEqualTo(mean);
            assertThat(running(state).apply(0, INFINITY)).isNaN();
            assertThat(running(state).apply(new float[] {Float.NaN}, SampleShape.channelsFirst(1)))
                    .containsOnly(Float.NaN);
        }
    }

    @Test
    void constantChannelComesBackFromItsBias() {
        for (double constant : values(1e7, 0.1, -3e300, Double.MIN_VALUE)) {
            for (double eps : values(0, 1e-5)) {
                double[] x = {constant, constant, constant};
                BatchNormState state = layer(eps, values(-2), values(0.1));
                InverseTransform transform = InverseTransform.ofBatch(batch(x), state, NonFinitePolicy.PROPAGATE);
                assertThat(transform.apply(0, 0.1)).isEqualTo(constant);
            }
        }
    }

    @Test
    void lowPartOfTheMeanIsAdded() {
        double[] x = {1024, -1024, 3, 1, 2, 1, 1, 0x1p-60}; // the mean is 1 + 2^-63
        BatchNormState state = layer(0, values(1), values(0));
        InverseTransform transform = InverseTransform.ofBatch(batch(x), state, NonFinitePolicy.PROPAGATE);
        double half = 0x1p-53 * ForwardStatistics.ofBatch(batch(x), 0).invstd()[0]; // half an ulp of the mean
        assertThat(transform.apply(0, half)).isEqualTo(Math.nextUp(1.0));
        assertThat(transform.apply(values(half), SampleShape.channelsFirst(1))).containsExactly(Math.nextUp(1.0));
    }

    @Test
    void valuesThatAreNotFiniteFollowIeeeInTheirPlace() {
        InverseTransform transform = running(evaluated(0, -2, 7, 3, 4));
        SampleShape shape = SampleShape.channelsFirst(1, 4);
        assertThat(transform.apply(values(NAN, INFINITY, -INFINITY, 7), shape))
                .containsExactly(NAN, -INFINITY, INFINITY, 3);
        assertThat(transform.apply(new float[] {Float.NaN, Float.POSITIVE_INFINITY, 6, 7}, shape))
                .containsExactly(Float.NaN, Float.NEGATIVE_INFINITY, 4, 3);
    }

    @Test
    void statisticsThatAreNotFiniteStayInTheirChannel() {
        double[] clean = {1, 2, 6};
        BatchNormState state = BatchNormState.initial(3, BatchNormConfig.DEFAULT);
        InverseTransform expected =
                InverseTransform.ofBatch(batch(clean, clean, clean), state, NonFinitePolicy.PROPAGATE);
        InverseTransform transform = InverseTransform.ofBatch(
                batch(values(1, NAN, 6), clean, values(1, INFINITY, 6)), state, NonFinitePolicy.PROPAGATE);
        for (double y : clean) {
            assertThat(transform.apply(0, y)).isNaN();
            assertThat(transform.apply(1, y)).isEqualTo(expected.apply(1, y));
            assertThat(transform.apply(2, y)).isNaN();
        }
        assertThat(running(evaluated(1e-5, 1, 0, 3, NAN)).apply(0, 3)).isNaN();
        assertThat(running(evaluated(1e-5, 1, 0, -INFINITY, 1)).apply(0, 3)).isEqualTo(-INFINITY);
    }

    @ParameterizedTest
    @MethodSource("io.github.sparkbatchnorm.layer.TransformTesting#shapes")
    void ignoreKeepsTheBitsOfWhatIsNotFiniteAndChangesNothingElse(SampleShape shape) {
        double[] y = TransformTesting.holed(shape);
        float[] floats = toFloats(y);
        for (double firstWeight : values(-1, -1e-310, 0)) { // a negative weight would turn an infinity round
            Trained layer = Trained.random(shape.channels(), firstWeight);
            InverseTransform keeping = layer.inverse(NonFinitePolicy.IGNORE);
            double[] expected = layer.inverse(NonFinitePolicy.PROPAGATE).apply(y, shape);
            double[] x = keeping.apply(y, shape);
            float[] expectedFloats = layer.inverse(NonFinitePolicy.PROPAGATE).apply(floats, shape);
            float[] singles = keeping.apply(floats, shape);
            for (int i = 0; i < y.length; i++) {
                long bits = Double.doubleToRawLongBits(i % 3 == 0 ? y[i] : expected[i]);
                assertThat(Double.doubleToRawLongBits(x[i])).isEqualTo(bits);
                assertThat(Double.doubleToRawLongBits(keeping.apply(shape.channelOf(i), y[i])))
                        .isEqualTo(bits);
                assertThat(Float.floatToRawIntBits(singles[i]))
                        .isEqualTo(Float.floatToRawIntBits(i % 3 == 0 ? floats[i] : expectedFloats[i]));
            }
        }
    }

    @Test
    void statisticsOfFiniteValuesTakeBackWhatTheyMade() {
        BatchNormState state = BatchNormState.initial(1, new BatchNormConfig(0, 0.1, false, false));
        InverseTransform transform = InverseTransform.ofBatch(
                moments(values(1, NAN, 5, -INFINITY)).finiteStatistics(), state, NonFinitePolicy.IGNORE);
        assertThat(transform.apply(values(-1, NAN, 1, -INFINITY), SampleShape.channelsFirst(1, 4)))
                .containsExactly(1, NAN, 5, -INFINITY);
    }

    @ParameterizedTest
    @EnumSource(NonFinitePolicy.class)
    void onlyRunningStatisticsUnderFailLeaveTheCheckToTheCaller(NonFinitePolicy policy) {
        BatchNormState state = evaluated(1e-5, 1, 0, 3, 2);
        assertThat(InverseTransform.ofRunning(state, policy).failsOnNonFinite())
                .isEqualTo(policy == NonFinitePolicy.FAIL);
        assertThat(InverseTransform.ofBatch(batch(values(1, 3)), state, policy).failsOnNonFinite())
                .isFalse();
    }

    @Test
    void runningStatisticsMustBeThere() {
        BatchNormState state = BatchNormState.initial(1, new BatchNormConfig(0, 0.1, false, false));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> running(state))
                .withMessage("the state has no running statistics; expected running_mean and running_var");
    }

    @Test
    void batchAndStateHaveTheSameChannels() {
        BatchNormState state = BatchNormState.initial(2, BatchNormConfig.DEFAULT);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> InverseTransform.ofBatch(batch(values(1, 2)), state, NonFinitePolicy.PROPAGATE))
                .withMessage("a batch of 1 channels; expected num_features, 2");
    }

    @Test
    void sampleOfAnotherSizeIsAnError() {
        InverseTransform transform = Trained.random(3, 1).inverse(NonFinitePolicy.PROPAGATE);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> transform.apply(values(1, 2), SampleShape.channelsFirst(3)))
                .withMessage("sample of 2 values and shape [3]; expected 3 values and 3 channels");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> transform.apply(new float[4], SampleShape.channelsFirst(4)))
                .withMessage("sample of 4 values and shape [4]; expected 4 values and 3 channels");
    }

    @Test
    void javaSerializationKeepsTheBits() throws Exception {
        SampleShape shape = SampleShape.channelsFirst(3);
        for (double firstWeight : values(1, 1e-310)) {
            InverseTransform transform = Trained.random(3, firstWeight).inverse(NonFinitePolicy.IGNORE);
            InverseTransform copy = LayerTesting.throughJava(transform, InverseTransform.class);
            assertThat(copy.apply(values(1, 2, NAN), shape)).isEqualTo(transform.apply(values(1, 2, NAN), shape));
            assertThat(copy.apply(new float[3], shape)).isEqualTo(transform.apply(new float[3], shape));
        }
    }
}
