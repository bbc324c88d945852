package io.github.sparkbatchnorm.spark.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.spark.Serializers;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Keys and findings come back the same. */
class KryoClassesTest {
    @ParameterizedTest
    @EnumSource
    void keysComeBackEqualWithTheSameHash(Serializers serializer) {
        for (BatchKey key : new BatchKey[] {BatchKey.NONE, BatchKey.of(-3), BatchKey.of("é")}) {
            assertThat(serializer.roundTrip(key)).isEqualTo(key).hasSameHashCodeAs(key);
        }
    }

    @ParameterizedTest
    @EnumSource
    void findingsComeBackWithTheSameMessage(Serializers serializer) {
        Findings.Accumulator found = new Findings.Accumulator();
        found.addRows(2);
        found.addSize(SampleSize.length(0), 1, "id=4");
        found.addDefect(Findings.Defect.RAGGED, "id=3");
        Findings copy = serializer.roundTrip(found.snapshot());
        assertThat(copy.rows()).isEqualTo(2);
        assertThat(copy.describe(null)).isEqualTo(found.snapshot().describe(null));
        assertThat(serializer.roundTrip(Findings.NONE).isEmpty()).isTrue();
    }
}
