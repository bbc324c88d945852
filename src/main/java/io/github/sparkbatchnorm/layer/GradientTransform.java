package io.github.sparkbatchnorm.layer;

import io.github.sparkbatchnorm.stats.ChannelStatistics;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.io.Serializable;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The backward pass of batch norm for its input, with given statistics; immutable. For each channel, with sums over the
 * global batch and {@code invstd = 1 / sqrt(var + eps)}:
 *
 * <pre>
 * batch statistics:   dx = weight * invstd * (dy - sum(dy) / n - (x - mean) * invstd^2 * sum(dy * (x - mean)) / n)
 * running statistics: dx = weight * invstd * dy
 * </pre>
 *
 * <p>With eps 0 a constant channel has dx 0 with its own statistics. dy that is not finite makes what IEEE arithmetic
 * makes of it, in its channel only.
 *
 * <p>Arithmetic is double; {@code float} results are rounded once. The mean and {@code sum(dy) / n} are carried to
 * twice the precision, so that dx is within 1e-13 of exact arithmetic, relative to {@code |weight| * invstd} times the
 * largest magnitude of the three terms, however large the mean is beside the spread. A channel of standard deviation
 * below 1.5e-154 has a subnormal variance, of fewer digits: there, with eps 0 only, so has dx.
 *
 * @see <a href="https://arxiv.org/abs/1502.03167">Ioffe and Szegedy, 2015, section 3</a>
 */
public final class GradientTransform implements Serializable {
    private static final long serialVersionUID = 1L;

    /** With batch statistics; null with running ones. */
    private final @Nullable BackwardParameters centring;
    /** With running statistics, nothing but the scale: a bias of -0.0 leaves every number what it is. Else null. */
    private final @Nullable ForwardParameters scaling;

    private final int channels;
    /** What to multiply with at the end; null if it is 1 in all channels. */
    private final double @Nullable [] gain;

    private final boolean ignoresNonFinite;

    private GradientTransform(
            @Nullable BackwardParameters centring,
            @Nullable ForwardParameters scaling,
            int channels,
            double @Nullable [] gain,
            boolean ignoresNonFinite) {
        this.centring = centring;
        this.scaling = scaling;
        this.channels = channels;
        this.gain = gain;
        this.ignoresNonFinite = ignoresNonFinite;
    }

    /**
     * With a batch's own statistics, as in training.
     *
     * @param gradients of the same batch, with its own statistics too
     * @param batch the statistics of x that the forward pass used
     * @throws IllegalArgumentException if the numbers of channels differ
     */
    public static GradientTransform ofBatch(ChannelGradients gradients, ChannelStatistics batch, BatchNormState state) {
        state.checkChannels(batch);
        if (gradients.channels() != batch.channels()) {
            throw new IllegalArgumentException("gradients of " + gradients.channels() + " channels; expected "
                    + batch.channels() + ", as the batch has");
        }
        int channels = batch.channels();
        double[] mean = new double[channels];
        double[] meanLow = new double[channels];
        double[] invstd = InverseDeviation.ofBatch(batch, state.config().eps());
        for (int c = 0; c < channels; c++) {
            mean[c] = batch.mean(c);
            meanLow[c] = batch.meanLow(c);
        }
        ChannelScale scale = ChannelScale.of(invstd, state);
        BackwardParameters parameters = new BackwardParameters(
                mean, meanLow, invstd, gradients.mean(), gradients.meanLow(), gradients.projection(), scale.scale());
        return new GradientTransform(parameters, null, channels, scale.gain(), false);
    }

    private static ForwardParameters scaling(ChannelScale scale) {
        double[] zero = new double[scale.scale().length];
        double[] minusZero = new double[zero.length];
        Arrays.fill(minusZero, -0.0);
        return new ForwardParameters(zero, zero, scale.scale(), minusZero);
    }

    /**
     * With the running statistics of a state, as in evaluation.
     *
     * @throws IllegalArgumentException if the state has none
     */
    public static GradientTransform ofRunning(BatchNormState state) {
        ChannelScale scale = ChannelScale.of(InverseDeviation.ofRunning(state), state);
        return new GradientTransform(null, scaling(scale), scale.scale().length, scale.gain(), false);
    }

    /** The same, but where x or dy is not finite, dx is 0. */
    public GradientTransform ignoringNonFinite() {
        return new GradientTransform(centring, scaling, channels, gain, true);
    }

    /** C, the number of channels. */
    public int channels() {
        return channels;
    }

    /** dx of one pair. */
    public double apply(int channel, double x, double dy) {
        if (ignoresNonFinite && !(Double.isFinite(x) && Double.isFinite(dy))) {
            return 0;
        }
        double dx =
                centring == null ? Objects.requireNonNull(scaling).apply(dy, channel) : centring.apply(x, dy, channel);
        return gain == null ? dx : dx * gain[channel];
    }

    /**
     * dx of a flat sample, a fresh array.
     *
     * @throws IllegalArgumentException if lengths or channels do not fit
     */
    public float[] apply(float[] x, float[] dy, SampleShape shape) {
        check(x.length, dy.length, shape);
        float[] dx = new float[x.length];
        if (gain != null || ignoresNonFinite) {
            for (int i = 0; i < dx.length; i++) {
                dx[i] = (float) apply(shape.channelOf(i), x[i], dy[i]);
            }
        } else if (centring == null) {
            Objects.requireNonNull(scaling).applyTo(dy, dx, shape);
        } else {
            centring.applyTo(x, dy, dx, shape);
        }
        return dx;
    }

    /**
     * dx of a flat sample, a fresh array.
     *
     * @throws IllegalArgumentException if lengths or channels do not fit
     */
    public double[] apply(double[] x, double[] dy, SampleShape shape) {
        check(x.length, dy.length, shape);
        double[] dx = new double[x.length];
        if (gain != null || ignoresNonFinite) {
            for (int i = 0; i < dx.length; i++) {
                dx[i] = apply(shape.channelOf(i), x[i], dy[i]);
            }
        } else if (centring == null) {
            Objects.requireNonNull(scaling).applyTo(dy, dx, shape);
        } else {
            centring.applyTo(x, dy, dx, shape);
        }
        return dx;
    }

    private void check(int values, int gradients, SampleShape shape) {
        if (shape.channels() != channels() || values != shape.length() || gradients != shape.length()) {
            throw new IllegalArgumentException("sample of " + values + " values, " + gradients
                    + " gradients and shape " + shape + "; expected " + shape.length() + " of both and " + channels()
                    + " channels");
        }
    }
}
