package io.github.sparkbatchnorm.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BatchNormConfigTest {
    @Test
    void defaultsAreThoseOfTorch() {
        assertThat(BatchNormConfig.DEFAULT).isEqualTo(new BatchNormConfig(1e-5, 0.1, true, true));
    }

    @Test
    void eachSettingIsChangedAlone() {
        BatchNormConfig config = BatchNormConfig.DEFAULT;
        assertThat(config.withEps(0.5)).isEqualTo(new BatchNormConfig(0.5, 0.1, true, true));
        assertThat(config.withMomentum(0.5)).isEqualTo(new BatchNormConfig(1e-5, 0.5, true, true));
        assertThat(config.withCumulativeAverage()).isEqualTo(new BatchNormConfig(1e-5, null, true, true));
        assertThat(config.withAffine(false)).isEqualTo(new BatchNormConfig(1e-5, 0.1, false, true));
        assertThat(config.withTrackRunningStats(false)).isEqualTo(new BatchNormConfig(1e-5, 0.1, true, false));
    }

    @Test
    void endsOfTheRangesAreAllowed() {
        assertThat(new BatchNormConfig(0, 0.0, false, false).momentum()).isZero();
        assertThat(new BatchNormConfig(Double.MAX_VALUE, 1.0, false, false).momentum())
                .isEqualTo(1);
        assertThat(new BatchNormConfig(0, null, false, false).momentum()).isNull();
    }

    @ParameterizedTest
    @ValueSource(doubles = {-1e-300, Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
    void epsIsFiniteAndNotNegative(double eps) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new BatchNormConfig(eps, 0.1, true, true))
                .withMessage("eps is " + eps + "; expected a finite number, 0 or more");
    }

    @ParameterizedTest
    @ValueSource(doubles = {-0.1, 1.0000001, Double.NaN, Double.POSITIVE_INFINITY})
    void momentumIsFromZeroToOne(double momentum) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new BatchNormConfig(1e-5, momentum, true, true))
                .withMessage("momentum is " + momentum
                        + "; expected a number from 0 to 1, or none for the cumulative average");
    }
}
