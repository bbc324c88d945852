package io.github.sparkbatchnorm.spark.codec;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.spark.Serializers;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Keys come back the same. */
class KryoClassesTest {
    @ParameterizedTest
    @EnumSource
    void keysComeBackEqualWithTheSameHash(Serializers serializer) {
        for (BatchKey key : new BatchKey[] {BatchKey.NONE, BatchKey.of(-3), BatchKey.of("é")}) {
            assertThat(serializer.roundTrip(key)).isEqualTo(key).hasSameHashCodeAs(key);
        }
    }
}
