package io.github.sparkbatchnorm.layer;

import static io.github.sparkbatchnorm.layer.LayerTesting.batch;
import static io.github.sparkbatchnorm.layer.LayerTesting.moments;
import static io.github.sparkbatchnorm.layer.LayerTesting.values;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Running statistics over batches, in training. */
class RunningStatisticsTest {
    private static final double NAN = Double.NaN;
    private static final double INFINITY = Double.POSITIVE_INFINITY;

    private static BatchNormState layer(int channels, @Nullable Double momentum) {
        return BatchNormState.initial(channels, new BatchNormConfig(1e-5, momentum, true, true));
    }

    private static BatchNormState after(BatchNormState state, ChannelStatistics... batches) {
        return state.afterBatches(List.of(batches), NonFinitePolicy.PROPAGATE);
    }

    @Test
    void momentumIsTheWeightOfTheNewValueAndTheVarianceIsUnbiased() {
        BatchNormState state = after(layer(1, 0.25), batch(values(1, 3))); // mean 2, unbiased variance 2
        assertThat(state.runningMean()).containsExactly(0.5);
        assertThat(state.runningVar()).containsExactly(1.25);
        assertThat(state.numBatchesTracked()).isEqualTo(1);
    }

    @Test
    void momentumNoneIsTheMeanOverBatchesWhateverTheirSizes() {
        ChannelStatistics small = batch(values(1, 3)); // mean 2, unbiased variance 2
        ChannelStatistics large = batch(values(4, 4, 4, 4, 4)); // mean 4, variance 0
        BatchNormState state = after(layer(1, null), small);
        assertThat(state.runningMean()).containsExactly(2);
        assertThat(state.runningVar()).containsExactly(2);
        state = after(state, large);
        assertThat(state.runningMean()).containsExactly(3);
        assertThat(state.runningVar()).containsExactly(1);
        assertThat(state.numBatchesTracked()).isEqualTo(2);
    }

    @Test
    void momentumOneKeepsTheLastBatchAndMomentumZeroTheFirstValues() {
        ChannelStatistics[] batches = {batch(values(7, 8, 9)), batch(values(1e300, 1.5e300)), batch(values(1, 3))};
        BatchNormState last = after(layer(1, 1.0), batches[0], batches[2]);
        assertThat(last.runningMean()).containsExactly(2);
        assertThat(last.runningVar()).containsExactly(2);
        BatchNormState first = after(layer(1, 0.0), batches[0], batches[2]);
        assertThat(first.runningMean()).containsExactly(0);
        assertThat(first.runningVar()).containsExactly(1);
        assertThat(first.numBatchesTracked()).isEqualTo(2);
    }

    @Property(tries = 100)
    void foldingAtOnceIsFoldingOneByOne(
            @ForAll long seed, @ForAll @IntRange(max = 6) int count, @ForAll boolean cumulative) {
        Random random = new Random(seed);
        List<ChannelStatistics> batches = new ArrayList<>();
        BatchNormState one = layer(2, cumulative ? null : 0.3);
        BatchNormState initial = one;
        for (int b = 0; b < count; b++) {
            ChannelStatistics batch = batch(
                    random.doubles(2 + random.nextInt(5)).toArray(),
                    random.doubles(2 + random.nextInt(5)).toArray());
            batches.add(batch);
            one = after(one, batch);
        }
        assertThat(initial.afterBatches(batches, NonFinitePolicy.PROPAGATE)).isEqualTo(one);
        assertThat(one.numBatchesTracked()).isEqualTo(count);
    }

    @Test
    void theStateBeforeIsUntouched() {
        BatchNormState before = layer(1, 0.1);
        assertThat(after(before, batch(values(1, 2)))).isNotEqualTo(before);
        assertThat(before).isEqualTo(layer(1, 0.1));
    }

    @Test
    void theStateIsUntouchedAfterAFailure() {
        BatchNormState before = layer(1, 0.1);
        ChannelStatistics good = batch(values(1, 2));
        assertThatThrownBy(() -> after(before, good, batch(values(5)))).isInstanceOf(BatchNormException.class);
        assertThatThrownBy(() -> after(before, good, batch(values(1, 2), values(1, 2))))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(before).isEqualTo(layer(1, 0.1));
    }

    @Test
    void noBatchChangesNothing() {
        assertThat(after(layer(3, null))).isEqualTo(layer(3, null));
    }

    @ParameterizedTest
    @EnumSource(NonFinitePolicy.class)
    void emptyBatchDoesNotExist(NonFinitePolicy policy) {
        ChannelStatistics empty = ChannelMoments.empty(2).statistics();
        ChannelStatistics full = batch(values(1, 3), values(5, 5));
        assertThat(layer(2, null).afterBatches(List.of(empty, full, empty), policy))
                .isEqualTo(after(layer(2, null), full));
    }

    @Test
    void channelWithoutValuesKeepsItsRunningStatistics() {
        BatchNormState before =
                BatchNormState.of(layer(2, 0.5).config(), 2, values(1, 1), values(0, 0), values(4, 5), values(6, 7), 3);
        BatchNormState after = after(before, batch(values(1, 3), values()));
        assertThat(after.runningMean()).containsExactly(3, 5);
        assertThat(after.runningVar()).containsExactly(4, 7);
        assertThat(after.numBatchesTracked()).isEqualTo(4);
    }

    @Test
    void layerThatDoesNotTrackStaysAsItIs() {
        BatchNormState never = BatchNormState.initial(1, new BatchNormConfig(1e-5, 0.1, true, false));
        assertThat(after(never, batch(values(1, 3)))).isEqualTo(never);
        BatchNormState noLonger = after(layer(1, 0.1), batch(values(1, 3))).withoutTracking();
        assertThat(after(noLonger, batch(values(5, 9)))).isEqualTo(noLonger);
    }

    @Test
    void valuesThatAreNotFiniteStayInTheirChannel() {
        BatchNormState clean = after(layer(4, 0.1), batch(values(1, 2), values(1, 2), values(1, 2), values(1, 2)));
        BatchNormState state = after(
                layer(4, 0.1), batch(values(1, NAN), values(1, 2), values(INFINITY, 1), values(INFINITY, -INFINITY)));
        assertThat(state.runningMean()).containsExactly(NAN, clean.runningMean()[1], INFINITY, NAN);
        assertThat(state.runningVar()).containsExactly(NAN, clean.runningVar()[1], NAN, NAN);
        assertThat(state.numBatchesTracked()).isEqualTo(1);
    }

    @Test
    void nanStaysAsInTorchAlsoWhereTheNewValueHasAllTheWeight() {
        BatchNormState nan = after(layer(1, 1.0), batch(values(1, NAN)));
        assertThat(after(nan, batch(values(1, 3))).runningMean()).containsExactly(NAN);
        BatchNormState weightless = after(layer(1, 0.0), batch(values(1, NAN)));
        assertThat(weightless.runningMean()).containsExactly(NAN);
    }

    @Test
    void skipLeavesOutTheWholeBatch() {
        ChannelStatistics bad = batch(values(1, 2), values(1, -INFINITY));
        ChannelStatistics good = batch(values(1, 3), values(4, 4));
        for (Double momentum : new Double[] {0.1, null}) {
            BatchNormState before = layer(2, momentum);
            assertThat(before.afterBatches(List.of(bad), NonFinitePolicy.SKIP_BATCH))
                    .isEqualTo(before);
            assertThat(before.afterBatches(List.of(bad, good, bad), NonFinitePolicy.SKIP_BATCH))
                    .isEqualTo(after(before, good));
        }
    }

    @Test
    void ignoreLeavesOutTheValuesThatAreNotFinite() {
        ChannelMoments some = moments(values(1, NAN, 3), values(4, 5), values(NAN, INFINITY));
        BatchNormState before = layer(3, 0.5);
        BatchNormState state = before.afterBatches(List.of(some.finiteStatistics()), NonFinitePolicy.IGNORE);
        assertThat(state).isEqualTo(after(before, batch(values(1, 3), values(4, 5), values())));
        assertThat(state.runningMean()[2]).isZero();
        assertThat(state.runningVar()[2]).isEqualTo(1);
    }

    @Test
    void batchThatIgnoreEmptiesDoesNotExist() {
        ChannelStatistics bad = moments(values(NAN), values(INFINITY, NAN)).finiteStatistics();
        assertThat(layer(2, null).afterBatches(List.of(bad), NonFinitePolicy.IGNORE))
                .isEqualTo(layer(2, null));
    }

    @Test
    void oneValueInAChannelIsTheErrorOfTorch() {
        ChannelStatistics one = batch(values(1, 2), values(5), values(3, 4));
        String message = "Expected more than 1 value per channel when training, got input size [1, 3]";
        assertThatThrownBy(() -> BatchNormState.requireMoreThanOneValue(one, null))
                .isInstanceOf(BatchNormException.class)
                .hasMessage(message);
        assertThatThrownBy(() -> BatchNormState.requireMoreThanOneValue(one, 7L))
                .isInstanceOf(BatchNormException.class)
                .hasMessage(message + " (batch 7)");
        assertThatThrownBy(() -> after(layer(3, 0.1), batch(values(1, 2), values(1, 2), values(1, 2)), one))
                .isInstanceOf(BatchNormException.class)
                .hasMessage(message);
    }

    @Test
    void oneValueLeftByIgnoreIsTheErrorToo() {
        ChannelMoments left = moments(values(1, NAN));
        assertThatNoException().isThrownBy(() -> BatchNormState.requireMoreThanOneValue(left.statistics(), null));
        assertThatThrownBy(() -> BatchNormState.requireMoreThanOneValue(left.finiteStatistics(), null))
                .hasMessageEndingWith("got input size [1, 1]");
    }

    @Test
    void noValueInAChannelIsNoError() {
        ChannelStatistics batch = batch(values(), values(1, 3));
        assertThatNoException().isThrownBy(() -> BatchNormState.requireMoreThanOneValue(batch, null));
        assertThat(after(layer(2, 1.0), batch).runningMean()).containsExactly(0, 2);
    }

    @Test
    void batchOfOtherChannelsIsAnError() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> after(layer(3, 0.1), batch(values(1, 2), values(1, 2))))
                .withMessage("a batch of 2 channels; expected num_features, 3");
    }
}
