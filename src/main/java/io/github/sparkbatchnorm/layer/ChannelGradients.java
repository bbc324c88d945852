package io.github.sparkbatchnorm.layer;

import io.github.sparkbatchnorm.stats.ChannelStatistics;
import io.github.sparkbatchnorm.stats.GradientSums;
import java.io.Serializable;

/**
 * The gradients of weight and bias, with given statistics. For each channel, with sums over the global batch and
 * {@code invstd = 1 / sqrt(var + eps)}:
 *
 * <pre>
 * dbias   = sum(dy)
 * dweight = sum(dy * (x - mean)) * invstd
 * </pre>
 *
 * <p>These are global sums: nothing has to reduce them again. A layer without weight and bias has them too, as the
 * gradients of a weight 1 and a bias 0. Immutable, so that threads can share it.
 *
 * <p>Without pairs the gradients are 0. With batch statistics a constant channel has dweight 0, with eps 0 too. A dy
 * that is not finite makes them what IEEE arithmetic gives, in its channel only.
 *
 * <p>dbias is correctly rounded; dweight is rounded from the exact sum, centred with the mean to twice the precision,
 * times invstd. A channel of standard deviation below 1.5e-154 has a subnormal variance, which has fewer digits; with
 * eps 0, dweight then has fewer digits too.
 *
 * @see <a href="https://arxiv.org/abs/1502.03167">Ioffe and Szegedy, 2015, section 3</a>
 */
public final class ChannelGradients implements Serializable {
    private static final long serialVersionUID = 1L;

    private final double[] weight;
    private final double[] bias;
    /** {@code sum(dy) / n}; 0 with running statistics, like the next two. */
    private final double[] mean;
    /** What rounding took from the mean. */
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

    /**
     * The gradients of no pairs, all 0.
     *
     * @param channels C, the number of channels
     * @return arrays of zeros
     */
    public static ChannelGradients zero(int channels) {
        return new ChannelGradients(channels);
    }

    /**
     * The gradients that use a batch's own statistics, as training does.
     *
     * @param sums the exact sums over all pairs of x and dy of the batch
     * @param batch the statistics of x that the forward pass used; its count is the n that sums are divided by
     * @param eps added to the population variance, as in the forward pass
     * @return the gradients of weight and bias
     * @throws IllegalArgumentException if the numbers of channels differ, or there are more gradients than values
     */
    public static ChannelGradients ofBatch(GradientSums sums, ChannelStatistics batch, double eps) {
        checkChannels(sums, batch.channels());
        ForwardStatistics statistics = ForwardStatistics.ofBatch(batch, eps);
        ChannelGradients gradients = new ChannelGradients(sums.channels());
        for (int c = 0; c < sums.channels(); c++) {
            long n = batch.count(c);
            if (sums.count(c) > n) {
                throw new IllegalArgumentException(sums.count(c) + " gradients of channel " + c
                        + ", whose statistics are of " + n + " values; expected those of the same batch");
            }
            gradients.set(sums, c, statistics);
            gradients.mean[c] = sums.mean(c, n);
            gradients.meanLow[c] = sums.meanLow(c, n);
            gradients.projection[c] = centredProducts(sums, c, statistics, n);
        }
        return gradients;
    }

    /**
     * The gradients that use the running statistics of a state, as evaluation does.
     *
     * @param sums the exact sums over all pairs of x and dy of the batch
     * @param state running statistics and eps
     * @return the gradients of weight and bias
     * @throws IllegalArgumentException if the state has no running statistics, or the numbers of channels differ
     */
    public static ChannelGradients ofRunning(GradientSums sums, BatchNormState state) {
        checkChannels(sums, state.numFeatures());
        ForwardStatistics statistics = ForwardStatistics.ofRunning(state);
        ChannelGradients gradients = new ChannelGradients(sums.channels());
        for (int c = 0; c < sums.channels(); c++) {
            gradients.set(sums, c, statistics);
        }
        return gradients;
    }

    private static void checkChannels(GradientSums sums, int expected) {
        if (sums.channels() != expected) {
            throw new IllegalArgumentException(
                    "gradients of " + sums.channels() + " channels; expected " + expected + ", as the statistics have");
        }
    }

    private void set(GradientSums sums, int c, ForwardStatistics statistics) {
        bias[c] = sums.sum(c);
        weight[c] = centredProducts(sums, c, statistics, 1);
    }

    /** {@code invstd * sum(dy * (x - mean)) / n}. */
    private static double centredProducts(GradientSums sums, int c, ForwardStatistics statistics, long n) {
        return sums.centredProducts(c, statistics.mean[c], statistics.meanLow[c], statistics.invstd[c], n);
    }

    /** {@return C, the number of channels} */
    public int channels() {
        return weight.length;
    }

    /**
     * dweight, the gradient of the loss with respect to a channel's weight (gamma).
     *
     * @param channel from 0
     * @return a sum over the global batch
     */
    public double weight(int channel) {
        return weight[channel];
    }

    /**
     * dbias, the gradient of the loss with respect to a channel's bias (beta).
     *
     * @param channel from 0
     * @return a sum over the global batch
     */
    public double bias(int channel) {
        return bias[channel];
    }

    /**
     * A copy of dweight of all channels.
     *
     * @return an array of length C
     */
    public double[] weight() {
        return weight.clone();
    }

    /**
     * A copy of dbias of all channels.
     *
     * @return an array of length C
     */
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
