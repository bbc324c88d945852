package io.github.sparkbatchnorm.layer;

import static io.github.sparkbatchnorm.layer.LayerTesting.values;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class BatchNormStateTest {
    private static final BatchNormConfig AFFINE = new BatchNormConfig(1e-5, 0.1, true, false);
    private static final BatchNormConfig TRACKED = new BatchNormConfig(1e-5, 0.1, false, true);
    private static final BatchNormConfig NEITHER = new BatchNormConfig(1e-5, 0.1, false, false);

    @Test
    void freshLayerHasTheInitialValuesOfTorch() {
        BatchNormState state = BatchNormState.initial(2, BatchNormConfig.DEFAULT);
        assertThat(state.config()).isEqualTo(BatchNormConfig.DEFAULT);
        assertThat(state.numFeatures()).isEqualTo(2);
        assertThat(state.weight()).containsExactly(1, 1);
        assertThat(state.bias()).containsExactly(0, 0);
        assertThat(state.runningMean()).containsExactly(0, 0);
        assertThat(state.runningVar()).containsExactly(1, 1);
        assertThat(state.numBatchesTracked()).isZero();
        assertThat(state.hasRunningStatistics()).isTrue();
    }

    @Test
    void layerThatIsNeitherAffineNorTrackedHasNoTensors() {
        BatchNormState state = BatchNormState.initial(2, NEITHER);
        assertThat(state.weight()).isNull();
        assertThat(state.bias()).isNull();
        assertThat(state.weight(1)).isEqualTo(1);
        assertThat(state.bias(1)).isZero();
        assertThat(state.runningMean()).isNull();
        assertThat(state.runningVar()).isNull();
        assertThat(state.hasRunningStatistics()).isFalse();
    }

    @Test
    void arraysAreCopiedInAndOut() {
        double[] weight = {2};
        double[] runningVar = {4};
        BatchNormState state =
                BatchNormState.of(BatchNormConfig.DEFAULT, 1, weight, values(3), values(0), runningVar, 5);
        weight[0] = 99;
        runningVar[0] = 99;
        state.weight()[0] = 99;
        state.bias()[0] = 99;
        state.runningMean()[0] = 99;
        state.runningVar()[0] = 99;
        assertThat(state)
                .isEqualTo(
                        BatchNormState.of(BatchNormConfig.DEFAULT, 1, values(2), values(3), values(0), values(4), 5));
    }

    @Test
    void equalityIsByBits() {
        BatchNormState nan = withMean(Double.NaN);
        assertThat(nan).isEqualTo(withMean(Double.NaN)).hasSameHashCodeAs(withMean(Double.NaN));
        assertThat(withMean(0.0)).isNotEqualTo(withMean(-0.0));
        assertThat(withMean(1)).isNotEqualTo(withMean(Math.nextUp(1.0)));
        assertThat(withMean(1)).isNotEqualTo(withMean(1).withoutTracking());
    }

    @Test
    void eachPartCountsForEquality() {
        double[] one = {1};
        double[] two = {2};
        List<BatchNormState> states = List.of(
                BatchNormState.of(BatchNormConfig.DEFAULT, 1, one, one, one, one, 1),
                BatchNormState.of(new BatchNormConfig(1e-3, 0.1, true, true), 1, one, one, one, one, 1),
                BatchNormState.of(new BatchNormConfig(1e-5, null, true, true), 1, one, one, one, one, 1),
                BatchNormState.of(BatchNormConfig.DEFAULT, 1, two, one, one, one, 1),
                BatchNormState.of(BatchNormConfig.DEFAULT, 1, one, two, one, one, 1),
                BatchNormState.of(BatchNormConfig.DEFAULT, 1, one, one, two, one, 1),
                BatchNormState.of(BatchNormConfig.DEFAULT, 1, one, one, one, two, 1),
                BatchNormState.of(BatchNormConfig.DEFAULT, 1, one, one, one, one, 2),
                BatchNormState.initial(1, NEITHER),
                BatchNormState.initial(2, NEITHER));
        assertThat(states).doesNotHaveDuplicates();
        assertThat(states.get(0)).isNotEqualTo(null).isNotEqualTo("BatchNormState");
    }

    private static BatchNormState withMean(double mean) {
        return BatchNormState.of(TRACKED, 1, null, null, values(mean), values(1), 1);
    }

    @Test
    void javaSerializationKeepsTheBits() throws Exception {
        for (double mean : values(Double.MIN_VALUE, -0.0, Double.NaN, Double.NEGATIVE_INFINITY)) {
            BatchNormState state = withMean(mean);
            assertThat(LayerTesting.throughJava(state, BatchNormState.class)).isEqualTo(state);
        }
        BatchNormState affine = BatchNormState.of(AFFINE, 2, values(1, 2), values(-0.0, 4), null, null, 0);
        assertThat(LayerTesting.throughJava(affine, BatchNormState.class)).isEqualTo(affine);
    }

    @Test
    void layerThatNoLongerTracksKeepsItsBuffers() {
        BatchNormState off = withMean(3).withoutTracking();
        assertThat(off.config().trackRunningStats()).isFalse();
        assertThat(off.hasRunningStatistics()).isTrue();
        assertThat(off.runningMean()).containsExactly(3);
        assertThat(off.numBatchesTracked()).isEqualTo(1);
    }

    @Test
    void otherParametersLeaveEverythingElse() {
        BatchNormConfig config = new BatchNormConfig(1e-3, null, true, true);
        BatchNormState state = BatchNormState.of(config, 2, values(1, 2), values(3, 4), values(5, 6), values(7, 8), 9);
        double[] weight = {-1, Double.NaN};
        double[] bias = {-0.0, 0.5};
        BatchNormState other = state.withParameters(weight, bias);
        assertThat(other)
                .isEqualTo(BatchNormState.of(
                        config, 2, values(-1, Double.NaN), values(-0.0, 0.5), values(5, 6), values(7, 8), 9));
        weight[0] = 99;
        bias[0] = 99;
        assertThat(other.weight(0)).isEqualTo(-1);
        assertThat(other.bias(0)).isEqualTo(-0.0);
        assertThat(state.weight()).containsExactly(1, 2);
        assertThat(state.bias()).containsExactly(3, 4);
    }

    @Test
    void otherParametersOfALayerThatNoLongerTracksLeaveItsBuffers() {
        BatchNormState off = BatchNormState.of(
                        BatchNormConfig.DEFAULT, 1, values(1), values(2), values(3), values(4), 5)
                .withoutTracking();
        BatchNormState other = off.withParameters(values(6), values(7));
        assertThat(other.runningMean()).containsExactly(3);
        assertThat(other.numBatchesTracked()).isEqualTo(5);
        assertThat(other.config()).isEqualTo(off.config());
    }

    @Test
    void otherParametersMustFitTheLayer() {
        BatchNormState state = BatchNormState.initial(1, AFFINE);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> state.withParameters(values(1, 2), values(1)))
                .withMessage("weight has 2 values; expected 1, as num_features says");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> state.withParameters(values(1), values()))
                .withMessage("bias has 0 values; expected 1, as num_features says");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> withMean(3).withParameters(values(1), values(1)))
                .withMessage("weight is present, but affine is false; expected it to be absent");
    }

    @Test
    void anyVarianceThatIsNotNegativeIsAllowed() {
        for (double var : values(0, -0.0, Double.NaN, Double.POSITIVE_INFINITY)) {
            assertThat(BatchNormState.of(TRACKED, 1, null, null, values(0), values(var), 0)
                            .runningVar())
                    .containsExactly(var);
        }
    }

    static List<Arguments> misfits() {
        double[] one = {1};
        double[] two = {1, 1};
        return List.of(
                arguments(AFFINE, one, null, null, null, 0, "bias is absent, but affine is true;"),
                arguments(AFFINE, null, one, null, null, 0, "weight is absent, but affine is true;"),
                arguments(AFFINE, two, one, null, null, 0, "weight has 2 values; expected 1, as num_features says"),
                arguments(AFFINE, one, two, null, null, 0, "bias has 2 values; expected 1, as num_features says"),
                arguments(NEITHER, one, null, null, null, 0, "weight is present, but affine is false;"),
                arguments(NEITHER, null, one, null, null, 0, "bias is present, but affine is false;"),
                arguments(NEITHER, null, null, null, null, 1, "num_batches_tracked is 1; expected 0"),
                arguments(TRACKED, null, null, null, null, 0, "running_mean is absent, but track_running_stats is"),
                arguments(TRACKED, null, null, one, null, 0, "running_var is absent, but running_mean is present;"),
                arguments(NEITHER, null, null, null, one, 0, "running_var is present, but running_mean is absent;"),
                arguments(TRACKED, null, null, two, one, 0, "running_mean has 2 values; expected 1"),
                arguments(TRACKED, null, null, one, two, 0, "running_var has 2 values; expected 1"),
                arguments(TRACKED, null, null, one, values(-1e-9), 0, "running_var[0] is -1.0E-9; expected 0 or more"),
                arguments(TRACKED, null, null, one, one, -1, "num_batches_tracked is -1; expected 0 or more"));
    }

    @ParameterizedTest
    @MethodSource("misfits")
    void whatDoesNotFitIsNamed(
            BatchNormConfig config,
            double[] weight,
            double[] bias,
            double[] mean,
            double[] var,
            long tracked,
            String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BatchNormState.of(config, 1, weight, bias, mean, var, tracked))
                .withMessageStartingWith(message);
    }

    @Test
    void thereIsAtLeastOneFeature() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BatchNormState.initial(0, BatchNormConfig.DEFAULT))
                .withMessage("num_features is 0; expected 1 or more");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BatchNormState.of(NEITHER, -3, null, null, null, null, 0))
                .withMessage("num_features is -3; expected 1 or more");
    }
}
