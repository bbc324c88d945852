package io.github.sparkbatchnorm.layer;

import io.github.sparkbatchnorm.stats.ChannelStatistics;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.io.Serializable;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The backward pass of batch norm for its input, with given statistics. For each channel, with sums over the global
 * batch and {@code invstd = 1 / sqrt(var + eps)}:
 *
 * <pre>
 * batch statistics:   dx = weight * invstd * (dy - sum(dy) / n - (x - mean) * invstd^2 * sum(dy * (x - mean)) / n)
 * running statistics: dx = weight * invstd * dy
 * </pre>
 *
 * <p>Immutable, so that threads can share it.
 *
 * <p>With eps 0 a constant channel has dx 0 with its own statistics. A dy that is not finite makes dx what IEEE
 * arithmetic gives, in its channel only.
 *
 * <p>Arithmetic is double; {@code float} results are rounded once. The mean and {@code sum(dy) / n} are carried to
 * twice the precision, so that dx is within 1e-13 of exact arithmetic, relative to {@code |weight| * invstd} times the
 * largest magnitude of the three terms, however large the mean is beside the spread. A channel of standard deviation
 * below 1.5e-154 has a subnormal variance, which has fewer digits; with eps 0, dx then has fewer digits too.
 *
 * @see <a href="https://arxiv.org/abs/1502.03167">Ioffe and Szegedy, 2015, section 3</a>
 */
public final class GradientTransform implements Serializable {
    private static final long serialVersionUID = 1L;

    /** For batch statistics; null with running ones. */
    private final @Nullable BackwardParameters centring;
    /** For running statistics, {@code dx = dy * scale}; null with batch statistics. */
    private final @Nullable ForwardParameters scaling;

    private final int channels;
    private final boolean ignoresNonFinite;

    private GradientTransform(
            @Nullable BackwardParameters centring,
            @Nullable ForwardParameters scaling,
            int channels,
            NonFinitePolicy policy) {
        this.centring = centring;
        this.scaling = scaling;
        this.channels = channels;
        this.ignoresNonFinite = policy == NonFinitePolicy.IGNORE;
    }

    /**
     * The transform that uses a batch's own statistics, as training does.
     *
     * @param gradients the gradients of the same batch, made with its own statistics too
     * @param batch the statistics of x that the forward pass used
     * @param state weight and eps
     * @param policy with {@link NonFinitePolicy#IGNORE} dx is 0 where x or dy is not finite; with any other policy dx
     *     is what IEEE arithmetic gives, since {@link NonFinitePolicy#FAIL} has failed the pass that found the
     *     gradients
     * @return the transform of that batch
     * @throws IllegalArgumentException if the numbers of channels differ
     */
    public static GradientTransform ofBatch(
            ChannelGradients gradients, ChannelStatistics batch, BatchNormState state, NonFinitePolicy policy) {
        state.checkChannels(batch);
        if (gradients.channels() != batch.channels()) {
            throw new IllegalArgumentException("gradients of " + gradients.channels() + " channels; expected "
                    + batch.channels() + ", as the batch has");
        }
        ForwardStatistics statistics =
                ForwardStatistics.ofBatch(batch, state.config().eps());
        return new GradientTransform(
                BackwardParameters.of(statistics, gradients, state), null, batch.channels(), policy);
    }

    /**
     * The transform that uses the running statistics of a state, as evaluation does.
     *
     * @param state running variances, weight and eps
     * @param policy with {@link NonFinitePolicy#IGNORE} dx is 0 where x or dy is not finite; with any other policy dx
     *     is what IEEE arithmetic gives, since {@link NonFinitePolicy#FAIL} has failed the pass that found the
     *     gradients
     * @return the transform of any batch
     * @throws IllegalArgumentException if the state has no running statistics
     */
    public static GradientTransform ofRunning(BatchNormState state, NonFinitePolicy policy) {
        ChannelScale scale = ChannelScale.of(ForwardStatistics.ofRunning(state).invstd, state);
        return new GradientTransform(null, ForwardParameters.scaling(scale), state.numFeatures(), policy);
    }

    /** {@return C, the number of channels} */
    public int channels() {
        return channels;
    }

    /**
     * dx of one pair.
     *
     * @param channel the channel of x and dy, from 0
     * @param x any double
     * @param dy the gradient of the loss with respect to y
     * @return dx, not rounded to float
     */
    public double apply(int channel, double x, double dy) {
        if (ignoresNonFinite && !(Double.isFinite(x) && Double.isFinite(dy))) {
            return 0;
        }
        return centring == null ? Objects.requireNonNull(scaling).apply(dy, channel) : centring.apply(x, dy, channel);
    }

    /**
     * dx of a flat sample.
     *
     * @param x the values in C order; they stay as they are
     * @param dy their gradients, in the same order; they stay as they are
     * @param shape the sample's shape
     * @return dx, a fresh array of the same length and order
     * @throws IllegalArgumentException if a length or the number of channels does not fit
     */
    public float[] apply(float[] x, float[] dy, SampleShape shape) {
        float[] dx = new float[checkedLength(x.length, dy.length, shape)];
        if (centring == null) {
            SampleLoops.normalize(dy, dx, shape, Objects.requireNonNull(scaling), false);
        } else {
            SampleLoops.differentiate(x, dy, dx, shape, centring);
        }
        if (ignoresNonFinite) {
            SampleLoops.ignoreNonFinite(x, dy, dx);
        }
        return dx;
    }

    /**
     * dx of a flat sample.
     *
     * @param x the values in C order; they stay as they are
     * @param dy their gradients, in the same order; they stay as they are
     * @param shape the sample's shape
     * @return dx, a fresh array of the same length and order
     * @throws IllegalArgumentException if a length or the number of channels does not fit
     */
    public double[] apply(double[] x, double[] dy, SampleShape shape) {
        double[] dx = new double[checkedLength(x.length, dy.length, shape)];
        if (centring == null) {
            SampleLoops.normalize(dy, dx, shape, Objects.requireNonNull(scaling), false);
        } else {
            SampleLoops.differentiate(x, dy, dx, shape, centring);
        }
        if (ignoresNonFinite) {
            SampleLoops.ignoreNonFinite(x, dy, dx);
        }
        return dx;
    }

    private int checkedLength(int values, int gradients, SampleShape shape) {
        if (shape.channels() != channels || values != shape.length() || gradients != shape.length()) {
            throw new IllegalArgumentException("sample of " + values + " values, " + gradients
                    + " gradients and shape " + shape + "; expected " + shape.length() + " of both and " + channels
                    + " channels");
        }
        return values;
    }
}
