package io.github.sparkbatchnorm.io;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.Dtype;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * Evaluation of a state as an ONNX model.
 *
 * <p>In double precision the graph subtracts the mean first, as {@code ChannelTransform} does: the kernels of
 * BatchNormalization fold the formula into {@code x * a + b}, which cancels where the mean is large beside the spread.
 *
 * @see <a href="https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3">the messages and the numbers of their
 *     fields</a>
 */
final class OnnxModel {
    private static final int IR_VERSION = 8; // the one of opset 15
    private static final int OPSET = 15;
    private static final int FLOAT = 1;
    private static final int DOUBLE = 11;
    private static final int FLOAT_ATTRIBUTE = 1;
    private static final List<String> SPATIAL_AXES = List.of("D1", "D2", "D3");

    private final BatchNormState state;
    private final Dtype dtype;
    private final int spatialAxes;
    private final ProtobufMessage graph = new ProtobufMessage();

    private OnnxModel(BatchNormState state, FormatOptions options) {
        this.state = state;
        this.dtype = options.dtype();
        this.spatialAxes = options.spatialAxes();
    }

    /** The model of a state with running statistics. */
    static byte[] write(BatchNormState state, FormatOptions options) {
        return new OnnxModel(state, options).write();
    }

    private byte[] write() {
        if (dtype == Dtype.FLOAT32) {
            addBatchNormalization();
        } else {
            addArithmetic();
        }
        graph.text(2, "batch_norm").message(11, value("x")).message(12, value("y"));
        return new ProtobufMessage()
                .integer(1, IR_VERSION)
                .text(2, "spark-batchnorm")
                .message(7, graph)
                .message(8, new ProtobufMessage().text(1, "").integer(2, OPSET))
                .toBytes();
    }

    private void addBatchNormalization() {
        float eps = (float) state.config().eps();
        if (Float.isInfinite(eps)) {
            throw new BatchNormException("eps is " + state.config().eps()
                    + ", beyond the range of float32; expected float64 for this state");
        }
        ProtobufMessage epsilon =
                new ProtobufMessage().text(1, "epsilon").float32(2, eps).integer(20, FLOAT_ATTRIBUTE);
        addNode("BatchNormalization", List.of("x", "scale", "B", "input_mean", "input_var"), "y", epsilon);
        addInitializer("scale", weight(), 0);
        addInitializer("B", bias(), 0);
        addInitializer("input_mean", Objects.requireNonNull(state.runningMean()), 0);
        addInitializer("input_var", Objects.requireNonNull(state.runningVar()), 0);
    }

    private void addArithmetic() {
        double eps = state.config().eps();
        double[] deviation = Arrays.stream(Objects.requireNonNull(state.runningVar()))
                .map(var -> Math.sqrt(var + eps))
                .toArray();
        addNode("Sub", List.of("x", "mean"), "centred");
        addNode("Div", List.of("centred", "deviation"), "normalized");
        addNode("Mul", List.of("normalized", "weight"), "scaled");
        addNode("Add", List.of("scaled", "bias"), "y");
        // [C, 1, ..] + [N, C, S, ..] -> [N, C, S, ..]
        addInitializer("mean", Objects.requireNonNull(state.runningMean()), spatialAxes);
        addInitializer("deviation", deviation, spatialAxes);
        addInitializer("weight", weight(), spatialAxes);
        addInitializer("bias", bias(), spatialAxes);
    }

    private double[] weight() {
        double[] values = new double[state.numFeatures()];
        Arrays.setAll(values, state::weight);
        return values;
    }

    private double[] bias() {
        double[] values = new double[state.numFeatures()];
        Arrays.setAll(values, state::bias);
        return values;
    }

    private void addNode(String type, List<String> inputs, String output, ProtobufMessage... attributes) {
        ProtobufMessage node = new ProtobufMessage();
        inputs.forEach(input -> node.text(1, input));
        node.text(2, output).text(4, type);
        for (ProtobufMessage attribute : attributes) {
            node.message(5, attribute);
        }
        graph.message(1, node);
    }

    private void addInitializer(String name, double[] values, int axesBehind) {
        ProtobufMessage tensor = new ProtobufMessage().integer(1, values.length);
        for (int i = 0; i < axesBehind; i++) {
            tensor.integer(1, 1);
        }
        byte[] bytes = Tensor.of(values, dtype).toBytes();
        graph.message(5, tensor.integer(2, elementType()).text(8, name).bytes(9, bytes));
    }

    /** The input or the output: its name, type and axes, of which only C has a known length. */
    private ProtobufMessage value(String name) {
        ProtobufMessage shape = new ProtobufMessage()
                .message(1, new ProtobufMessage().text(2, "N"))
                .message(1, new ProtobufMessage().integer(1, state.numFeatures()));
        for (String axis : SPATIAL_AXES.subList(0, spatialAxes)) {
            shape.message(1, new ProtobufMessage().text(2, axis));
        }
        ProtobufMessage tensor = new ProtobufMessage().integer(1, elementType()).message(2, shape);
        return new ProtobufMessage().text(1, name).message(2, new ProtobufMessage().message(1, tensor));
    }

    private int elementType() {
        return dtype == Dtype.FLOAT32 ? FLOAT : DOUBLE;
    }
}
