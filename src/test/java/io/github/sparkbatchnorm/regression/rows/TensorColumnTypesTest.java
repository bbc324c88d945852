package io.github.sparkbatchnorm.regression.rows;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.layer.Dtype;
import io.github.sparkbatchnorm.spark.SharedSpark;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class TensorColumnTypesTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    private boolean holdFloats(@Nullable Dtype dtype, String type) {
        TensorColumns columns = new TensorColumns(List.of("x"), false, false, dtype);
        return columns.holdFloats(spark().sql("select cast(null as " + type + ") x"));
    }

    @Test
    void floatsAreToldFromOthers() {
        assertThat(holdFloats(null, "float")).isTrue();
        assertThat(holdFloats(null, "array<array<float>>")).isTrue();
        assertThat(holdFloats(Dtype.FLOAT32, "binary")).isTrue();
        assertThat(holdFloats(Dtype.FLOAT64, "binary")).isFalse();
        assertThat(holdFloats(null, "array<double>")).isFalse();
        assertThat(holdFloats(null, "int")).isFalse();
    }
}
