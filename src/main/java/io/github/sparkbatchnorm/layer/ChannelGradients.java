package io.github.sparkbatchnorm.layer;

import io.github.sparkbatchnorm.stats.ChannelStatistics;
import io.github.sparkbatchnorm.stats.GradientSums;
import java.io.Serializable;

/**
 * The backward pass of batch norm for the parameters, with given statistics; immutable. For each channel, with sums
 * over the global batch and {@code invstd = 1 / sqrt(var + eps)}:
 *
 * <pre>
 * dbias   = sum(dy)
 * dweight = sum(dy * (x - mean)) * invstd
 * </pre>
 *
 * <p>They are global sums: nothing has to reduce them again. A layer without weight and bias has them too, as the
 * gradients of a weight 1 and a bias 0.
 *
 * <p>No pairs make gradients of 0. With batch statistics a constant channel has dweight 0, with eps 0 too. dy that is
 * not finite makes what IEEE arithmetic makes of it, in its channel only.
 *
 * <p>dbias is correctly rounded; dweight is rounded from the exact sum, centred with the mean to twice the precision,
 * times invstd. A channel of standard deviation below 1.5e-154 has a subnormal variance, of fewer digits: there, with
 * eps 0 only, so has dweight.
 *
 * @see <a href="https://arxiv.org/abs/1502.03167">Ioffe and Szegedy, 2015, section 3</a>
 */
public final class ChannelGradients implements Serializable {
    private static final long serialVersionUID = 1L;

    private final double[] weight;
    private final double[] bias;
    /** {@code sum(dy) / n}, and what rounding took from it. */
    private final double[] mean;

    private final double[] meanLow;
    /** {@code invstd * sum(dy * (x - mean)) / n}. */
    private final double[] projection;

    private ChannelGradients(int channels) {
        weight = new double[channels];
        bias = new double[channels];
        mean = new double[channels];
        meanLow = new double[channels];
        projection = new double[channels];
    }

    /** Those of no pairs. */
    public static ChannelGradients zero(int channels) {
        return new ChannelGradients(channels);
    }

    /**
     * With a batch's own statistics, as in training.
     *
     * @param batch the statistics of x that the forward pass used; its count is the n that sums are divided by
     * @throws IllegalArgumentException if the numbers of channels differ, or there are more gradients than values
     */
    public static ChannelGradients ofBatch(GradientSums sums, ChannelStatistics batch, double eps) {
        checkChannels(sums, batch.channels());
        ChannelGradients gradients = new ChannelGradients(sums.channels());
        double[] invstd = InverseDeviation.ofBatch(batch, eps);
        for (int c = 0; c < sums.channels(); c++) {
            long n = batch.count(c);
            if (sums.count(c) > n) {
                throw new IllegalArgumentException(sums.count(c) + " gradients of channel " + c
                        + ", whose statistics are" + " of " + n + " values; expected those of the same batch");
            }
            gradients.set(sums, c, batch.mean(c), batch.meanLow(c), invstd[c]);
            gradients.mean[c] = sums.mean(c, n);
            gradients.meanLow[c] = sums.meanLow(c, n);
            gradients.projection[c] = sums.centredProducts(c, batch.mean(c), batch.meanLow(c), invstd[c], n);
        }
        return gradients;
    }

    /**
     * With the running statistics of a state, as in evaluation.
     *
     * @throws IllegalArgumentException if the state has none, or the numbers of channels differ
     */
    public static ChannelGradients ofRunning(GradientSums sums, BatchNormState state) {
        checkChannels(sums, state.numFeatures());
        double[] mean = state.requireRunningMean();
        double[] invstd = InverseDeviation.ofRunning(state);
        ChannelGradients gradients = new ChannelGradients(sums.channels());
        for (int c = 0; c < sums.channels(); c++) {
            gradients.set(sums, c, mean[c], 0, invstd[c]);
        }
        return gradients;
    }

    private static void checkChannels(GradientSums sums, int expected) {
        if (sums.channels() != expected) {
            throw new IllegalArgumentException(
                    "gradients of " + sums.channels() + " channels; expected " + expected + ", as the statistics have");
        }
    }

    private void set(GradientSums sums, int c, double inputMean, double inputMeanLow, double invstd) {
        bias[c] = sums.sum(c);
        weight[c] = sums.centredProducts(c, inputMean, inputMeanLow, invstd, 1);
    }

    /** C, the number of channels. */
    public int channels() {
        return weight.length;
    }

    /** dweight, the gradient of gamma. */
    public double weight(int channel) {
        return weight[channel];
    }

    /** dbias, the gradient of beta. */
    public double bias(int channel) {
        return bias[channel];
    }

    /** A copy of dweight. */
    public double[] weight() {
        return weight.clone();
    }

    /** A copy of dbias. */
    public double[] bias() {
        return bias.clone();
    }

    double[] mean() {
        return mean;
    }

    double[] meanLow() {
        return meanLow;
    }

    double[] projection() {
        return projection;
    }
}
