package io.github.sparkbatchnorm.jobs;

import java.math.BigDecimal;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Converts a whole number, such as {@code 1000000} or {@code 1e9}. */
final class CountConverter implements ITypeConverter<Long> {
    @Override
    public Long convert(String text) {
        try {
            return new BigDecimal(text).longValueExact();
        } catch (NumberFormatException e) {
            throw wrong(text);
        } catch (ArithmeticException e) { // a fraction, or too many digits
            throw wrong(text);
        }
    }

    private static TypeConversionException wrong(String text) {
        return new TypeConversionException(
                "expected a whole number below 2^63, such as 1000000 or 1e9, found '" + text + "'");
    }
}
