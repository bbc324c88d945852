package io.github.sparkbatchnorm.spark.transform;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.ChannelTransform;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.spark.Serializers;
import io.github.sparkbatchnorm.spark.codec.BatchKey;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The transforms that are broadcast come back the same. */
class KryoClassesTest {
    private static final ChannelTransform TRANSFORM =
            ChannelTransform.ofRunning(BatchNormState.initial(2, BatchNormConfig.DEFAULT), NonFinitePolicy.PROPAGATE);

    @ParameterizedTest
    @EnumSource
    void transformsByBatchComeBackUnderTheirKeys(Serializers serializer) {
        BatchMap<ChannelTransform> copy = serializer.roundTrip(BatchMap.byBatch(Map.of(BatchKey.of(1), TRANSFORM)));
        assertThat(copy.isByBatch()).isTrue();
        assertThat(copy.of(BatchKey.of(2))).isNull();
        assertThat(copy.of(BatchKey.of(1)).apply(0, 2.5)).isEqualTo(TRANSFORM.apply(0, 2.5));
    }

    @ParameterizedTest
    @EnumSource
    void theTransformOfAllRowsComesBackForEveryKey(Serializers serializer) {
        BatchMap<ChannelTransform> copy = serializer.roundTrip(BatchMap.all(TRANSFORM));
        assertThat(copy.isByBatch()).isFalse();
        assertThat(copy.of(BatchKey.NONE).apply(0, 2.5)).isEqualTo(TRANSFORM.apply(0, 2.5));
    }
}
