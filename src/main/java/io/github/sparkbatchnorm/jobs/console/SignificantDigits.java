package io.github.sparkbatchnorm.jobs.console;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;

/** Numbers for tables, with seven significant digits. */
public final class SignificantDigits {
    private static final MathContext DIGITS = new MathContext(7);

    private SignificantDigits() {}

    /** A number in plain notation, or with an exponent where that would be long. */
    public static String format(double value) {
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            return Double.toString(value);
        }
        if (value == 0) {
            return "0";
        }
        BigDecimal rounded = new BigDecimal(value).round(DIGITS).stripTrailingZeros();
        int exponent = rounded.precision() - rounded.scale() - 1;
        if (exponent >= -4 && exponent < 9) {
            return rounded.toPlainString();
        }
        String mantissa = new BigDecimal(rounded.unscaledValue(), rounded.precision() - 1).toPlainString();
        return mantissa + String.format(Locale.ROOT, "e%+03d", exponent);
    }
}
