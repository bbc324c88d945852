package io.github.sparkbatchnorm.io;

import static io.github.sparkbatchnorm.io.FormatTesting.written;
import static io.github.sparkbatchnorm.io.StateFormat.SKLEARN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SklearnJsonTest {
    private static final BatchNormConfig CONFIG = new BatchNormConfig(0, null, true, true);

    /** What scikit-learn 1.2.1 fits to the rows (1, 5, 0.1), (2, 5, 0.2), (4, 5, 0.4), written by Python's json. */
    private static final String FITTED = "{\"mean_\": [2.3333333333333335, 5.0, 0.23333333333333336], "
            + "\"var_\": [1.5555555555555554, 0.0, 0.015555555555555559], "
            + "\"scale_\": [1.247219128924647, 1.0, 0.12472191289246473], \"n_samples_seen_\": 3}";

    private static BatchNormState state(double... var) {
        double[] mean = new double[var.length];
        double[] weight = new double[var.length];
        for (int c = 0; c < var.length; c++) {
            mean[c] = c / 3.0;
            weight[c] = 1;
        }
        return BatchNormState.of(CONFIG, var.length, weight, new double[var.length], mean, var, 1);
    }

    private static BatchNormState read(String json) {
        return SKLEARN.read(json.getBytes(StandardCharsets.UTF_8), "f", FormatOptions.DEFAULT);
    }

    @Test
    void theScaleIsTheRootOfTheVarianceAndOneOfNone() {
        assertThat(new String(written(SKLEARN, state(4, 0, 1, 0.09), FormatOptions.DEFAULT), StandardCharsets.UTF_8))
                .isEqualTo(
                        """
                        {
                          "mean_": [0.0,0.3333333333333333,0.6666666666666666,1.0],
                          "var_": [4.0,0.0,1.0,0.09],
                          "scale_": [2.0,1.0,1.0,0.3],
                          "n_samples_seen_": null
                        }
                        """);
        assertThat(new String(
                        written(SKLEARN, state(4), FormatOptions.DEFAULT.withSampleCount(178)), StandardCharsets.UTF_8))
                .endsWith("  \"n_samples_seen_\": 178\n}\n");
    }

    @Test
    void aStateComesBackWithItsBits() {
        double[] var = {1e-300, 0.1, 1 / 3.0, Double.MIN_VALUE, 1e300, Double.NaN, Double.POSITIVE_INFINITY, 1};
        byte[] file = written(SKLEARN, state(var), FormatOptions.DEFAULT);
        assertThat(SKLEARN.read(file, "f", FormatOptions.DEFAULT)).isEqualTo(state(var));
        // Where the variance is 0, x - mean is what StandardScaler means.
        assertThat(SKLEARN.read(written(SKLEARN, state(0, 2), FormatOptions.DEFAULT), "f", FormatOptions.DEFAULT))
                .isEqualTo(state(1, 2));
    }

    @Test
    void whatScikitLearnFittedIsRead() {
        BatchNormState state = read(FITTED);
        assertThat(state.runningMean()).containsExactly(2.3333333333333335, 5, 0.23333333333333336);
        assertThat(state.runningVar()).containsExactly(1.5555555555555554, 1, 1.5555555555555559e-2);
        assertThat(state.weight()).containsExactly(1, 1, 1);
        assertThat(state.bias()).containsExactly(0, 0, 0);
        assertThat(state.config()).isEqualTo(CONFIG);
        assertThat(state.numBatchesTracked()).isEqualTo(1);
        FormatOptions options = FormatOptions.DEFAULT.withEps(1e-5).withMomentum(0.1);
        assertThat(SKLEARN.read(FITTED.getBytes(StandardCharsets.UTF_8), "f", options)
                        .config())
                .isEqualTo(BatchNormConfig.DEFAULT);
    }

    @Test
    void aScalerWithoutTheMeanOrTheDeviationIsRead() {
        assertThat(read("{\"mean_\": [1, 2], \"var_\": null, \"scale_\": null, \"n_samples_seen_\": [3, 4]}")
                        .runningVar())
                .containsExactly(1, 1);
        BatchNormState scaled = read("{\"mean_\": null, \"var_\": [4], \"scale_\": [2], \"n_samples_seen_\": null}");
        assertThat(scaled.runningMean()).containsExactly(0);
        assertThat(scaled.runningVar()).containsExactly(4);
    }

    @Test
    void aChannelHeldForConstantHasTheVarianceOne() {
        // As scikit-learn fits 1e9, 1e9 + 1e-6, 1e9, where its own rounding is most of the variance.
        assertThat(read("{\"mean_\": [1e9], \"var_\": [2.02109934e-13], \"scale_\": [1.0], \"n_samples_seen_\": 3}")
                        .runningVar())
                .containsExactly(1);
    }

    @Test
    void pythonsNamesOfWhatIsNotFiniteAreRead() {
        BatchNormState state = read("{\"mean_\": [NaN, -Infinity, \"Infinity\"], \"var_\": [NaN, NaN, Infinity], "
                + "\"scale_\": [NaN, \"NaN\", Infinity], \"n_samples_seen_\": 3}");
        assertThat(state.runningMean()).containsExactly(Double.NaN, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);
        assertThat(state.runningVar()).containsExactly(Double.NaN, Double.NaN, Double.POSITIVE_INFINITY);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    1e-5 | 1   | 0    | eps is 1.0E-5; expected 0: StandardScaler has none
                    0    | 0.5 | 0    | weight[1] is 0.5; expected 1: StandardScaler has none
                    0    | NaN | 0    | weight[1] is NaN; expected 1: StandardScaler has none
                    0    | 1   | 1e-9 | bias[1] is 1.0E-9; expected 0: StandardScaler has none
                    """)
    void whatStandardScalerDoesNotHaveIsAnError(double eps, double weight, double bias, String message) {
        BatchNormState state = BatchNormState.of(
                CONFIG.withEps(eps),
                2,
                new double[] {1, weight},
                new double[] {0, bias},
                new double[2],
                new double[] {1, 1},
                1);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        assertThatThrownBy(() -> SKLEARN.write(state, out, FormatOptions.DEFAULT))
                .isInstanceOf(BatchNormException.class)
                .hasMessage(message);
        assertThat(out.size()).isZero();
    }

    @Test
    void aStateThatIsNotAffineIsWritten() throws Exception {
        BatchNormState state =
                BatchNormState.of(CONFIG.withAffine(false), 1, null, null, new double[] {2}, new double[] {9}, 1);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        assertThat(SKLEARN.write(state, out, FormatOptions.DEFAULT)).isEmpty();
        assertThat(out.toString(StandardCharsets.UTF_8)).contains("\"scale_\": [3.0]");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    "mean_"     | "mean"      | unknown key "mean"; the known ones are mean_, var_, scale_, n_samples_seen_
                    "mean_": [2.3333333333333335, 5.0, 0.23333333333333336], | `` | no key mean_; expected mean_, var_, scale_,
                    1.247219128924647 | 1.25 | scale_[0] is 1.25, but var_[0] is 1.5555555555555554; expected its square root, or 1
                    1.0, 0.12   | 0.0, 0.12   | scale_[1] is 0.0, but var_[1] is 0.0; expected its square root, or 1 of a constant
                    1.5555555555555554 | -1   | scale_[0] is 1.247219128924647, but var_[0] is -1.0; expected its square root
                    5.0, 0.23   | "x", 0.23   | mean_[1] is "\\"x\\""; expected a number, or one of the texts NaN,
                    5.0, 0.23   | null, 0.23  | mean_[1] is "null"; expected a number, or one of the texts NaN,
                    5.0, 0.23   | 0.23        | var_ has 3 values; expected 2, as mean_
                    "n_samples_seen_": 3 | "n_samples_seen_": 3.5 | n_samples_seen_ is "3.5"; expected a whole number, an
                    "n_samples_seen_": 3 | "n_samples_seen_": [3, "x"] | n_samples_seen_ is "[3,\\"x\\"]"; expected a whole
                    [1.247219128924647, 1.0, 0.12472191289246473] | null | of var_ and scale_ one is null; expected both or
                    [1.247219128924647, 1.0, 0.12472191289246473] | []   | scale_ is "[]"; expected an array of numbers or
                    [1.247219128924647, 1.0, 0.12472191289246473] | {}   | scale_ is "{}"; expected an array of numbers or
                    3}          | 3} {}       | it is not one JSON object; expected one with the keys mean_, var_,
                    3}          | 3           | not JSON: Unexpected end-of-input
                    "var_"      | "mean_"     | not JSON: Duplicate field 'mean_'; expected an object with the keys mean_,
                    """)
    void whatDoesNotFitIsNamedInOneLine(String part, String instead, String start) {
        assertThat(FITTED).contains(part);
        assertThatThrownBy(() -> read(FITTED.replace(part, instead)))
                .isInstanceOf(BatchNormException.class)
                .hasMessageStartingWith("f: " + start.replace("\\\\", "\\"))
                .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
    }

    @Test
    void otherTextIsNamedForWhatItIsNot() {
        for (String text : new String[] {"", " ", "[]", "1", "null", "\"mean_\""}) {
            assertThatThrownBy(() -> read(text))
                    .isInstanceOf(BatchNormException.class)
                    .hasMessage("f: it is not one JSON object; expected one with the keys mean_, var_, scale_, "
                            + "n_samples_seen_");
        }
    }
}
