package io.github.sparkbatchnorm.regression.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.regression.exact.ExactAccumulator;
import io.github.sparkbatchnorm.regression.exact.ExactMoments;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.stream.DoubleStream;
import org.apache.spark.sql.functions;
import org.junit.jupiter.api.Test;

/** The exact answers, by hand. */
final class AuditFunctionTest {
    private static ExactMoments moments(double... values) {
        ExactAccumulator accumulator = new ExactAccumulator();
        DoubleStream.of(values).forEach(accumulator::add);
        return accumulator.moments();
    }

    private static String exact(AuditFunction function, double... values) {
        return function.exact(moments(values), false).toString();
    }

    @Test
    void exactAnswersAreRoundedOnce() {
        assertThat(exact(AuditFunction.SUM, 1e16, 1, -1e16)).isEqualTo("1.0");
        assertThat(exact(AuditFunction.AVG, 0.1, 0.1, 0.1)).isEqualTo("0.1");
        assertThat(exact(AuditFunction.VAR_POP, 1e16, 1e16 + 2)).isEqualTo("1.0");
        assertThat(exact(AuditFunction.VAR_SAMP, 1e16, 1e16 + 2)).isEqualTo("2.0");
        assertThat(exact(AuditFunction.STDDEV_POP, 1, 0, 0)).isEqualTo(root("2", "9"));
        assertThat(exact(AuditFunction.STDDEV, 1, 0, 0)).isEqualTo(root("1", "3"));
        assertThat(exact(AuditFunction.SCALER_STD, 1, 0, 0)).isEqualTo(root("1", "3"));
        assertThat(exact(AuditFunction.VAR_POP, 0.1, 0.1, 0.1)).isEqualTo("0.0");
    }

    private static String root(String dividend, String divisor) {
        MathContext digits = new MathContext(60);
        BigDecimal root =
                new BigDecimal(dividend).divide(new BigDecimal(divisor), digits).sqrt(digits);
        return Double.toString(root.doubleValue());
    }

    @Test
    void valuesThatAreNotFiniteMakeWords() {
        double infinity = Double.POSITIVE_INFINITY;
        assertThat(exact(AuditFunction.SUM, 1, infinity)).isEqualTo("Infinity");
        assertThat(exact(AuditFunction.SUM, infinity, -infinity)).isEqualTo("NaN");
        assertThat(exact(AuditFunction.SUM, Double.MAX_VALUE, Double.MAX_VALUE)).isEqualTo("Infinity");
        assertThat(exact(AuditFunction.AVG, 1, -infinity)).isEqualTo("-Infinity");
        for (AuditFunction function : AuditFunction.values()) {
            if (function.quantity().isSpread()) {
                assertThat(exact(function, 1, infinity))
                        .describedAs("%s", function)
                        .isEqualTo("NaN");
            }
        }
    }

    @Test
    void fewValuesGiveWhatSparkDefines() {
        assertThat(exact(AuditFunction.SUM)).isEqualTo("null");
        assertThat(exact(AuditFunction.STDDEV_POP)).isEqualTo("null");
        assertThat(exact(AuditFunction.STDDEV_POP, 3)).isEqualTo("0.0");
        assertThat(exact(AuditFunction.VAR_SAMP, 3)).isEqualTo("null");
        assertThat(AuditFunction.VAR_SAMP.exact(moments(3), true)).hasToString("NaN");
        assertThat(AuditFunction.VAR_POP.exact(moments(3), true)).hasToString("0.0");
        assertThat(exact(AuditFunction.SUMMARIZER_VARIANCE, 3)).isEqualTo("0.0");
        assertThat(exact(AuditFunction.SCALER_STD, 3)).isEqualTo("0.0");
        assertThat(AuditFunction.SUM.isDefinedFor(moments())).isTrue();
        assertThat(AuditFunction.SUMMARIZER_MEAN.isDefinedFor(moments())).isFalse();
    }

    @Test
    void functionsOfVectorsAreNoAggregatesOfNumbers() {
        assertThatThrownBy(() -> AuditFunction.SCALER_STD.aggregate(functions.col("x")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("StandardScaler.std is no aggregate of numbers");
    }
}
