package io.github.sparkbatchnorm.spark.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a text names in a schema. */
final class ColumnPathTest {
    private static final StructType SCHEMA = StructType.fromDDL("x DOUBLE, `g,h` DOUBLE, `s.x` DOUBLE, `a``b` DOUBLE,"
            + " s STRUCT<x: DOUBLE, y: DOUBLE, `p.q`: DOUBLE, t: STRUCT<x: INT NOT NULL>>, A DOUBLE, a DOUBLE");

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '"',
            delimiter = '|',
            textBlock =
                    """
                    x       | [x]       | x
                    X       | [x]       | x
                    A       | [A]       | A
                    `x`     | [x]       | x
                    g,h     | [g,h]     | `g,h`
                    `g,h`   | [g,h]     | `g,h`
                    s.x     | [s.x]     | `s.x`
                    `s.x`   | [s.x]     | `s.x`
                    `s`.x   | [s, x]    | s.x
                    s.y     | [s, y]    | s.y
                    S.Y     | [s, y]    | s.y
                    s.`p.q` | [s, p.q]  | s.`p.q`
                    s.t.x   | [s, t, x] | s.t.x
                    a`b     | [a`b]     | `a``b`
                    `a``b`  | [a`b]     | `a``b`
                    """)
    void aColumnOfThatNameWinsThenAField(String text, String parts, String written) {
        ColumnPath path = ColumnPath.find(SCHEMA, text);
        assertThat(path.parts()).hasToString(parts);
        assertThat(path).hasToString(written);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    z    | no column z; the columns are x, g,h, s.x
                    s.z  | no field z; the fields are x, y, p.q, t
                    x.y  | no column x.y: x is of type double; expected a struct
                    `s.y` | no column s.y; the columns are
                    `x   | column `x has a backquote that does not end
                    """)
    void whatNamesNothingIsRefused(String text, String message) {
        assertThatThrownBy(() -> ColumnPath.find(SCHEMA, text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    @Test
    void namesThatDifferInCaseOnlyAreToldApart() {
        assertThatThrownBy(() -> ColumnPath.find(StructType.fromDDL("Bb INT, bB INT"), "bb"))
                .hasMessageStartingWith("2 columns bb; the columns are Bb, bB");
    }

    @Test
    void aFieldIsNullWhereItsStructIs() {
        assertThat(ColumnPath.find(SCHEMA, "s.t.x").field().nullable()).isTrue();
        StructType required = StructType.fromDDL("s STRUCT<x: INT NOT NULL> NOT NULL");
        assertThat(ColumnPath.find(required, "s.x").field().nullable()).isFalse();
    }
}
