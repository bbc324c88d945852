package io.github.sparkbatchnorm.regression.generate;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class BatchLayoutTest {
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void sizesDifferByAtMostOneAndPlacesCountUp(boolean interleaved) {
        for (int batches = 1; batches <= 23; batches++) {
            BatchLayout layout = new BatchLayout(23, batches, interleaved);
            long[] sizes = new long[batches];
            for (int row = 0; row < 23; row++) {
                int batch = Math.toIntExact(layout.batchOf(row));
                assertThat(layout.placeOf(row)).isEqualTo(sizes[batch]++);
                if (interleaved) {
                    assertThat(batch).isEqualTo(row % batches);
                } else if (row > 0) {
                    assertThat(batch - layout.batchOf(row - 1)).isBetween(0L, 1L);
                }
            }
            for (int batch = 0; batch < batches; batch++) {
                assertThat(layout.isLarge(batch)).isEqualTo(batch < 23 % batches);
                assertThat(sizes[batch]).isEqualTo(23 / batches + (layout.isLarge(batch) ? 1 : 0));
            }
        }
    }
}
