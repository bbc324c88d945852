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
 * {@code infinity}, in any case and with a sign, are numbers; {@code NA} and an empty cell are null.
 *
 * @param name the name of the column
 * @param inferred the type that Spark infers; string if no types are inferred
 * @param nullText another text for null
 * @param nanText another text for NaN
 * @param positiveText another text for infinity
 * @param negativeText another text for -infinity
 */
record NumberCell(
        String name, DataType inferred, String nullText, String nanText, String positiveText, String negativeText)
        implements Serializable {
    private static final long serialVersionUID = 1L;

    // The kinds of cells, one bit for each.
    static final int INTEGER = 1;
    static final int BOOLEAN = 2;
    static final int NUMBER = 4;
    static final int TEXT = 8;
    /** A bit beside that of another kind, or alone for null: Spark's reader would read another value. */
    static final int NOT_SPARKS = 16;

    /** Integers of this many digits fit into a long. */
    private static final int DIGITS_OF_LONGS = 18;

    private static final Set<String> NOT_FINITE = Set.of("nan", "inf", "infinity");
    private static final Set<String> BOOLEANS = Set.of("true", "false");

    /** The cells of a column, with the texts for null, NaN and infinities that the reader's options give. */
    static NumberCell of(String name, DataType inferred, ReaderOptions csv) {
        return new NumberCell(
                name,
                inferred,
                csv.get("nullValue", ""),
                csv.get("nanValue", "nan"),
                csv.get("positiveInf", "inf"),
                csv.get("negativeInf", "-inf"));
    }

    /** The kind of a cell; 0 for null. */
    int kind(@Nullable String cell) {
        if (cell == null) {
            return 0;
        }
        String text = read(cell);
        if (text == null) {
            return NOT_SPARKS;
        }
        int number = number(text);
        if (number == TEXT && NOT_FINITE.contains(unsigned(text))) {
            return NUMBER | NOT_SPARKS;
        }
        if (number == TEXT && BOOLEANS.contains(text.toLowerCase(Locale.ROOT))) {
            return BOOLEAN | NOT_SPARKS;
        }
        boolean maybeTooLong = number == INTEGER && text.length() > DIGITS_OF_LONGS;
        return text.equals(cell) && !maybeTooLong ? number : number | NOT_SPARKS;
    }

    /** A cell without blanks around it and with the default texts for NaN and infinities; null for null. */
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

    /** Integer, number or text. Texts such as 12d and 0x1p3, which Java would read, are no numbers. */
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

    /** The column of the kinds of cells. */
    Column kinds() {
        UDF1<@Nullable String, Integer> kind = this::kind;
        return functions.udf(kind, DataTypes.IntegerType).apply(CsvInput.column(name));
    }

    /**
     * The kind of cells that are wrong in a column with some kinds of cells: text, or booleans beside numbers; 0 if all
     * are right.
     */
    static int odd(int kinds) {
        if ((kinds & TEXT) != 0) {
            return TEXT;
        }
        return (kinds & BOOLEAN) != 0 && (kinds & (INTEGER | NUMBER)) != 0 ? BOOLEAN : 0;
    }

    /** The type of a column with some kinds of cells. */
    DataType type(int kinds) {
        int numbers = kinds & ~NOT_SPARKS;
        if (numbers == INTEGER) {
            boolean known = inferred instanceof NumericType && !(inferred instanceof DecimalType);
            return known ? inferred : DataTypes.LongType;
        }
        return numbers == BOOLEAN ? DataTypes.BooleanType : DataTypes.DoubleType;
    }

    /** Whether Spark's reader reads a column with some kinds of cells correctly. */
    boolean isSparks(int kinds) {
        return (kinds & NOT_SPARKS) == 0;
    }

    /** The values of a column with some kinds of cells. */
    Column values(int kinds) {
        Column cell = CsvInput.column(name);
        DataType type = type(kinds);
        if (isSparks(kinds)) {
            return cell;
        }
        UDF1<@Nullable String, @Nullable Object> value =
                switch (kinds & ~NOT_SPARKS) {
                    case INTEGER -> this::integer;
                    case BOOLEAN -> this::truth;
                    default -> this::decimal;
                };
        DataType returned = (kinds & ~NOT_SPARKS) == INTEGER ? DataTypes.LongType : type;
        return functions.udf(value, returned).apply(cell).cast(type).as(name);
    }

    private @Nullable Object integer(@Nullable String cell) {
        String text = cell == null ? null : read(cell);
        if (text == null) {
            return null;
        }
        try {
            return Long.valueOf(text);
        } catch (NumberFormatException e) {
            // The largest long is refused, too: a double does not hold it exactly.
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
