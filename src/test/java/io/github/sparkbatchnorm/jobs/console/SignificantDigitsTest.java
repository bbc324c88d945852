package io.github.sparkbatchnorm.jobs.console;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SignificantDigitsTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "-0.0, 0",
        "1, 1",
        "-2.5, -2.5",
        "0.3333333333333333, 0.3333333",
        "123456789, 123456800",
        "1234567891, 1.234568e+09",
        "0.00012345678, 0.0001234568",
        "0.000012345678, 1.234568e-05",
        "1e-310, 1e-310",
        "-1.7976931348623157e308, -1.797693e+308",
        "9999999.96, 10000000",
        "NaN, NaN",
        "-Infinity, -Infinity",
    })
    void numbersHaveSevenDigits(double value, String text) {
        assertThat(SignificantDigits.format(value)).isEqualTo(text);
    }
}
