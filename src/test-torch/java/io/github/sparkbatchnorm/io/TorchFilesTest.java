package io.github.sparkbatchnorm.io;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.ChannelTransform;
import io.github.sparkbatchnorm.layer.Dtype;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import java.io.ByteArrayOutputStream;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files that go to real PyTorch and come from it, through DJL's own readers and writers. */
class TorchFilesTest {
    private static final int CHANNELS = 7;

    private static Map<String, NDArray> decode(NDManager manager, byte[] file) {
        Map<String, NDArray> tensors = new HashMap<>();
        for (NDArray array : NDList.decode(manager, file)) {
            tensors.put(array.getName(), array);
        }
        return tensors;
    }

    @ParameterizedTest
    @CsvSource({"SAFETENSORS, FLOAT32", "SAFETENSORS, FLOAT64", "NPZ, FLOAT32", "NPZ, FLOAT64"})
    void torchReadsOurFilesAndNormalizesAsWeDo(StateFormat format, Dtype dtype) throws Exception {
        BatchNormState state = FormatTesting.randomState(CHANNELS, BatchNormConfig.DEFAULT, 3);
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        FormatOptions options = FormatOptions.DEFAULT.withDtype(dtype).withPrefix("bn1");
        assertThat(format.write(state, file, options).isEmpty()).isEqualTo(dtype == Dtype.FLOAT64);
        BatchNormState read = format.read(file.toByteArray(), "f", FormatOptions.DEFAULT);
        try (NDManager manager = Engine.getEngine("PyTorch").newBaseManager()) {
            Map<String, NDArray> tensors = decode(manager, file.toByteArray());
            assertThat(tensors)
                    .containsOnlyKeys(
                            "bn1.weight",
                            "bn1.bias",
                            "bn1.running_mean",
                            "bn1.running_var",
                            "bn1.num_batches_tracked");
            NDArray tracked = tensors.get("bn1.num_batches_tracked");
            assertThat(tracked.getShape()).isEqualTo(new Shape());
            assertThat(tracked.getLong()).isEqualTo(state.numBatchesTracked());

            double[] x = new Random(5).doubles(4L * CHANNELS, -5, 5).toArray();
            DataType type = dtype == Dtype.FLOAT32 ? DataType.FLOAT32 : DataType.FLOAT64;
            NDArray input = manager.create(x, new Shape(4, CHANNELS)).toType(type, false);
            double[] y = input.getNDArrayInternal()
                    .batchNorm(
                            input,
                            tensors.get("bn1.running_mean"),
                            tensors.get("bn1.running_var"),
                            tensors.get("bn1.weight"),
                            tensors.get("bn1.bias"),
                            1,
                            0.9f,
                            1e-5f,
                            false)
                    .singletonOrThrow()
                    .toType(DataType.FLOAT64, false)
                    .toDoubleArray();
            // DJL takes eps as a float; torch folds the formula, in the type of the tensors.
            BatchNormConfig config = read.config().withEps(1e-5f);
            ChannelTransform ours = ChannelTransform.ofRunning(
                    BatchNormState.of(
                            config,
                            CHANNELS,
                            read.weight(),
                            read.bias(),
                            read.runningMean(),
                            read.runningVar(),
                            read.numBatchesTracked()),
                    NonFinitePolicy.PROPAGATE);
            double rounding = dtype == Dtype.FLOAT32 ? 0x1p-24 : 0x1p-53;
            for (int i = 0; i < x.length; i++) {
                int c = i % CHANNELS;
                double scale = Math.abs(ours.apply(c, 1) - ours.apply(c, 0));
                double terms = scale * (Math.abs(x[i]) + Math.abs(read.runningMean()[c])) + Math.abs(read.bias(c));
                assertThat(Math.abs(y[i] - ours.apply(c, x[i]))).isLessThanOrEqualTo(6 * rounding * terms);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"SAFETENSORS", "NPZ"})
    void tensorsThatTorchSavesAreRead(StateFormat format) throws Exception {
        BatchNormState state = FormatTesting.randomState(CHANNELS, BatchNormConfig.DEFAULT.withAffine(false), 4);
        try (NDManager manager = Engine.getEngine("PyTorch").newBaseManager()) {
            NDArray mean = manager.create(state.runningMean());
            NDArray var = manager.create(state.runningVar());
            NDArray tracked = manager.create(state.numBatchesTracked());
            NDArray other = manager.arange(12f).reshape(3, 4);
            mean.setName("net.bn.running_mean");
            var.setName("net.bn.running_var");
            tracked.setName("net.bn.num_batches_tracked");
            other.setName("net.fc.weight");
            NDList.Encoding encoding =
                    format == StateFormat.NPZ ? NDList.Encoding.NPZ : NDList.Encoding.SAFETENSORS;
            byte[] file = new NDList(other, var, mean, tracked).encode(encoding);
            assertThat(format.read(file, "f", FormatOptions.DEFAULT)).isEqualTo(state);
        }
    }
}
