package io.github.sparkbatchnorm.layer;

import io.github.sparkbatchnorm.stats.ChannelStatistics;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.io.Serializable;

/**
 * The forward pass of batch norm with given statistics: {@code y = ((x - mean) - meanRest) * scale + bias} for each
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

    /** Floats of a run widened at a time: HotSpot's C2 vectorizes conversions in loops of their own only. */
    private static final int BLOCK = 512;

    private final double[] mean;
    private final double[] meanRest;
    private final ChannelScale scale;
    private final double[] bias;
    private final boolean keepsNonFinite;

    private ChannelTransform(
            double[] mean, double[] meanRest, ChannelScale scale, double[] bias, boolean keepsNonFinite) {
        this.mean = mean;
        this.meanRest = meanRest;
        this.scale = scale;
        this.bias = bias;
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
        double[] meanRest = new double[channels];
        for (int c = 0; c < channels; c++) {
            mean[c] = batch.mean(c);
            meanRest[c] = batch.meanRest(c);
        }
        return of(mean, meanRest, InverseDeviation.ofBatch(batch, state.config().eps()), state);
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

    private static ChannelTransform of(double[] mean, double[] meanRest, double[] invstd, BatchNormState state) {
        double[] bias = new double[invstd.length];
        for (int c = 0; c < invstd.length; c++) {
            bias[c] = state.bias(c);
        }
        return new ChannelTransform(mean, meanRest, ChannelScale.of(invstd, state), bias, false);
    }

    /** The same, but values that are not finite stay what they are. */
    public ChannelTransform keepingNonFinite() {
        return new ChannelTransform(mean, meanRest, scale, bias, true);
    }

    /** A copy of the mean that each channel is centred with. */
    public double[] mean() {
        return mean.clone();
    }

    /** C, the number of channels. */
    public int channels() {
        return mean.length;
    }

    /** y of one value. */
    public double apply(int channel, double x) {
        if (keepsNonFinite && !Double.isFinite(x)) {
            return x;
        }
        return scale.times((x - mean[channel]) - meanRest[channel], channel) + bias[channel];
    }

    /**
     * y of a flat sample, a fresh array.
     *
     * @throws IllegalArgumentException if length or channels do not fit
     */
    public float[] apply(float[] x, SampleShape shape) {
        check(x.length, shape);
        float[] y = new float[x.length];
        if (scale.gain() != null) {
            for (int i = 0; i < x.length; i++) {
                y[i] = (float) apply(shape.channelOf(i), x[i]);
            }
        } else if (channelsAlternate(shape)) {
            for (int start = 0; start < x.length; start += mean.length) {
                normalizeChannels(x, y, start, mean, meanRest, scale.scale(), bias);
            }
        } else {
            int run = shape.spatialSize();
            double[] block = new double[Math.min(run, BLOCK)];
            for (int c = 0; c < mean.length; c++) {
                int end = (c + 1) * run;
                for (int start = c * run; start < end; start += block.length) {
                    int length = Math.min(block.length, end - start);
                    widen(x, start, block, length);
                    normalizeRun(block, block, 0, length, mean[c], meanRest[c], scale.scale()[c], bias[c]);
                    narrow(block, y, start, length);
                }
            }
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
        if (scale.gain() != null) {
            for (int i = 0; i < x.length; i++) {
                y[i] = apply(shape.channelOf(i), x[i]);
            }
        } else if (channelsAlternate(shape)) {
            for (int start = 0; start < x.length; start += mean.length) {
                normalizeChannels(x, y, start, mean, meanRest, scale.scale(), bias);
            }
        } else {
            int run = shape.spatialSize();
            for (int c = 0; c < mean.length; c++) {
                normalizeRun(x, y, c * run, c * run + run, mean[c], meanRest[c], scale.scale()[c], bias[c]);
            }
        }
        if (keepsNonFinite) {
            for (int i = 0; i < x.length; i++) {
                y[i] = Double.isFinite(x[i]) ? y[i] : x[i];
            }
        }
        return y;
    }

    /** Whether each value is of the channel after the one before: one value of each channel, or channels last. */
    private static boolean channelsAlternate(SampleShape shape) {
        return shape.isChannelsLast() || shape.spatialSize() == 1;
    }

    /** One value of each channel, from a start on. */
    private static void normalizeChannels(
            float[] x, float[] y, int start, double[] mean, double[] rest, double[] scale, double[] bias) {
        for (int c = 0; c < mean.length; c++) {
            y[start + c] = (float) (((x[start + c] - mean[c]) - rest[c]) * scale[c] + bias[c]);
        }
    }

    private static void normalizeChannels(
            double[] x, double[] y, int start, double[] mean, double[] rest, double[] scale, double[] bias) {
        for (int c = 0; c < mean.length; c++) {
            y[start + c] = ((x[start + c] - mean[c]) - rest[c]) * scale[c] + bias[c];
        }
    }

    /** Values of one channel. */
    private static void normalizeRun(
            double[] x, double[] y, int from, int to, double mean, double rest, double scale, double bias) {
        for (int i = from; i < to; i++) {
            y[i] = ((x[i] - mean) - rest) * scale + bias;
        }
    }

    private static void widen(float[] x, int start, double[] block, int length) {
        for (int i = 0; i < length; i++) {
            block[i] = x[start + i];
        }
    }

    private static void narrow(double[] block, float[] y, int start, int length) {
        for (int i = 0; i < length; i++) {
            y[start + i] = (float) block[i];
        }
    }

    private void check(int length, SampleShape shape) {
        if (shape.channels() != mean.length || length != shape.length()) {
            throw new IllegalArgumentException("sample of " + length + " values and shape " + shape + "; expected "
                    + shape.length() + " values and " + mean.length + " channels");
        }
    }
}
