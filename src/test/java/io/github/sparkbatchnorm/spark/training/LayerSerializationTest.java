package io.github.sparkbatchnorm.spark.training;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.spark.Serializers;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LayerSerializationTest {
    @ParameterizedTest
    @EnumSource
    void aLayerComesBackWithItsState(Serializers serializer) {
        BatchNormState state = BatchNormState.initial(3, BatchNormConfig.DEFAULT);
        BatchNormLayer copy = serializer.roundTrip(new BatchNormLayer(state, NonFinitePolicy.IGNORE));
        assertThat(copy.state()).isEqualTo(state);
    }
}
