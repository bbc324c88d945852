package io.github.sparkbatchnorm.spark;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.ChannelGradients;
import io.github.sparkbatchnorm.layer.ChannelTransform;
import io.github.sparkbatchnorm.layer.GradientTransform;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import io.github.sparkbatchnorm.stats.GradientSums;
import io.github.sparkbatchnorm.stats.SampleShape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Sums, statistics, states and transforms come back the same; what each package sends is tested there. */
class BatchNormKryoRegistratorTest {
    private static ChannelMoments moments() {
        ChannelMoments.Accumulator moments = new ChannelMoments.Accumulator(2);
        moments.add(new double[] {1, 1e300}, SampleShape.channelsFirst(2));
        moments.add(new double[] {-0.1, Double.NaN}, SampleShape.channelsFirst(2));
        moments.add(new double[] {4, -1e-300}, SampleShape.channelsFirst(2));
        return moments.snapshot();
    }

    private static GradientSums gradients() {
        GradientSums.Accumulator sums = new GradientSums.Accumulator(2, false);
        sums.add(new double[] {0.1, 2}, new double[] {Double.NaN, 3}, SampleShape.channelsFirst(2));
        sums.add(new double[] {0.3, 4}, new double[] {1e-300, 5}, SampleShape.channelsFirst(2));
        return sums.snapshot();
    }

    private static BatchNormState state() {
        return BatchNormState.of(
                new BatchNormConfig(1e-3, null, true, true),
                2,
                new double[] {1, 2},
                new double[] {3, 4},
                new double[] {5, Double.NaN},
                new double[] {7, 8},
                9);
    }

    @ParameterizedTest
    @EnumSource
    void sumsComeBackEqual(Serializers serializer) {
        assertThat(serializer.roundTrip(moments())).isEqualTo(moments());
        ChannelMoments less = moments().combine(moments()).subtract(moments());
        assertThat(serializer.roundTrip(less)).isEqualTo(less).isNotEqualTo(moments());
        assertThat(serializer.roundTrip(less.statistics()).hasKnownExtremes()).isFalse();
        assertThat(serializer.roundTrip(gradients())).isEqualTo(gradients());
    }

    @ParameterizedTest
    @EnumSource
    void statisticsAndGradientsComeBackWithTheSameNumbers(Serializers serializer) {
        ChannelStatistics statistics = moments().statistics();
        ChannelStatistics copy = serializer.roundTrip(statistics);
        assertThat(copy)
                .usingRecursiveComparison()
                .withComparatorForType(Double::compare, Double.class) // NaN is NaN
                .isEqualTo(statistics);
        ChannelGradients gradients = ChannelGradients.ofBatch(gradients(), statistics, 1e-5);
        assertThat(serializer.roundTrip(gradients))
                .usingRecursiveComparison()
                .withComparatorForType(Double::compare, Double.class) // NaN is NaN
                .isEqualTo(gradients);
    }

    @ParameterizedTest
    @EnumSource
    void statesComeBackEqual(Serializers serializer) {
        assertThat(serializer.roundTrip(state())).isEqualTo(state());
        BatchNormState bare = BatchNormState.initial(2, new BatchNormConfig(0, 0.5, false, false));
        assertThat(serializer.roundTrip(bare)).isEqualTo(bare);
    }

    @ParameterizedTest
    @EnumSource
    void transformsComeBackWithTheSameResults(Serializers serializer) {
        ChannelStatistics statistics = moments().statistics();
        ChannelTransform forward = ChannelTransform.ofBatch(statistics, state(), NonFinitePolicy.PROPAGATE);
        assertThat(serializer.roundTrip(forward).apply(0, 2.5)).isEqualTo(forward.apply(0, 2.5));
        ChannelGradients gradients = ChannelGradients.ofBatch(gradients(), statistics, 1e-5);
        GradientTransform backward =
                GradientTransform.ofBatch(gradients, statistics, state(), NonFinitePolicy.PROPAGATE);
        GradientTransform copy = serializer.roundTrip(backward);
        assertThat(copy.channels()).isEqualTo(2);
        assertThat(Double.valueOf(copy.apply(0, 2.5, 3))).isEqualTo(Double.valueOf(backward.apply(0, 2.5, 3)));
    }

    @Test
    void momentsAreAsCompactAsTheirCanonicalBytes() {
        assertThat(Serializers.KRYO.write(moments()).remaining())
                .isLessThan(moments().toBytes().length + 10);
    }
}
