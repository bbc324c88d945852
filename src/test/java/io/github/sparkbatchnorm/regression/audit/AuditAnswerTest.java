package io.github.sparkbatchnorm.regression.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class AuditAnswerTest {
    @Test
    void finiteNumbersAreShownWithAllTheirDigitsAndOthersAreWords() {
        assertThat(AuditAnswer.of(0.1 + 0.2)).hasToString("0.30000000000000004");
        assertThat(AuditAnswer.of(1).isNumber()).isTrue();
        assertThat(AuditAnswer.of(Double.NaN)).hasToString("NaN").matches(answer -> !answer.isNumber());
        assertThat(AuditAnswer.of(Double.NEGATIVE_INFINITY)).hasToString("-Infinity");
    }

    @Test
    void aValueOfAnotherTypeIsAWord() {
        assertThat(AuditAnswer.ofValue(null)).isEqualTo(AuditAnswer.NULL);
        assertThat(AuditAnswer.ofValue(2.5)).isEqualTo(AuditAnswer.of(2.5));
        assertThat(AuditAnswer.ofValue(2L)).hasToString("Long 2");
        assertThat(AuditAnswer.ofValue(List.of())).matches(answer -> !answer.isNumber());
    }

    @Test
    void zerosOfBothSignsAreDifferentAnswers() {
        assertThat(AuditAnswer.of(0.0)).isNotEqualTo(AuditAnswer.of(-0.0));
    }

    @Test
    void aFailureIsTheFirstLineOfItsDeepestCause() {
        Throwable failure = new IllegalStateException(
                "Job aborted: task 17", new UnsupportedOperationException("no decimals\n\tat somewhere"));
        AuditAnswer answer = AuditAnswer.failed(failure);
        assertThat(answer).hasToString("failed: UnsupportedOperationException: no decimals");
        assertThat(answer.isFailure()).isTrue();
        assertThat(AuditAnswer.NULL.isFailure()).isFalse();
    }

    @Test
    void aFailureWithoutAMessageOrWithALongOneIsShort() {
        assertThat(AuditAnswer.failed(new NullPointerException())).hasToString("failed: NullPointerException");
        assertThat(AuditAnswer.failed(new IllegalStateException("x".repeat(1000)))
                        .word())
                .hasSizeLessThan(250)
                .endsWith("x...");
    }
}
