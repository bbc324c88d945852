package io.github.sparkbatchnorm.regression.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class FindingTest {
    private static final AuditAnswer ONE = AuditAnswer.of(1);
    private static final AuditAnswer NEAR = AuditAnswer.of(Math.nextUp(1.0));
    private static final AuditAnswer FAR = AuditAnswer.of(2);

    private static Finding of(Map<String, AuditAnswer> exact, List<Map<String, AuditAnswer>> runs) {
        return Finding.of(exact, runs, true, List.of("HashAggregate"));
    }

    @Test
    void rightAnswersThatDoNotChangeAreExact() {
        Finding finding = of(Map.of("", ONE), List.of(Map.of("", ONE), Map.of("", ONE)));
        assertThat(finding.isExact()).isTrue();
        assertThat(finding).isEqualTo(new Finding("", ONE, ONE, AuditError.NONE, 1, List.of("HashAggregate")));
    }

    @Test
    void theWorstOfAllRunsAndGroupsIsShown() {
        Finding finding = of(
                Map.of("a", ONE, "b", ONE, "c", ONE),
                List.of(Map.of("a", ONE, "b", NEAR, "c", ONE), Map.of("a", NEAR, "b", FAR, "c", NEAR)));
        assertThat(finding.group()).isEqualTo("b");
        assertThat(finding.found()).isEqualTo(FAR);
        assertThat(finding.error().ulps()).isEqualTo(1L << 52);
        assertThat(finding.isExact()).isFalse();
    }

    @Test
    void differentAnswersAreThoseOfOneGroup() {
        Map<String, AuditAnswer> exact = Map.of("a", ONE, "b", FAR);
        assertThat(of(exact, List.of(exact, exact)).differentAnswers()).isOne();
        assertThat(of(exact, List.of(exact, Map.of("a", ONE, "b", NEAR), Map.of("a", NEAR, "b", ONE)))
                        .differentAnswers())
                .isEqualTo(3);
    }

    @Test
    void aNegativeVarianceIsWorseThanADistantOne() {
        Finding finding = of(Map.of("a", ONE, "b", ONE), List.of(Map.of("a", FAR, "b", AuditAnswer.of(-1e-300))));
        assertThat(finding.group()).isEqualTo("b");
        assertThat(finding.error()).hasToString("negative");
    }

    @Test
    void groupsThatAreMissingOrTooManyOrThereTwiceAreTold() {
        Map<String, AuditAnswer> exact = Map.of("a", ONE, "b", ONE);
        assertThat(of(exact, List.of(Map.of("a", ONE))).error()).hasToString("missing");
        Finding more = of(exact, List.of(Map.of("a", ONE, "b", ONE, "c", ONE)));
        assertThat(more.error()).hasToString("number");
        assertThat(more.exact()).hasToString("missing");
        assertThat(of(exact, List.of(Map.of("a", ONE, "b", AuditAnswer.TWICE))).error())
                .hasToString("twice");
    }
}
