package io.github.sparkbatchnorm.regression.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.stats.SampleShape;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

final class GeneratorOptionsTest {
    private static final GeneratorOptions OPTIONS = GeneratorOptions.of(10, SampleShape.channelsFirst(3), 1);
    private static final GeneratorOptions SPATIAL = GeneratorOptions.of(10, SampleShape.channelsFirst(3, 8), 1);

    private static void assertRefused(ThrowingCallable call, String message) {
        assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
    }

    @Test
    void whatIsOutOfItsRangeIsRefused() {
        assertRefused(() -> GeneratorOptions.of(0, OPTIONS.shape(), 1), "rows is 0; expected 1 or more");
        assertRefused(() -> OPTIONS.withBatches(-1, false), "batches is -1; expected 0 or more");
        assertRefused(() -> OPTIONS.withNonFiniteEvery(-1), "nonFiniteEvery is -1; expected 0 or more");
        assertRefused(() -> OPTIONS.withNullEvery(-2), "nullEvery is -2; expected 0 or more");
        assertRefused(() -> OPTIONS.withPartitions(-1, 1), "partitions is -1; expected 0 or more");
        for (double skew : new double[] {0.9, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertRefused(() -> OPTIONS.withPartitions(2, skew), "skew is " + skew + "; expected 1 or more");
        }
    }

    @Test
    void whatDoesNotGoTogetherIsRefused() {
        assertRefused(
                () -> OPTIONS.withBatches(11, false), "batches is 11 and rows 10; expected no more batches than rows");
        assertRefused(
                () -> OPTIONS.withBatches(0, true),
                "interleaved without batches; expected a number of batches with it");
        assertRefused(
                () -> OPTIONS.withKind(Kind.NESTED),
                "kind nested has shape [3]; expected two to four axes, such as [3, 8]; kind array holds one axis");
        assertRefused(
                () -> SPATIAL.withKind(Kind.COLUMNS),
                "kind columns has shape [3, 8]; expected the shape [3], since a column holds one number of a channel;"
                        + " the other kinds hold [3, 8]");
        assertRefused(
                () -> GeneratorOptions.of(1, SampleShape.channelsLast(8, 3), 1),
                "shape [8, 3] has its channels last; expected channels first, as in [C, H, W]");
    }

    @Test
    void moreValuesThanTheGeneratorCountsAreRefused() {
        long most = GeneratorOptions.MAX_VALUES_OF_A_CHANNEL;
        assertThat(GeneratorOptions.of(most, OPTIONS.shape(), 1).rows()).isEqualTo(1L << 55);
        assertThat(GeneratorOptions.of(most / 8, SPATIAL.shape(), 1).rows()).isEqualTo(1L << 52);
        assertRefused(
                () -> GeneratorOptions.of(most / 8 + 1, SPATIAL.shape(), 1),
                "rows is 4503599627370497, with 8 values of a channel in each; expected at most 2^55 values of a"
                        + " channel, so at most 4503599627370496 rows");
    }
}
