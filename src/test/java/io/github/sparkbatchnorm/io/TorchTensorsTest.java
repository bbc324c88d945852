package io.github.sparkbatchnorm.io;

import static io.github.sparkbatchnorm.io.FormatTesting.concat;
import static io.github.sparkbatchnorm.io.FormatTesting.doubles;
import static io.github.sparkbatchnorm.io.FormatTesting.safetensors;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.golden.GoldenTorch;
import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.ChannelTransform;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The tensors that real PyTorch had at a step, read from safetensors, evaluate as its {@code eval()} did. */
class TorchTensorsTest {
    /** The rounding of torch's own float64 arithmetic, amplified where the mean is large beside the spread. */
    private static final double TOLERANCE = 1e-11;

    static List<GoldenTorch.Case> cases() {
        return GoldenTorch.cases().stream()
                .filter(c -> c.initial().hasRunningStatistics())
                .filter(c -> c.steps().stream().anyMatch(step -> !step.train()))
                .toList();
    }

    @Test
    void mostCasesEvaluate() {
        assertThat(cases()).hasSizeGreaterThan(30);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void evaluationAnswersAsTorch(GoldenTorch.Case torch) {
        BatchNormConfig config = torch.initial().config();
        FormatOptions options = FormatOptions.DEFAULT.withEps(config.eps());
        options = config.momentum() == null ? options.withCumulativeAverage() : options.withMomentum(config.momentum());
        for (GoldenTorch.Step step : torch.steps()) {
            if (step.train()) {
                continue;
            }
            BatchNormState state = StateFormat.SAFETENSORS.read(file(torch, step), "golden", options);
            assertThat(state.config()).isEqualTo(config);
            assertThat(state.weight()).isEqualTo(torch.initial().weight());
            assertThat(state.runningMean()).isEqualTo(step.runningMean());
            assertThat(state.numBatchesTracked()).isEqualTo(step.numBatchesTracked());
            ChannelTransform transform = ChannelTransform.ofRunning(state, NonFinitePolicy.PROPAGATE);
            for (int s = 0; s < step.x().length; s++) {
                double[] y = transform.apply(step.x()[s], torch.shape());
                for (int i = 0; i < y.length; i++) {
                    double bias = state.bias(torch.shape().channelOf(i));
                    double expected = step.y()[s][i];
                    double tolerance = TOLERANCE * Math.max(Math.abs(expected - bias), Math.abs(bias));
                    if (Double.isFinite(expected)) {
                        assertThat(Math.abs(y[i] - expected)).isLessThanOrEqualTo(tolerance);
                    } else {
                        assertThat(y[i]).isEqualTo(Double.valueOf(expected)); // NaN, too
                    }
                }
            }
        }
    }

    /** The layer's tensors, each behind the other as they come. */
    private static byte[] file(GoldenTorch.Case torch, GoldenTorch.Step step) {
        List<String> entries = new ArrayList<>();
        List<byte[]> data = new ArrayList<>();
        int end = 0;
        if (torch.initial().config().affine()) {
            end = add(
                    entries,
                    data,
                    "weight",
                    Objects.requireNonNull(torch.initial().weight()),
                    end);
            end = add(
                    entries,
                    data,
                    "bias",
                    Objects.requireNonNull(torch.initial().bias()),
                    end);
        }
        end = add(entries, data, "running_mean", Objects.requireNonNull(step.runningMean()), end);
        end = add(entries, data, "running_var", Objects.requireNonNull(step.runningVar()), end);
        entries.add(entry("num_batches_tracked", "I64", "[]", end, end + 8));
        data.add(ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(step.numBatchesTracked())
                .array());
        return safetensors("{" + String.join(", ", entries) + "}", concat(data.toArray(byte[][]::new)));
    }

    private static int add(List<String> entries, List<byte[]> data, String name, double[] values, int begin) {
        int end = begin + 8 * values.length;
        entries.add(entry(name, "F64", "[" + values.length + "]", begin, end));
        data.add(doubles(values));
        return end;
    }

    private static String entry(String name, String dtype, String shape, int begin, int end) {
        return String.format(
                "\"model.bn.%s\": {\"dtype\": \"%s\", \"shape\": %s, \"data_offsets\": [%d, %d]}",
                name, dtype, shape, begin, end);
    }
}
