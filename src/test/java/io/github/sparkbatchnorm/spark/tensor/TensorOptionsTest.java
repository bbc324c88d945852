package io.github.sparkbatchnorm.spark.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.layer.BatchNormModule;
import io.github.sparkbatchnorm.layer.Dtype;
import io.github.sparkbatchnorm.spark.Serializers;
import io.github.sparkbatchnorm.stats.SampleShape;
import io.github.sparkbatchnorm.stats.SampleShape.Layout;
import java.util.List;
import org.junit.jupiter.api.Test;

final class TensorOptionsTest {
    @Test
    void defaultsAreOneBatchChannelsFirstAndNullsAnError() {
        TensorOptions options = TensorOptions.column("x");
        assertThat(options.columns()).containsExactly("x");
        assertThat(options.isChannelPerColumn()).isFalse();
        assertThat(options.shape()).isEmpty();
        assertThat(options.layout()).isEmpty();
        assertThat(options.dtype()).isEmpty();
        assertThat(options.module()).isEmpty();
        assertThat(options.handleInvalid()).isEqualTo(HandleInvalid.ERROR);
        assertThat(options.batchColumn()).isEmpty();
        assertThat(TensorOptions.channelColumns(List.of("a", "b")).isChannelPerColumn())
                .isTrue();
    }

    @Test
    void eachSettingIsKeptAndChangesNoOtherOne() {
        SampleShape shape = SampleShape.channelsLast(4, 4, 3);
        TensorOptions all = TensorOptions.column("x")
                .withShape(shape)
                .withDtype(Dtype.FLOAT64)
                .withModule(BatchNormModule.BATCH_NORM_2D)
                .withHandleInvalid(HandleInvalid.SKIP)
                .withBatchColumn("b");
        assertThat(all.shape()).contains(shape);
        assertThat(all.layout()).contains(Layout.CHANNELS_LAST);
        assertThat(all.dtype()).contains(Dtype.FLOAT64);
        assertThat(all.module()).contains(BatchNormModule.BATCH_NORM_2D);
        assertThat(all.handleInvalid()).isEqualTo(HandleInvalid.SKIP);
        assertThat(all.batchColumn()).contains("b");
        TensorOptions otherOrder = TensorOptions.column("x")
                .withBatchColumn("b")
                .withHandleInvalid(HandleInvalid.SKIP)
                .withModule(BatchNormModule.BATCH_NORM_2D)
                .withDtype(Dtype.FLOAT64)
                .withLayout(Layout.CHANNELS_LAST)
                .withShape(shape);
        assertThat(all).isEqualTo(otherOrder).hasSameHashCodeAs(otherOrder);
        assertThat(Serializers.JAVA.roundTrip(all)).isEqualTo(all);
        assertThat(all)
                .isNotEqualTo(all.withHandleInvalid(HandleInvalid.KEEP))
                .isNotEqualTo(all.withBatchColumn("c"))
                .isNotEqualTo(all.withDtype(Dtype.FLOAT32));
    }

    @Test
    void noChannelColumnsAreRefused() {
        assertThatThrownBy(() -> TensorOptions.channelColumns(List.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("no channel columns; expected one or more");
    }

    @Test
    void aShapeAndALayoutThatContradictEachOtherAreRefused() {
        TensorOptions last = TensorOptions.column("x").withLayout(Layout.CHANNELS_LAST);
        assertThatThrownBy(() -> last.withShape(SampleShape.channelsFirst(3, 4)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("shape [3, 4] is channels-first and layout channels-last; expected one layout");
        TensorOptions shaped = TensorOptions.column("x").withShape(SampleShape.channelsFirst(3, 4));
        assertThatThrownBy(() -> shaped.withLayout(Layout.CHANNELS_LAST)).isInstanceOf(IllegalArgumentException.class);
    }
}
