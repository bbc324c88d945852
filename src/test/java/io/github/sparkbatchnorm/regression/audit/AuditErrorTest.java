package io.github.sparkbatchnorm.regression.audit;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class AuditErrorTest {
    private static AuditError error(double found, double exact) {
        return AuditError.of(AuditAnswer.of(found), AuditAnswer.of(exact), false);
    }

    @Test
    void theDistanceCountsTheDoublesBetween() {
        assertThat(AuditError.ulpsBetween(1, 1)).isZero();
        assertThat(AuditError.ulpsBetween(1, Math.nextUp(1.0))).isOne();
        assertThat(AuditError.ulpsBetween(1, Math.nextDown(1.0))).isOne();
        assertThat(AuditError.ulpsBetween(1, 2)).isEqualTo(1L << 52);
        assertThat(AuditError.ulpsBetween(4, 1)).isEqualTo(2L << 52);
        assertThat(AuditError.ulpsBetween(-3, Math.nextUp(-3.0))).isOne();
    }

    @Test
    void theDistanceGoesAcrossZero() {
        assertThat(AuditError.ulpsBetween(0.0, -0.0)).isZero();
        assertThat(AuditError.ulpsBetween(Double.MIN_VALUE, -Double.MIN_VALUE)).isEqualTo(2);
        assertThat(AuditError.ulpsBetween(-0.0, Double.MIN_VALUE)).isOne();
        assertThat(AuditError.ulpsBetween(-1, 1)).isEqualTo(2 * AuditError.ulpsBetween(0, 1));
        assertThat(AuditError.ulpsBetween(Double.MAX_VALUE, -Double.MAX_VALUE)).isEqualTo(Long.MAX_VALUE);
        assertThat(AuditError.ulpsBetween(-Double.MAX_VALUE, Double.MAX_VALUE)).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void wordsAreComparedAsWords() {
        double infinity = Double.POSITIVE_INFINITY;
        assertThat(error(Double.NaN, Double.NaN)).isEqualTo(AuditError.NONE);
        assertThat(error(infinity, infinity)).isEqualTo(AuditError.NONE);
        assertThat(AuditError.of(AuditAnswer.NULL, AuditAnswer.NULL, true)).isEqualTo(AuditError.NONE);
        assertThat(error(Double.NaN, 1)).hasToString("NaN");
        assertThat(error(infinity, Double.MAX_VALUE)).hasToString("Infinity");
        assertThat(error(-infinity, infinity)).hasToString("-Infinity");
        assertThat(error(1, Double.NaN)).hasToString("number");
        assertThat(AuditError.of(AuditAnswer.NULL, AuditAnswer.of(1), false)).hasToString("null");
        assertThat(AuditError.of(AuditAnswer.of(1), AuditAnswer.MISSING, false)).hasToString("number");
    }

    @Test
    void aNegativeVarianceIsAWordHoweverNear() {
        AuditAnswer negative = AuditAnswer.of(-Double.MIN_VALUE);
        assertThat(AuditError.of(negative, AuditAnswer.of(0), true)).hasToString("negative");
        assertThat(AuditError.of(negative, AuditAnswer.of(0), false)).hasToString("1");
        assertThat(AuditError.of(AuditAnswer.of(-0.0), AuditAnswer.of(0), true)).isEqualTo(AuditError.NONE);
    }

    @Test
    void aFailureIsAlwaysAnError() {
        AuditAnswer failed = AuditAnswer.failed(new IllegalStateException("no device"));
        assertThat(AuditError.of(failed, failed, false)).hasToString("failed");
    }

    @Test
    void wordsExceedAnyNumberOfUlps() {
        assertThat(error(Math.nextUp(1.0), 1).exceeds(0)).isTrue();
        assertThat(error(Math.nextUp(1.0), 1).exceeds(1)).isFalse();
        assertThat(error(1, 1).exceeds(0)).isFalse();
        assertThat(error(Double.NaN, 1).exceeds(Long.MAX_VALUE)).isTrue();
    }

    @Test
    void wordsAreWorst() {
        AuditError word = error(Double.NaN, 1);
        AuditError far = error(4, 1);
        assertThat(word.isWorseThan(far)).isTrue();
        assertThat(far.isWorseThan(word)).isFalse();
        assertThat(word.isWorseThan(word)).isFalse();
        assertThat(far.isWorseThan(error(2, 1))).isTrue();
        assertThat(error(2, 1).isWorseThan(far)).isFalse();
    }

    @Test
    void manyUlpsAreShownWithTwoDigits() {
        assertThat(new AuditError(999_999, "")).hasToString("999999");
        assertThat(new AuditError(1L << 52, "")).hasToString("4.5e+15");
    }
}
