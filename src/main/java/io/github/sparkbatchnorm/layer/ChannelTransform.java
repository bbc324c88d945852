package io.github.sparkbatchnorm.layer;

import io.github.sparkbatchnorm.stats.ChannelStatistics;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * The forward pass of batch norm with given statistics: {@code y = ((x - mean) - meanLow) * scale + bias} for each
 * channel, {@code scale = weight / sqrt(var + eps)}; immutable.
 *
 * <p>A constant channel gives its bias exactly with its own statistics, with eps 0 too. With running statistics eps 0
 * and variance 0 give what IEEE arithmetic gives, as in PyTorch. A channel whose statistics are NaN gives NaN; no other
 * channel changes by a bit.
 *
 * <p>Arithmetic is double; {@code float} results are rounded once. With batch statistics the mean is carried to twice
 * the precision, so that y is within 1e-13 of exact arithmetic, relative to {@code max(|y - bias|, |bias|)}, however
 * large the mean is beside the spread. A channel of standard deviation below 1.5e-154 has a subnormal variance, of
 * fewer digits: there, with eps 0 only, so has y.
 *
 * @see <a href="https://arxiv.org/abs/1502.03167">Ioffe and Szegedy, 2015, Algorithm 1</a>
 */
public final class ChannelTransform implements Serializable {
    private static final long serialVersionUID = 1L;

    private final ForwardParameters parameters;
    /** What to multiply with before the bias is added; null if it is 1 in all channels. */
    private final double @Nullable [] gain;

    private final boolean keepsNonFinite;

    private ChannelTransform(ForwardParameters parameters, double @Nullable [] gain, boolean keepsNonFinite) {
        this.parameters = parameters;
        this.gain = gain;
        this.keepsNonFinite = keepsNonFinite;
    }

    /**
     * With a batch's own statistics, as in training. Where eps and the variance are 0, y is the bias.
     *
     * @throws IllegalArgumentException if the numbers of channels differ
     */
    public static ChannelTransform ofBatch(ChannelStatistics batch, BatchNormState state) {
        state.checkChannels(batch);
        int channels = state.numFeatures();
        double[] mean = new double[channels];
        double[] meanLow = new double[channels];
        for (int c = 0; c < channels; c++) {
            mean[c] = batch.mean(c);
            meanLow[c] = batch.meanLow(c);
        }
        return of(mean, meanLow, InverseDeviation.ofBatch(batch, state.config().eps()), state);
    }

    /**
     * With the running statistics of a state, as in evaluation.
     *
     * @throws IllegalArgumentException if the state has none
     */
    public static ChannelTransform ofRunning(BatchNormState state) {
        double[] mean = state.requireRunningMean();
        return of(mean, new double[mean.length], InverseDeviation.ofRunning(state), state);
    }

    private static ChannelTransform of(double[] mean, double[] meanLow, double[] invstd, BatchNormState state) {
        double[] bias = new double[invstd.length];
        for (int c = 0; c < invstd.length; c++) {
            bias[c] = state.bias(c);
        }
        ChannelScale scale = ChannelScale.of(invstd, state);
        ForwardParameters parameters = new ForwardParameters(mean, meanLow, scale.scale(), bias);
        return new ChannelTransform(parameters, scale.gain(), false);
    }

    /** The same, but values that are not finite stay what they are. */
    public ChannelTransform keepingNonFinite() {
        return new ChannelTransform(parameters, gain, true);
    }

    /** A copy of the mean that each channel is centred with. */
    public double[] mean() {
        return parameters.mean().clone();
    }

    /** C, the number of channels. */
    public int channels() {
        return parameters.mean().length;
    }

    /** y of one value. */
    public double apply(int channel, double x) {
        if (keepsNonFinite && !Double.isFinite(x)) {
            return x;
        }
        ForwardParameters p = parameters;
        if (gain == null) {
            return p.apply(x, channel);
        }
        double scaled = ((x - p.mean()[channel]) - p.meanLow()[channel]) * p.scale()[channel];
        return scaled * gain[channel] + p.bias()[channel];
    }

    /**
     * y of a flat sample, a fresh array.
     *
     * @throws IllegalArgumentException if length or channels do not fit
     */
    public float[] apply(float[] x, SampleShape shape) {
        check(x.length, shape);
        float[] y = new float[x.length];
        if (gain != null) {
            for (int i = 0; i < x.length; i++) {
                y[i] = (float) apply(shape.channelOf(i), x[i]);
            }
        } else {
            parameters.applyTo(x, y, shape);
        }
        if (keepsNonFinite) {
            for (int i = 0; i < x.length; i++) {
                y[i] = Float.isFinite(x[i]) ? y[i] : x[i];
            }
        }
        return y;
    }

    /**
     * y of a flat sample, a fresh array.
     *
     * @throws IllegalArgumentException if length or channels do not fit
     */
    public double[] apply(double[] x, SampleShape shape) {
        check(x.length, shape);
        double[] y = new double[x.length];
        if (gain != null) {
            for (int i = 0; i < x.length; i++) {
                y[i] = apply(shape.channelOf(i), x[i]);
            }
        } else {
            parameters.applyTo(x, y, shape);
        }
        if (keepsNonFinite) {
            for (int i = 0; i < x.length; i++) {
                y[i] = Double.isFinite(x[i]) ? y[i] : x[i];
            }
        }
        return y;
    }

    private void check(int length, SampleShape shape) {
        if (shape.channels() != channels() || length != shape.length()) {
            throw new IllegalArgumentException("sample of " + length + " values and shape " + shape + "; expected "
                    + shape.length() + " values and " + channels() + " channels");
        }
    }
}
