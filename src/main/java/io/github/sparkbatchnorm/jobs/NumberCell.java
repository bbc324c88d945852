package io.github.sparkbatchnorm.jobs;

import org.apache.spark.sql.Column;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.DecimalType;
import org.apache.spark.sql.types.NumericType;

/**
 * The cells of a csv column of numbers, as numpy, pandas and R write them: {@code nan}, {@code inf} and
 * {@code infinity} in any case, with a sign, are numbers; {@code NA} and nothing are null.
 *
 * @param name of the column
 * @param text the cells without blanks around them, null where there is no number
 * @param inferred the type that Spark infers, string if it was not asked
 */
record NumberCell(String name, Column text, DataType inferred) {
    /** Kinds of cells, a bit each. */
    static final byte NULL = 0;

    static final byte INTEGER = 1;
    static final byte BOOLEAN = 2;
    static final byte NUMBER = 4;
    static final byte TEXT = 8;

    private static final String DIGITS = "^[+-]?\\d+$";
    /** Not all that Java reads as a number: it takes 12d and 0x1p3, too. */
    private static final String DECIMAL = "^[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?$";

    private static final String NOT_FINITE = "(?i)^([+-]?nan|[+-]?inf|[+-]?infinity)$";

    /** @param csv the options of the reader; what they say wins */
    static NumberCell of(String name, DataType inferred, ReaderOptions csv) {
        Column text = functions.trim(CsvInput.column(name));
        Column number = functions
                .when(
                        text.equalTo(csv.get("nullValue", "")),
                        functions.lit(null).cast(DataTypes.StringType))
                .when(text.equalTo(csv.get("nanValue", "NaN")), "NaN")
                .when(text.equalTo(csv.get("positiveInf", "Inf")), "Infinity")
                .when(text.equalTo(csv.get("negativeInf", "-Inf")), "-Infinity")
                .when(text.isin("", "NA").equalTo(false), text);
        return new NumberCell(name, number, inferred);
    }

    /** What a cell is: one of the kinds, as a byte. */
    Column kind() {
        return functions
                .when(text.isNull(), NULL)
                .when(text.rlike(DIGITS), INTEGER)
                .when(text.rlike(DECIMAL).or(text.rlike(NOT_FINITE)), NUMBER)
                .when(functions.lower(text).isin("true", "false"), BOOLEAN)
                .otherwise(TEXT)
                .cast(DataTypes.ByteType);
    }

    /**
     * The kind of cells that are no number in a column of some kinds: text, or booleans beside numbers; {@link #NULL}
     * if there are none.
     */
    static byte odd(int kinds) {
        if ((kinds & TEXT) != 0) {
            return TEXT;
        }
        return (kinds & BOOLEAN) != 0 && kinds != BOOLEAN ? BOOLEAN : NULL;
    }

    /** The values of a column of some kinds. */
    Column values(int kinds) {
        if (kinds == INTEGER) {
            boolean known = inferred instanceof NumericType && !(inferred instanceof DecimalType);
            // Beyond all longs is beyond what a double holds, too: the largest long stands for it, and is refused.
            Column value = functions.coalesce(
                    text.try_cast(DataTypes.LongType), functions.when(text.isNotNull(), functions.lit(Long.MAX_VALUE)));
            return (known ? value.cast(inferred) : value).as(name);
        }
        DataType type = kinds == BOOLEAN ? DataTypes.BooleanType : DataTypes.DoubleType;
        // Spark knows NaN without a sign only.
        Column value = functions.regexp_replace(text, functions.lit("(?i)^[+-]nan$"), functions.lit("NaN"));
        return value.try_cast(type).as(name);
    }
}
