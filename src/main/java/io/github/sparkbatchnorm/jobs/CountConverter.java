package io.github.sparkbatchnorm.jobs;

import java.math.BigDecimal;
import java.util.Optional;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Converts a whole number, such as {@code 1000000} or {@code 1e9}. */
final class CountConverter implements ITypeConverter<Long> {
    @Override
    public Long convert(String text) {
        return read(text)
                .orElseThrow(() -> new TypeConversionException(
                        "expected a whole number below 2^63, such as 1000000 or 1e9, found '" + text + "'"));
    }

    /** The whole number in a text; empty if it is none, or does not fit a long. */
    static Optional<Long> read(String text) {
        try {
            return Optional.of(new BigDecimal(text).longValueExact());
        } catch (NumberFormatException | ArithmeticException e) {
            return Optional.empty();
        }
    }
}
