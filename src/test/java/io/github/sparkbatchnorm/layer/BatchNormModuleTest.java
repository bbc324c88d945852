package io.github.sparkbatchnorm.layer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BatchNormModuleTest {
    @ParameterizedTest
    @CsvSource({
        "BATCH_NORM_1D, BatchNorm1d, 12, '[C] or [C, L]'",
        "BATCH_NORM_2D, BatchNorm2d, 3, '[C, H, W]'",
        "BATCH_NORM_3D, BatchNorm3d, 4, '[C, D, H, W]'"
    })
    void takesTheRanksThatTorchTakes(BatchNormModule module, String name, String accepted, String ranks) {
        assertThat(module).hasToString(name);
        assertThat(module.ranks()).isEqualTo(ranks);
        assertThat(IntStream.rangeClosed(0, 5).filter(module::acceptsRank).toArray())
                .isEqualTo(accepted.chars().map(digit -> digit - '0').toArray());
    }
}
