package io.github.sparkbatchnorm.io;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormState;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** State files as they are written, and read back. */
class StateJsonTest {
    static final String GOOD =
            """
            {"format": "spark-batchnorm-state", "version": 1, "num_features": 2, "eps": 1e-5, "momentum": 0.1,
            "affine": true, "track_running_stats": true, "weight": [1, 2.5], "bias": [0, -1],
            "running_mean": [3, 4], "running_var": [5, 6], "num_batches_tracked": 7}
            """;

    private static final double[] SPECIAL = {
        Double.NaN,
        Double.POSITIVE_INFINITY,
        Double.NEGATIVE_INFINITY,
        0.0,
        -0.0,
        Double.MIN_VALUE,
        -Double.MIN_NORMAL,
        Double.MAX_VALUE,
        0.1,
        0x1p53
    };

    @Test
    void theFieldsAreThoseOfTheFile() {
        assertThat(StateJson.read(GOOD, "f"))
                .isEqualTo(BatchNormState.of(
                        BatchNormConfig.DEFAULT,
                        2,
                        new double[] {1, 2.5},
                        new double[] {0, -1},
                        new double[] {3, 4},
                        new double[] {5, 6},
                        7));
    }

    @Test
    void goldenFileStaysReadableAndIsWrittenWithTheSameBytes() throws IOException {
        String golden = resource("/golden/state-v1.json");
        BatchNormState state = StateJson.read(golden, "state-v1.json");
        assertThat(state)
                .isEqualTo(BatchNormState.of(
                        new BatchNormConfig(1e-5, null, true, true),
                        3,
                        new double[] {1, -0.0, 0.1},
                        new double[] {0, 1e300, -1e-300},
                        new double[] {Double.NaN, Double.NEGATIVE_INFINITY, 1.5},
                        new double[] {Double.NaN, Double.POSITIVE_INFINITY, 0},
                        12));
        assertThat(StateJson.write(state)).isEqualTo(golden);
    }

    @Test
    void absentTensorsAreNull() {
        BatchNormState state = BatchNormState.initial(1, new BatchNormConfig(0, 1.0, false, false));
        String json = StateJson.write(state);
        assertThat(json)
                .isEqualTo(
                        """
                        {
                          "format": "spark-batchnorm-state",
                          "version": 1,
                          "num_features": 1,
                          "eps": 0.0,
                          "momentum": 1.0,
                          "affine": false,
                          "track_running_stats": false,
                          "weight": null,
                          "bias": null,
                          "running_mean": null,
                          "running_var": null,
                          "num_batches_tracked": null
                        }
                        """);
        assertThat(StateJson.read(json, "f")).isEqualTo(state);
        assertThat(StateJson.read(json.replace("tracked\": null", "tracked\": 0"), "f"))
                .isEqualTo(state);
    }

    @Test
    void buffersStayWhereTrackingIsOff() {
        BatchNormState state = StateJson.read(GOOD, "f").withoutTracking();
        assertThat(StateJson.read(StateJson.write(state), "f")).isEqualTo(state);
    }

    @Property(tries = 500)
    void writtenAndReadBackIsTheSameBits(
            @ForAll long seed, @ForAll @IntRange(min = 1, max = 5) int channels, @ForAll boolean affine) {
        Random random = new Random(seed);
        boolean buffers = random.nextBoolean();
        BatchNormConfig config = new BatchNormConfig(
                random.nextBoolean() ? Double.MIN_VALUE : random.nextDouble(),
                random.nextBoolean() ? null : Double.valueOf(random.nextDouble()),
                affine,
                buffers && random.nextBoolean());
        double[] var = tensor(random, channels);
        for (int c = 0; c < channels; c++) {
            var[c] = Math.abs(var[c]);
        }
        BatchNormState state = BatchNormState.of(
                config,
                channels,
                affine ? tensor(random, channels) : null,
                affine ? tensor(random, channels) : null,
                buffers ? tensor(random, channels) : null,
                buffers ? var : null,
                buffers ? random.nextLong() & Long.MAX_VALUE : 0);
        String json = StateJson.write(state);
        assertThat(StateJson.read(json, "f")).isEqualTo(state);
        assertThat(json.lines()).hasSize(14);
    }

    private static double[] tensor(Random random, int length) {
        double[] values = new double[length];
        for (int i = 0; i < length; i++) {
            values[i] = random.nextBoolean()
                    ? SPECIAL[random.nextInt(SPECIAL.length)]
                    : Double.longBitsToDouble(random.nextLong());
        }
        return values;
    }

    @ParameterizedTest
    @ValueSource(strings = {"1e-5", "0.00001", "1E-05", "0.000010000000000000000000"})
    void numbersMayBeWrittenInAnyWay(String eps) {
        assertThat(StateJson.read(GOOD.replace("1e-5", eps), "f").config().eps())
                .isEqualTo(1e-5);
    }

    private static String resource(String name) throws IOException {
        try (InputStream stream = StateJsonTest.class.getResourceAsStream(name)) {
            assertThat(stream).describedAs(name).isNotNull();
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
