package io.github.sparkbatchnorm.spark.rows;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.spark.Serializers;
import io.github.sparkbatchnorm.spark.codec.RowDefect;
import io.github.sparkbatchnorm.spark.codec.SampleSize;
import io.github.sparkbatchnorm.spark.codec.TensorColumn;
import io.github.sparkbatchnorm.stats.SampleShape;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Reports come back the same. */
class KryoClassesTest {
    private static final TensorColumn X = TensorColumn.ofArrays("x", SampleShape.channelsFirst(2));

    @ParameterizedTest
    @EnumSource
    void reportsComeBackWithTheSameMessage(Serializers serializer) {
        RowReport.Accumulator found = new RowReport.Accumulator();
        found.addRows(2);
        found.addSize(SampleSize.length(0), 1, "id=4");
        found.addDefect(RowDefect.RAGGED, "id=3");
        RowReport copy = serializer.roundTrip(found.snapshot());
        assertThat(copy.rows()).isEqualTo(2);
        assertThat(copy.describe(X, null)).isEqualTo(found.snapshot().describe(X, null));
        assertThat(serializer.roundTrip(RowReport.NONE).isEmpty()).isTrue();
    }
}
