package io.github.sparkbatchnorm.layer;

import static io.github.sparkbatchnorm.layer.LayerTesting.batch;
import static io.github.sparkbatchnorm.layer.LayerTesting.values;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class ForwardStatisticsTest {
    private static final double INFINITY = Double.POSITIVE_INFINITY;

    @Test
    void batchHasItsMeanAndBiasedVariance() {
        ForwardStatistics statistics = ForwardStatistics.ofBatch(batch(values(1, 3), values(4, 4)), 3);
        assertThat(statistics.mean()).containsExactly(2, 4);
        assertThat(statistics.invstd()).containsExactly(0.5, 1 / Math.sqrt(3));
    }

    @Test
    void constantChannelOfABatchWithoutEpsHasInvstdZero() {
        assertThat(ForwardStatistics.ofBatch(batch(values(4, 4)), 0).invstd()).containsExactly(0);
    }

    @Test
    void stateHasItsRunningStatistics() {
        BatchNormConfig config = new BatchNormConfig(0, 0.1, false, true);
        BatchNormState state = BatchNormState.of(config, 2, null, null, values(5, 6), values(4, 0), 1);
        ForwardStatistics statistics = ForwardStatistics.ofRunning(state);
        assertThat(statistics.mean()).containsExactly(5, 6);
        assertThat(statistics.invstd()).containsExactly(0.5, INFINITY);
    }

    @Test
    void arraysAreCopies() {
        ForwardStatistics statistics = ForwardStatistics.ofBatch(batch(values(1, 3)), 3);
        statistics.mean()[0] = 99;
        statistics.invstd()[0] = 99;
        assertThat(statistics.mean()).containsExactly(2);
        assertThat(statistics.invstd()).containsExactly(0.5);
    }

    @Test
    void runningStatisticsMustBeThere() {
        BatchNormState state = BatchNormState.initial(1, new BatchNormConfig(0, 0.1, false, false));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ForwardStatistics.ofRunning(state))
                .withMessage("the state has no running statistics; expected running_mean and running_var");
    }
}
