package io.github.sparkbatchnorm.spark.scan;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.spark.codec.BatchKey;
import java.util.List;
import org.apache.spark.sql.types.DataTypes;
import org.junit.jupiter.api.Test;

final class BatchLabelsTest {
    @Test
    void labelsNeedNoSessionWithoutABatchColumn() {
        assertThat(BatchLabels.of(List.of(BatchKey.NONE), DataTypes.NullType, () -> {
                    throw new IllegalStateException("no session");
                }))
                .containsExactly((Object) null);
    }
}
