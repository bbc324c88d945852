package io.github.sparkbatchnorm.layer;

import static io.github.sparkbatchnorm.layer.LayerTesting.batch;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import java.math.BigDecimal;
import java.math.MathContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Presets give what the scalers give, by decimals of 60 digits. */
class PresetTest {
    private static final MathContext DIGITS = new MathContext(60);
    private static final double[] VALUES = {1e9 + 1, 1e9 - 2.5, 1e9 + 0.125, 1e9};
    private static final double[] CONSTANT = {0.1, 0.1, 0.1, 0.1};

    private static double y(BatchNormState state, int channel, double x) {
        return ChannelTransform.ofRunning(state, NonFinitePolicy.PROPAGATE).apply(channel, x);
    }

    @ParameterizedTest
    @CsvSource({
        "STANDARD_SCALER, true, true", "STANDARD_SCALER, true, false", "STANDARD_SCALER, false, true",
        "STANDARD_SCALER, false, false", "SKLEARN, true, true", "SKLEARN, true, false",
        "SKLEARN, false, true", "SKLEARN, false, false"
    })
    void eachDoesWhatItsScalerDoes(Preset preset, boolean centres, boolean scales) {
        ChannelStatistics statistics = batch(VALUES, CONSTANT);
        BatchNormState state = preset.state(statistics, centres, scales);
        assertThat(state.config().momentum()).isNull();
        assertThat(state.config().eps()).isZero();
        assertThat(state.numBatchesTracked()).isEqualTo(1);
        BigDecimal mean = BigDecimal.ZERO;
        for (double value : VALUES) {
            mean = mean.add(new BigDecimal(value));
        }
        mean = mean.divide(new BigDecimal(4), DIGITS);
        BigDecimal spread = BigDecimal.ZERO;
        for (double value : VALUES) {
            spread = spread.add(new BigDecimal(value).subtract(mean).pow(2));
        }
        BigDecimal divisor = new BigDecimal(preset == Preset.STANDARD_SCALER ? 3 : 4);
        BigDecimal deviation = spread.divide(divisor, DIGITS).sqrt(DIGITS);
        for (double value : VALUES) {
            BigDecimal expected = new BigDecimal(value).subtract(centres ? mean : BigDecimal.ZERO);
            expected = scales ? expected.divide(deviation, DIGITS) : expected;
            double error =
                    new BigDecimal(y(state, 0, value)).subtract(expected).abs().doubleValue();
            assertThat(error).isLessThanOrEqualTo(1e-15 * Math.abs(expected.doubleValue()));
        }
        double ofConstant = scales && preset == Preset.STANDARD_SCALER ? 0 : centres ? 0 : 0.1;
        assertThat(y(state, 1, 0.1)).isEqualTo(ofConstant);
        double other = scales && preset == Preset.STANDARD_SCALER ? 0 : centres ? 2 - 0.1 : 2;
        assertThat(y(state, 1, 2)).isEqualTo(other);
    }

    @ParameterizedTest
    @CsvSource({"STANDARD_SCALER, 0", "SKLEARN, 5"})
    void oneValueCountsAsConstant(Preset preset, double expected) {
        BatchNormState state = preset.state(batch(new double[] {3}), true, true);
        assertThat(y(state, 0, 3)).isZero();
        assertThat(y(state, 0, 8)).isEqualTo(expected);
    }

    @Test
    void defaultsAreThoseOfTheLibraries() {
        assertThat(Preset.STANDARD_SCALER.withMeanByDefault()).isFalse();
        assertThat(Preset.SKLEARN.withMeanByDefault()).isTrue();
    }

    @Test
    void aChannelWithoutValuesIsRefused() {
        assertThatThrownBy(() -> Preset.SKLEARN.state(ChannelMoments.empty(2).statistics(), true, true))
                .isInstanceOf(BatchNormException.class)
                .hasMessage("channel 0 has no values to fit to; expected one or more in each channel");
    }

    @Test
    void whatIsNotFinitePropagates() {
        BatchNormState state = Preset.STANDARD_SCALER.state(batch(new double[] {1, Double.NaN}), true, true);
        assertThat(y(state, 0, 1)).isNaN();
    }
}
