package io.github.sparkbatchnorm.regression.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Lines in tables and JSON, and those beyond a limit. */
final class AuditTableTest {
    private static final List<String> SPARK = List.of("HashAggregate", "Scan parquet");
    private static final List<String> NATIVE = List.of("CometHashAggregate", "CometScan parquet");

    private static final AuditLine EXACT = line("sum", 0, finding(3, 3, 1, SPARK), finding(3, 3, 1, List.of()));
    private static final AuditLine CHANGING = line("avg", 0, finding(3, 3, 2, SPARK), finding(3, 3, 1, List.of()));
    private static final AuditLine WRONG = line("var_pop", 5, finding(2, 1, 1, NATIVE), finding(1, 1, 1, List.of()));
    private static final AuditLine FAILED = line(
            "stddev",
            0,
            new Finding(
                    "",
                    AuditAnswer.failed(new IllegalStateException("no device")),
                    AuditAnswer.of(1),
                    new AuditError(0, "failed"),
                    1,
                    List.of()),
            null);
    private static final AuditLine OURS_WRONG = line("sum", 0, finding(3, 3, 1, SPARK), finding(4, 3, 1, List.of()));
    private static final AuditLine UNREAD = new AuditLine("a", "p", "x", -1, 0, "rows", FAILED.engine(), null);

    private static AuditLine line(String function, long groups, Finding engine, Finding ours) {
        return new AuditLine("a", "what it is for", "x", 7, groups, function, engine, ours);
    }

    private static Finding finding(double found, double exact, int answers, List<String> operators) {
        AuditAnswer right = AuditAnswer.of(exact);
        AuditAnswer answer = AuditAnswer.of(found);
        return new Finding("g", answer, right, AuditError.of(answer, right, false), answers, operators);
    }

    @Test
    void linesBeyondALimitAreThoseOfTheEngineAndAnyOfOurs() {
        List<AuditLine> all = List.of(EXACT, CHANGING, WRONG, FAILED, OURS_WRONG, UNREAD);
        assertThat(AuditLine.exceeding(all, 0)).containsExactly(WRONG, FAILED, OURS_WRONG, UNREAD);
        assertThat(AuditLine.exceeding(all, 1L << 52)).containsExactly(FAILED, OURS_WRONG, UNREAD);
        assertThat(WRONG.describe()).isEqualTo("var_pop of a by group");
        assertThat(FAILED.describe()).isEqualTo("stddev of a");
    }

    @Test
    void aLimitBelowZeroIsRefused() {
        assertThatThrownBy(() -> AuditLine.exceeding(List.of(), -1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("max ulps -1; expected 0 or more");
    }

    @Test
    void cellsShowTheWorstAnswerBesideTheExactOne() {
        List<String[]> rows = AuditTable.rows(List.of(CHANGING, WRONG, FAILED, UNREAD));
        assertThat(rows).allSatisfy(row -> assertThat(row).hasSameSizeAs(AuditTable.HEADERS));
        assertThat(rows.get(0)).containsExactly("a", "avg", "", "7", "3.0", "3.0", "0", "2", "0");
        assertThat(rows.get(1)).containsExactly("a", "var_pop", "g of 5", "7", "2.0", "1.0", "4.5e+15", "1", "0");
        assertThat(rows.get(2))
                .containsExactly(
                        "a", "stddev", "", "7", "failed: IllegalStateException: no device", "1.0", "failed", "1", "-");
        assertThat(rows.get(3)).contains("-").doesNotContain("-1");
    }

    @Test
    void notableLinesAreNotExactOrChange() {
        assertThat(AuditTable.notable(List.of(EXACT, CHANGING, WRONG, FAILED, OURS_WRONG)))
                .containsExactly(CHANGING, WRONG, FAILED, OURS_WRONG);
    }

    @Test
    void operatorsAreNamedWithTheFunctionsThatTheyRan() {
        assertThat(AuditTable.operators(List.of(EXACT, EXACT, CHANGING, WRONG, FAILED)))
                .containsExactly(
                        "HashAggregate, Scan parquet: sum, avg",
                        "CometHashAggregate, CometScan parquet: var_pop",
                        "none: stddev");
    }

    @Test
    void jsonHasNumbersAndWords() {
        assertThat(AuditJson.of(List.of(WRONG, FAILED)))
                .hasToString("[{\"data\":\"a\",\"purpose\":\"what it is for\",\"column\":\"x\",\"rows\":7,\"groups\":5,"
                        + "\"function\":\"var_pop\","
                        + "\"engine\":{\"group\":\"g\",\"found\":2.0,\"exact\":1.0,\"ulps\":4503599627370496,"
                        + "\"different_answers\":1,\"operators\":[\"CometHashAggregate\",\"CometScan parquet\"]},"
                        + "\"ours\":{\"group\":\"g\",\"found\":1.0,\"exact\":1.0,\"ulps\":0,\"different_answers\":1,"
                        + "\"operators\":[]}},"
                        + "{\"data\":\"a\",\"purpose\":\"what it is for\",\"column\":\"x\",\"rows\":7,\"groups\":0,"
                        + "\"function\":\"stddev\","
                        + "\"engine\":{\"group\":\"\",\"found\":\"failed: IllegalStateException: no device\",\"exact\":1.0,"
                        + "\"ulps\":\"failed\",\"different_answers\":1,\"operators\":[]},\"ours\":null}]");
    }
}
