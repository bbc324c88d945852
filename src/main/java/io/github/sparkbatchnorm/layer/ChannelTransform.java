package io.github.sparkbatchnorm.layer;

import io.github.sparkbatchnorm.stats.ChannelStatistics;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.io.Serializable;

/**
 * The forward pass of batch norm with given statistics: {@code y = ((x - mean) - meanRest) * scale + bias} for each
 * channel, {@code scale = weight / sqrt(var + eps)}; immutable.
 *
 * <p>Arithmetic is double; {@code float} results are rounded once. With batch statistics the mean is carried to twice
 * the precision, so that y is within 1e-13 of exact arithmetic, relative to {@code max(|y - bias|, |bias|)}, however
 * large the mean is beside the spread. A constant channel gives its bias exactly. A channel of standard deviation below
 * 1.5e-154 has a subnormal variance, of fewer digits: there, with eps 0 only, so has y.
 *
 * @see <a href="https://arxiv.org/abs/1502.03167">Ioffe and Szegedy, 2015, Algorithm 1</a>
 */
public final class ChannelTransform implements Serializable {
    private static final long serialVersionUID = 1L;

    private final double[] mean;
    private final double[] meanRest;
    private final double[] scale;
    private final double[] bias;
    private final boolean keepsNonFinite;

    private ChannelTransform(double[] mean, double[] meanRest, double[] scale, double[] bias, boolean keepsNonFinite) {
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
        double[] scale = new double[channels];
        for (int c = 0; c < channels; c++) {
            mean[c] = batch.mean(c);
            meanRest[c] = batch.meanRest(c);
            double var = batch.populationVariance(c) + state.config().eps();
            scale[c] = var == 0 ? 0 : state.weight(c) * (1 / Math.sqrt(var));
        }
        return new ChannelTransform(mean, meanRest, scale, biases(state), false);
    }

    /**
     * With the running statistics of a state, as in evaluation.
     *
     * @throws IllegalArgumentException if the state has none
     */
    public static ChannelTransform ofRunning(BatchNormState state) {
        double[] mean = state.runningMean();
        double[] var = state.runningVar();
        if (mean == null || var == null) {
            throw new IllegalArgumentException(
                    "the state has no running statistics; expected running_mean and running_var");
        }
        double[] scale = new double[mean.length];
        for (int c = 0; c < scale.length; c++) {
            scale[c] = state.weight(c) * (1 / Math.sqrt(var[c] + state.config().eps()));
        }
        return new ChannelTransform(mean, new double[mean.length], scale, biases(state), false);
    }

    private static double[] biases(BatchNormState state) {
        double[] bias = state.bias();
        return bias == null ? new double[state.numFeatures()] : bias;
    }

    /** The same, but values that are not finite stay what they are. */
    public ChannelTransform keepingNonFinite() {
        return new ChannelTransform(mean, meanRest, scale, bias, true);
    }

    /** C, the number of channels. */
    public int channels() {
        return mean.length;
    }

    /** y of one value. */
    public double apply(int channel, double x) {
        return keepsNonFinite && !Double.isFinite(x)
                ? x
                : ((x - mean[channel]) - meanRest[channel]) * scale[channel] + bias[channel];
    }

    /**
     * y of a flat sample, a fresh array.
     *
     * @throws IllegalArgumentException if length or channels do not fit
     */
    public float[] apply(float[] x, SampleShape shape) {
        check(x.length, shape);
        float[] y = new float[x.length];
        int run = runLength(shape);
        for (int start = 0, c = 0; start < x.length; start += run, c = c + 1 == mean.length ? 0 : c + 1) {
            normalize(x, y, start, start + run, mean[c], meanRest[c], scale[c], bias[c]);
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
        int run = runLength(shape);
        for (int start = 0, c = 0; start < x.length; start += run, c = c + 1 == mean.length ? 0 : c + 1) {
            normalize(x, y, start, start + run, mean[c], meanRest[c], scale[c], bias[c]);
        }
        if (keepsNonFinite) {
            for (int i = 0; i < x.length; i++) {
                y[i] = Double.isFinite(x[i]) ? y[i] : x[i];
            }
        }
        return y;
    }

    /** Values of one channel that lie together; channels follow each other, over and over where they come last. */
    private static int runLength(SampleShape shape) {
        return shape.isChannelsLast() ? 1 : shape.spatialSize();
    }

    private static void normalize(
            float[] x, float[] y, int from, int to, double mean, double rest, double scale, double bias) {
        for (int i = from; i < to; i++) {
            y[i] = (float) (((x[i] - mean) - rest) * scale + bias);
        }
    }

    private static void normalize(
            double[] x, double[] y, int from, int to, double mean, double rest, double scale, double bias) {
        for (int i = from; i < to; i++) {
            y[i] = ((x[i] - mean) - rest) * scale + bias;
        }
    }

    private void check(int length, SampleShape shape) {
        if (shape.channels() != mean.length || length != shape.length()) {
            throw new IllegalArgumentException("sample of " + length + " values and shape " + shape + "; expected "
                    + shape.length() + " values and " + mean.length + " channels");
        }
    }
}
