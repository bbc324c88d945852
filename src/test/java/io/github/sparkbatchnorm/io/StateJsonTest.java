package io.github.sparkbatchnorm.io;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.Dtype;
import io.github.sparkbatchnorm.layer.Provenance;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
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
    void goldenFilesStayReadableAndAreWrittenWithTheSameBytes() throws IOException {
        BatchNormState first = BatchNormState.of(
                new BatchNormConfig(1e-5, null, true, true),
                3,
                new double[] {1, -0.0, 0.1},
                new double[] {0, 1e300, -1e-300},
                new double[] {Double.NaN, Double.NEGATIVE_INFINITY, 1.5},
                new double[] {Double.NaN, Double.POSITIVE_INFINITY, 0},
                12);
        String goldenFirst = resource("/golden/state-v1.json");
        assertThat(StateJson.read(goldenFirst, "state-v1.json")).isEqualTo(first);
        assertThat(StateJson.writeVersion1(first)).isEqualTo(goldenFirst);

        Provenance provenance = new Provenance(
                1797L,
                new long[] {1797, 0, 1796},
                "sha256:" + "0".repeat(64),
                List.of("a", "b c", "s.x"),
                SampleShape.channelsFirst(3),
                SampleShape.Layout.CHANNELS_FIRST,
                Dtype.FLOAT32,
                List.of("hdfs://host/a", "b"),
                null,
                "0.2.0",
                "4.1.0");
        BatchNormState second =
                first.withRunningMeanLow(new double[] {0, -0.0, -0x1p-53}).withProvenance(provenance);
        String golden = resource("/golden/state-v2.json");
        BatchNormState read = StateJson.read(golden, "state-v2.json");
        assertThat(read).isEqualTo(second).isNotEqualTo(first);
        assertThat(read.provenance()).contains(provenance);
        assertThat(StateJson.write(second)).isEqualTo(golden);
        assertThat(StateJson.writeVersion1(second)).isEqualTo(goldenFirst);
    }

    @Test
    void aProvenanceMayHaveLessAndMoreThanIsKnown() {
        String json = GOOD.replace("\"version\": 1", "\"version\": 2")
                .replace(
                        "7}",
                        "7, \"running_mean_low\": null, \"provenance\": {\"count\": [3, 4], \"input\": [],"
                                + " \"color\": \"red\"}}");
        BatchNormState state = StateJson.read(json, "f");
        assertThat(state).isEqualTo(StateJson.read(GOOD, "f"));
        Provenance found = state.provenance().orElseThrow();
        assertThat(found.count()).containsExactly(3, 4);
        assertThat(found.rows()).isNull();
        assertThat(found.shape()).isNull();
        assertThat(StateJson.read(StateJson.write(state), "f").provenance()).contains(found);
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
                          "version": 2,
                          "num_features": 1,
                          "eps": 0.0,
                          "momentum": 1.0,
                          "affine": false,
                          "track_running_stats": false,
                          "weight": null,
                          "bias": null,
                          "running_mean": null,
                          "running_mean_low": null,
                          "running_var": null,
                          "num_batches_tracked": null,
                          "provenance": null
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
        double[] mean = state.runningMean();
        if (mean != null) {
            double[] low = new double[channels];
            for (int c = 0; c < channels; c++) {
                low[c] = Double.isFinite(mean[c]) ? (random.nextDouble() - 0.5) * Math.ulp(mean[c]) : 0;
            }
            state = state.withRunningMeanLow(low);
        }
        String json = StateJson.write(state);
        assertThat(StateJson.read(json, "f")).isEqualTo(state);
        assertThat(json.lines()).hasSize(16);
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
