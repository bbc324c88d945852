package io.github.sparkbatchnorm.spark.scan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.spark.rows.ByteSize;
import org.junit.jupiter.api.Test;

class DriverRoomTest {
    private static final DriverRoom ONE_GIB = new DriverRoom(1L << 30, 1L << 30);

    @Test
    void whatFitsIsTaken() {
        ONE_GIB.requireForResults("x", ONE_GIB.ofResults());
        ONE_GIB.require("x", 1L << 30, 1L << 30);
        ONE_GIB.requireForTransforms("x", 1, 1_000_000, 32);
        assertThat(new DriverRoom(1L << 30, 1000).ofResults()).isEqualTo(1000);
    }

    @Test
    void bothSettingsThatAreTooSmallAreNamedWithTheirNumbers() {
        assertThatThrownBy(() -> ONE_GIB.requireForResults("column x: 3 batches", 1_500_000_000))
                .isInstanceOf(BatchNormException.class)
                .hasMessage("column x: 3 batches; the driver needs 2.8 GiB of heap for that and has 1.0 GiB: set"
                        + " spark.driver.memory to 3g or more; spark.driver.maxResultSize is 1.0 GiB: give"
                        + " 2g or more");
    }

    @Test
    void transformsThatDoNotFitAreRefused() {
        assertThatThrownBy(() -> ONE_GIB.requireForTransforms("column x", 1, 10_000_000, 32))
                .isInstanceOf(BatchNormException.class)
                .hasMessage(
                        "column x: transforms of 1 batch of 10,000,000 channels; the driver needs 1.3 GiB of heap for"
                                + " that and has 1.0 GiB: set spark.driver.memory to 2g or more");
    }

    @Test
    void sizesAreReadable() {
        assertThat(ByteSize.of(999)).isEqualTo("999 bytes");
        assertThat(ByteSize.of(1 << 10)).isEqualTo("1.0 KiB");
        assertThat(ByteSize.of((1 << 20) - 1)).isEqualTo("1.0 MiB");
        assertThat(ByteSize.of(480L << 20)).isEqualTo("480 MiB");
        assertThat(ByteSize.of(80L << 40)).isEqualTo("80 TiB");
        assertThat(ByteSize.setting((1L << 31) - 1)).isEqualTo("2g");
    }
}
