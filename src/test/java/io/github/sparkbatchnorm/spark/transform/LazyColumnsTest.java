package io.github.sparkbatchnorm.spark.transform;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.layer.BatchNormException;
import org.junit.jupiter.api.Test;

final class LazyColumnsTest {
    @Test
    void aPlanTakesAGibibyteOfTransforms() {
        assertThatCode(() -> LazyColumns.requirePlan("column x", 1L << 30)).doesNotThrowAnyException();
        assertThatThrownBy(() -> LazyColumns.requirePlan("column x", 3L << 30))
                .isInstanceOf(BatchNormException.class)
                .hasMessage("column x: transforms of 3.0 GiB; expected at most 1.0 GiB in a plan: use broadcast");
    }
}
