package io.github.sparkbatchnorm.jobs.data;

import java.io.Serializable;
import java.util.Locale;
import java.util.Set;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.DecimalType;
import org.apache.spark.sql.types.NumericType;
import org.jspecify.annotations.Nullable;

/**
 * The cells of a csv column of numbers, as numpy, pandas and R write them: {@code nan}, {@code inf} and
 * {@code infinity} in any case, with a sign, are numbers; {@code NA} and nothing are null.
 *
 * @param name of the column
 * @param inferred the type that Spark infers, string if it was not asked
 * @param nullText what stands for null, besides nothing and {@code NA}
 * @param nanText what stands for NaN
 * @param positiveText what stands for infinity
 * @param negativeText what stands for -infinity
 */
record NumberCell(
        String name, DataType inferred, String nullText, String nanText, String positiveText, String negativeText)
        implements Serializable {
    private static final long serialVersionUID = 1L;

    // Kinds of cells, a bit each.
    static final int INTEGER = 1;
    static final int BOOLEAN = 2;
    static final int NUMBER = 4;
    static final int TEXT = 8;
    /** Beside another kind, or alone for null: Spark's reader does not read it so. */
    static final int OURS = 16;

    /** So many digits are a long in any case. */
    private static final int DIGITS_OF_LONGS = 18;

    private static final Set<String> NOT_FINITE = Set.of("nan", "inf", "infinity");
    private static final Set<String> BOOLEANS = Set.of("true", "false");

    /** Cells as a reader with these options takes them: its words for null, NaN and infinities win. */
    static NumberCell of(String name, DataType inferred, ReaderOptions csv) {
        return new NumberCell(
                name,
                inferred,
                csv.get("nullValue", ""),
                csv.get("nanValue", "nan"),
                csv.get("positiveInf", "inf"),
                csv.get("negativeInf", "-inf"));
    }

    /** What a cell is; 0 for none. */
    int kind(@Nullable String cell) {
        if (cell == null) {
            return 0;
        }
        String text = read(cell);
        if (text == null) {
            return OURS;
        }
        int number = number(text);
        if (number == TEXT && NOT_FINITE.contains(unsigned(text))) {
            return NUMBER | OURS;
        }
        if (number == TEXT && BOOLEANS.contains(text.toLowerCase(Locale.ROOT))) {
            return BOOLEAN | OURS;
        }
        boolean maybeTooLong = number == INTEGER && text.length() > DIGITS_OF_LONGS;
        return text.equals(cell) && !maybeTooLong ? number : number | OURS;
    }

    /** A cell without blanks around it, in our words; null where it stands for null. */
    private @Nullable String read(String cell) {
        String text = cell.strip();
        if (text.equals(nullText)) {
            return null;
        } else if (text.equals(nanText)) {
            return "nan";
        } else if (text.equals(positiveText)) {
            return "inf";
        } else if (text.equals(negativeText)) {
            return "-inf";
        }
        return text.isEmpty() || text.equals("NA") ? null : text;
    }

    private static String unsigned(String text) {
        boolean signed = text.startsWith("-") || text.startsWith("+");
        return (signed ? text.substring(1) : text).toLowerCase(Locale.ROOT);
    }

    /** Integer, number or text. Not all that Java reads as a number is one: it takes 12d and 0x1p3, too. */
    private static int number(String text) {
        int sign = text.startsWith("-") || text.startsWith("+") ? 1 : 0;
        int end = afterDigits(text, sign);
        int digits = end - sign;
        if (end == text.length()) {
            return digits > 0 ? INTEGER : TEXT;
        }
        if (text.charAt(end) == '.') {
            int fraction = end + 1;
            end = afterDigits(text, fraction);
            digits += end - fraction;
        }
        if (digits == 0 || end == text.length()) {
            return digits == 0 ? TEXT : NUMBER;
        }
        if (text.charAt(end) != 'e' && text.charAt(end) != 'E') {
            return TEXT;
        }
        int exponent = end + 1;
        if (exponent < text.length() && (text.charAt(exponent) == '-' || text.charAt(exponent) == '+')) {
            exponent++;
        }
        end = afterDigits(text, exponent);
        return end > exponent && end == text.length() ? NUMBER : TEXT;
    }

    private static int afterDigits(String text, int start) {
        int end = start;
        while (end < text.length() && text.charAt(end) >= '0' && text.charAt(end) <= '9') {
            end++;
        }
        return end;
    }

    /** {@link #kind} as a column. */
    Column kinds() {
        UDF1<@Nullable String, Integer> kind = this::kind;
        return functions.udf(kind, DataTypes.IntegerType).apply(CsvInput.column(name));
    }

    /**
     * The kind of cells that are no number in a column of some kinds: text, or booleans beside numbers; 0 if there are
     * none.
     */
    static int odd(int kinds) {
        if ((kinds & TEXT) != 0) {
            return TEXT;
        }
        return (kinds & BOOLEAN) != 0 && (kinds & (INTEGER | NUMBER)) != 0 ? BOOLEAN : 0;
    }

    /** The type of a column of some kinds. */
    DataType type(int kinds) {
        int numbers = kinds & ~OURS;
        if (numbers == INTEGER) {
            boolean known = inferred instanceof NumericType && !(inferred instanceof DecimalType);
            return known ? inferred : DataTypes.LongType;
        }
        return numbers == BOOLEAN ? DataTypes.BooleanType : DataTypes.DoubleType;
    }

    /** Whether Spark's reader makes the values of a column of some kinds; else they are read as text. */
    boolean isSparks(int kinds) {
        return (kinds & OURS) == 0;
    }

    /** The values of a column of some kinds. */
    Column values(int kinds) {
        Column cell = CsvInput.column(name);
        DataType type = type(kinds);
        if (isSparks(kinds)) {
            return cell;
        }
        UDF1<@Nullable String, @Nullable Object> value =
                switch (kinds & ~OURS) {
                    case INTEGER -> this::integer;
                    case BOOLEAN -> this::truth;
                    default -> this::decimal;
                };
        DataType made = (kinds & ~OURS) == INTEGER ? DataTypes.LongType : type;
        return functions.udf(value, made).apply(cell).cast(type).as(name);
    }

    private @Nullable Object integer(@Nullable String cell) {
        String text = cell == null ? null : read(cell);
        if (text == null) {
            return null;
        }
        try {
            return Long.valueOf(text);
        } catch (NumberFormatException e) {
            // Beyond all longs is beyond what a double holds, too: the largest long stands for it, and is refused.
            return Long.MAX_VALUE;
        }
    }

    private @Nullable Object truth(@Nullable String cell) {
        String text = cell == null ? null : read(cell);
        return text == null ? null : Boolean.valueOf(text);
    }

    private @Nullable Object decimal(@Nullable String cell) {
        String text = cell == null ? null : read(cell);
        if (text == null) {
            return null;
        }
        String word = unsigned(text);
        if (!NOT_FINITE.contains(word)) {
            return Double.valueOf(text);
        }
        double size = word.equals("nan") ? Double.NaN : Double.POSITIVE_INFINITY;
        return text.startsWith("-") ? -size : size;
    }
}
