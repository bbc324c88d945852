package io.github.sparkbatchnorm.io;

import static io.github.sparkbatchnorm.io.FormatTesting.written;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.ChannelTransform;
import io.github.sparkbatchnorm.layer.Dtype;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.io.ByteArrayOutputStream;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The models in a runtime of others. */
class OnnxModelTest {
    private static final int CHANNELS = 5;
    private static final FormatOptions FLOAT64 = FormatOptions.DEFAULT.withDtype(Dtype.FLOAT64);

    /**
     * Y of a batch of flat samples, one behind the other.
     *
     * @param axes of a sample: C and the spatial axes
     */
    private static double[] run(byte[] model, double[] x, int... axes) throws OrtException {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        int sample = Arrays.stream(axes).reduce(1, (a, b) -> a * b);
        long[] shape = new long[axes.length + 1];
        shape[0] = x.length / sample;
        for (int i = 0; i < axes.length; i++) {
            shape[i + 1] = axes[i];
        }
        try (OrtSession session = environment.createSession(model)) {
            boolean single = ((TensorInfo) session.getInputInfo().get("x").getInfo())
                    .type
                    .toString()
                    .equals("FLOAT");
            try (OnnxTensor input = single
                            ? OnnxTensor.createTensor(environment, FloatBuffer.wrap(floats(x)), shape)
                            : OnnxTensor.createTensor(environment, DoubleBuffer.wrap(x), shape);
                    OrtSession.Result result = session.run(Map.of("x", input))) {
                OnnxTensor output = (OnnxTensor) result.get("y").orElseThrow(); // the result closes it
                assertThat(output.getInfo().getShape()).isEqualTo(shape);
                double[] y = new double[x.length];
                if (single) {
                    FloatBuffer values = output.getFloatBuffer();
                    Arrays.setAll(y, values::get);
                } else {
                    output.getDoubleBuffer().get(y);
                }
                return y;
            }
        }
    }

    private static float[] floats(double[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }

    private static int[] axes(String text) {
        return Arrays.stream(text.split(" ")).mapToInt(Integer::parseInt).toArray();
    }

    private static double[] normal(int length) {
        return new Random(3).doubles(length, -5, 5).toArray();
    }

    @ParameterizedTest
    @CsvSource({"5", "5 3", "5 3 2", "5 2 3 4"})
    void inDoublePrecisionYIsOurs(String sampleAxes) throws OrtException {
        int[] axes = axes(sampleAxes);
        SampleShape shape = SampleShape.channelsFirst(axes);
        double[] x = normal(7 * shape.length());
        for (boolean affine : new boolean[] {true, false}) {
            for (double eps : new double[] {0, 1e-5, 0.1}) {
                BatchNormConfig config = new BatchNormConfig(eps, 0.1, affine, true);
                BatchNormState state = FormatTesting.randomState(CHANNELS, config, 11);
                double[] y = run(written(StateFormat.ONNX, state, FLOAT64.withSpatialAxes(axes.length - 1)), x, axes);
                ChannelTransform ours = ChannelTransform.ofRunning(state, NonFinitePolicy.PROPAGATE);
                for (int i = 0; i < x.length; i++) {
                    int c = shape.channelOf(i % shape.length());
                    double expected = ours.apply(c, x[i]);
                    // Division and product in another order: each rounds once, and so does the sum.
                    double magnitude = Math.max(Math.abs(expected - state.bias(c)), Math.abs(state.bias(c)));
                    assertThat(Math.abs(y[i] - expected)).isLessThanOrEqualTo(1e-15 * magnitude);
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"5", "5 3", "5 3 2", "5 2 3 4"})
    void inSinglePrecisionYIsOursWithinTheRoundingOfFloats(String sampleAxes) throws OrtException {
        int[] axes = axes(sampleAxes);
        SampleShape shape = SampleShape.channelsFirst(axes);
        double[] x = normal(7 * shape.length());
        for (double eps : new double[] {0, 1e-5, 0.1}) {
            BatchNormConfig config = new BatchNormConfig(eps, 0.1, true, true);
            BatchNormState state = FormatTesting.randomState(CHANNELS, config, 11);
            FormatOptions options = FormatOptions.DEFAULT.withSpatialAxes(axes.length - 1);
            double[] y = run(written(StateFormat.ONNX, state, options), x, axes);
            ChannelTransform ours = ChannelTransform.ofRunning(state, NonFinitePolicy.PROPAGATE);
            for (int i = 0; i < x.length; i++) {
                int c = shape.channelOf(i % shape.length());
                double scale = Math.abs(ours.apply(c, 1) - ours.apply(c, 0));
                // x, the tensors and each step are rounded, and x * scale and mean * scale apart.
                double terms = scale * (Math.abs(x[i]) + Math.abs(state.runningMean()[c])) + Math.abs(state.bias(c));
                assertThat(Math.abs(y[i] - ours.apply(c, x[i]))).isLessThanOrEqualTo(4 * 0x1p-24 * terms);
            }
        }
    }

    @Test
    void theModelSaysItsAxes() throws OrtException {
        BatchNormState state = FormatTesting.randomState(CHANNELS, BatchNormConfig.DEFAULT, 1);
        for (Dtype dtype : Dtype.values()) {
            FormatOptions options = FormatOptions.DEFAULT.withDtype(dtype);
            try (OrtSession table =
                            OrtEnvironment.getEnvironment().createSession(written(StateFormat.ONNX, state, options));
                    OrtSession images = OrtEnvironment.getEnvironment()
                            .createSession(written(StateFormat.ONNX, state, options.withSpatialAxes(2)))) {
                for (TensorInfo info :
                        List.of((TensorInfo) table.getInputInfo().get("x").getInfo(), (TensorInfo)
                                table.getOutputInfo().get("y").getInfo())) {
                    assertThat(info.getShape()).containsExactly(-1, CHANNELS);
                    assertThat(info.getDimensionNames()).containsExactly("N", "");
                }
                TensorInfo info = (TensorInfo) images.getInputInfo().get("x").getInfo();
                assertThat(info.getShape()).containsExactly(-1, CHANNELS, -1, -1);
                assertThat(info.getDimensionNames()).containsExactly("N", "", "D1", "D2");
            }
        }
    }

    @Test
    void aLargeMeanDoesNotCancelInDoublePrecision() throws OrtException {
        double[] one = {1};
        BatchNormState state =
                BatchNormState.of(BatchNormConfig.DEFAULT, 1, one, new double[1], new double[] {1e7}, one, 1);
        double[] x = {1e7, 1e7 + 1, 1e7 - 2};
        double[] y = run(written(StateFormat.ONNX, state, FLOAT64), x, 1);
        for (int i = 0; i < x.length; i++) {
            double expected =
                    ChannelTransform.ofRunning(state, NonFinitePolicy.PROPAGATE).apply(0, x[i]);
            assertThat(Math.abs(y[i] - expected)).isLessThanOrEqualTo(1e-15 * Math.abs(expected));
        }
    }

    @Test
    void manyChannelsAndAnEmptyBatchWork() throws OrtException {
        BatchNormState state = FormatTesting.randomState(3000, BatchNormConfig.DEFAULT, 1);
        byte[] model = written(StateFormat.ONNX, state, FLOAT64);
        assertThat(run(model, new double[0], 3000)).isEmpty();
        double[] y = run(model, normal(3000), 3000);
        ChannelTransform ours = ChannelTransform.ofRunning(state, NonFinitePolicy.PROPAGATE);
        assertThat(y[2999] - ours.apply(2999, normal(3000)[2999])).isBetween(-1e-14, 1e-14);
    }

    @Test
    void anEpsBeyondFloatIsAnError() {
        BatchNormState state = FormatTesting.randomState(1, BatchNormConfig.DEFAULT.withEps(1e39), 1);
        assertThatThrownBy(() -> StateFormat.ONNX.write(state, new ByteArrayOutputStream(), FormatOptions.DEFAULT))
                .isInstanceOf(BatchNormException.class)
                .hasMessage("eps is 1.0E39, beyond the range of float32; expected float64 for this state");
    }
}
