package io.github.sparkbatchnorm.io;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.Dtype;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.function.Supplier;

/**
 * The formats of other frameworks that a state is written to and read from. The same state and options give the same
 * bytes.
 *
 * <p>A file is checked before anything is allocated for what it claims to hold: sizes, offsets, types, shapes, and the
 * checksums of a format that has them. Threads can call these methods at the same time.
 */
public enum StateFormat {
    /**
     * PyTorch's tensors as a safetensors file: {@code weight} and {@code bias} of an affine layer,
     * {@code running_mean}, {@code running_var}, and {@code num_batches_tracked} as an int64. Read: F64, F32, F16 and
     * BF16, each widened exactly, of headers up to 16 MiB.
     *
     * @see <a href="https://huggingface.co/docs/safetensors">safetensors</a>
     */
    SAFETENSORS,
    /**
     * The same tensors as NumPy's archive, each as {@code KEY.npy}. Read: arrays that are stored or deflated, of format
     * 1.0 to 3.0 and type {@code <f8}, {@code <f4} or {@code <f2}; a deflated one holds at most 16 MiB.
     *
     * @see <a href="https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html">the npy format</a>
     */
    NPZ,
    /**
     * The fitted attributes of scikit-learn's {@code StandardScaler} as JSON: {@code mean_}, {@code var_},
     * {@code scale_} and {@code n_samples_seen_}. {@code mean_} is the running mean, {@code var_} the running variance
     * as it is in the state, and {@code scale_} its square root, or 1 where it is 0. So a state that is to mean what
     * scikit-learn means has eps 0, and the population variance as its running variance. Numbers are doubles, whatever
     * the options say.
     *
     * <p>Only a state of eps 0 without weights other than 1 and biases other than 0 can be written. One that is read
     * has the running variance 1 where {@code scale_} is 1 or null, is affine with weight 1 and bias 0, has eps 0 and
     * the cumulative average, and has tracked one batch.
     */
    SKLEARN,
    /**
     * Evaluation as an ONNX model of opset 15, with the input {@code x} of shape {@code [N, C]}, or with
     * {@linkplain FormatOptions#withSpatialAxes spatial axes} behind these, and the output {@code y}. In float32 it is
     * one node BatchNormalization; in float64 the nodes Sub, Div, Mul and Add. Written only.
     *
     * @see <a href="https://onnx.ai/onnx/operators/onnx__BatchNormalization.html">BatchNormalization</a>
     */
    ONNX;

    /**
     * Writes a state.
     *
     * @param state one with running statistics
     * @param out takes the whole file; it is not closed
     * @param options prefix, dtype, and what else the format takes
     * @return the keys, PyTorch's names, whose values float32 rounded; empty if the file has the exact values. In a
     *     float32 {@link #ONNX} model eps is rounded too
     * @throws BatchNormException if the state has no running statistics, the format cannot express it, or a value is
     *     beyond float32; nothing has been written then
     * @throws IOException if out does not take the bytes
     */
    public List<String> write(BatchNormState state, OutputStream out, FormatOptions options) throws IOException {
        if (!state.hasRunningStatistics()) {
            throw new BatchNormException("the state has no running statistics; expected one that tracks");
        }
        boolean exact = this == SKLEARN || options.dtype() == Dtype.FLOAT64;
        List<String> rounded = exact ? List.of() : StateTensors.roundedByFloat32(state);
        out.write(encode(state, options));
        return rounded;
    }

    /**
     * The state in a file.
     *
     * @param content the whole file
     * @param source names the file in messages, such as its path
     * @param options prefix, eps, momentum
     * @return a state of the values in the file; affine if these are weight and bias too
     * @throws BatchNormException if the content is not of this format, or not a state; the message names the source and
     *     the key. If there are several batch norms and no prefix was given, it lists them
     * @throws UnsupportedOperationException if the format is {@link #ONNX}
     */
    public BatchNormState read(byte[] content, String source, FormatOptions options) {
        return named(source, () -> decode(content, options));
    }

    /**
     * The batch norms in a file of tensors with names: what has a running mean and a running variance.
     *
     * @param content the whole file
     * @param source names the file in messages, such as its path
     * @return a prefix for each, in the order of their names; empty text for the bare keys
     * @throws BatchNormException if the content is not of this format; the message names the source
     * @throws UnsupportedOperationException if the format is {@link #SKLEARN} or {@link #ONNX}
     */
    public List<String> prefixes(byte[] content, String source) {
        return named(source, () -> StateTensors.prefixes(archive(content)));
    }

    private byte[] encode(BatchNormState state, FormatOptions options) {
        return switch (this) {
            case SAFETENSORS -> Safetensors.write(StateTensors.of(state, options));
            case NPZ -> Npz.write(StateTensors.of(state, options));
            case SKLEARN -> SklearnJson.write(state, options);
            case ONNX -> OnnxModel.write(state, options);
        };
    }

    private BatchNormState decode(byte[] content, FormatOptions options) {
        return switch (this) {
            case SAFETENSORS, NPZ -> StateTensors.read(archive(content), options);
            case SKLEARN -> SklearnJson.read(content, options);
            case ONNX -> throw new UnsupportedOperationException("ONNX models are written, but not read");
        };
    }

    private TensorArchive archive(byte[] content) {
        return switch (this) {
            case SAFETENSORS -> Safetensors.parse(content);
            case NPZ -> Npz.parse(content);
            case SKLEARN, ONNX -> throw new UnsupportedOperationException(
                    this + " has no tensors with names; expected SAFETENSORS or NPZ");
        };
    }

    private static <T> T named(String source, Supplier<T> reading) {
        try {
            return reading.get();
        } catch (IllegalArgumentException e) {
            throw new BatchNormException(source + ": " + e.getMessage(), e);
        }
    }
}
