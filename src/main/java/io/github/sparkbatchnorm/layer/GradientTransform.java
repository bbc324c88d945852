package io.github.sparkbatchnorm.layer;

import io.github.sparkbatchnorm.stats.ChannelStatistics;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.io.Serializable;
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

    private final ChannelScale scale;
    /** What centres x and dy; null with running statistics. */
    private final @Nullable Centring centring;

    private final boolean ignoresNonFinite;

    private GradientTransform(ChannelScale scale, @Nullable Centring centring, boolean ignoresNonFinite) {
        this.scale = scale;
        this.centring = centring;
        this.ignoresNonFinite = ignoresNonFinite;
    }

    /**
     * Of each channel: mean and its rest, invstd, mean of dy and its rest, {@code invstd * sum(dy * (x - mean)) / n}.
     */
    private record Centring(
            double[] mean,
            double[] meanRest,
            double[] invstd,
            double[] gradientMean,
            double[] gradientMeanRest,
            double[] projection)
            implements Serializable {

        double apply(int c, double x, double dy) {
            return apply(x, dy, mean[c], meanRest[c], invstd[c], gradientMean[c], gradientMeanRest[c], projection[c]);
        }

        static double apply(
                double x,
                double dy,
                double mean,
                double meanRest,
                double invstd,
                double gradientMean,
                double gradientRest,
                double projection) {
            return ((dy - gradientMean) - gradientRest) - ((x - mean) - meanRest) * invstd * projection;
        }
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
        double[] meanRest = new double[channels];
        double[] invstd = InverseDeviation.ofBatch(batch, state.config().eps());
        for (int c = 0; c < channels; c++) {
            mean[c] = batch.mean(c);
            meanRest[c] = batch.meanRest(c);
        }
        Centring centring =
                new Centring(mean, meanRest, invstd, gradients.mean(), gradients.meanRest(), gradients.projection());
        return new GradientTransform(ChannelScale.of(invstd, state), centring, false);
    }

    /**
     * With the running statistics of a state, as in evaluation.
     *
     * @throws IllegalArgumentException if the state has none
     */
    public static GradientTransform ofRunning(BatchNormState state) {
        return new GradientTransform(ChannelScale.of(InverseDeviation.ofRunning(state), state), null, false);
    }

    /** The same, but where x or dy is not finite, dx is 0. */
    public GradientTransform ignoringNonFinite() {
        return new GradientTransform(scale, centring, true);
    }

    /** C, the number of channels. */
    public int channels() {
        return scale.scale().length;
    }

    /** dx of one pair. */
    public double apply(int channel, double x, double dy) {
        if (ignoresNonFinite && !(Double.isFinite(x) && Double.isFinite(dy))) {
            return 0;
        }
        return scale.times(centring == null ? dy : centring.apply(channel, x, dy), channel);
    }

    /**
     * dx of a flat sample, a fresh array.
     *
     * @throws IllegalArgumentException if lengths or channels do not fit
     */
    public float[] apply(float[] x, float[] dy, SampleShape shape) {
        double[] dx = apply(widen(x), widen(dy), shape);
        float[] narrow = new float[dx.length];
        for (int i = 0; i < narrow.length; i++) {
            narrow[i] = (float) dx[i];
        }
        return narrow;
    }

    private static double[] widen(float[] values) {
        double[] wide = new double[values.length];
        for (int i = 0; i < wide.length; i++) {
            wide[i] = values[i];
        }
        return wide;
    }

    /**
     * dx of a flat sample, a fresh array.
     *
     * @throws IllegalArgumentException if lengths or channels do not fit
     */
    public double[] apply(double[] x, double[] dy, SampleShape shape) {
        check(x.length, dy.length, shape);
        double[] dx = new double[x.length];
        int channels = channels();
        boolean alternate = shape.isChannelsLast() || shape.spatialSize() == 1;
        if (scale.gain() != null || ignoresNonFinite) {
            for (int i = 0; i < dx.length; i++) {
                dx[i] = apply(shape.channelOf(i), x[i], dy[i]);
            }
        } else if (alternate) {
            for (int start = 0; start < dx.length; start += channels) {
                applyToChannels(x, dy, dx, start);
            }
        } else {
            int run = shape.spatialSize();
            for (int c = 0; c < channels; c++) {
                applyToRun(x, dy, dx, c * run, c * run + run, c);
            }
        }
        return dx;
    }

    /** One pair of each channel, from a start on. */
    private void applyToChannels(double[] x, double[] dy, double[] dx, int start) {
        double[] scales = scale.scale();
        Centring by = centring;
        for (int c = 0; c < scales.length; c++) {
            dx[start + c] = (by == null ? dy[start + c] : by.apply(c, x[start + c], dy[start + c])) * scales[c];
        }
    }

    /** Pairs of one channel. */
    private void applyToRun(double[] x, double[] dy, double[] dx, int from, int to, int c) {
        double s = scale.scale()[c];
        if (centring == null) {
            for (int i = from; i < to; i++) {
                dx[i] = dy[i] * s;
            }
            return;
        }
        double mean = centring.mean[c];
        double rest = centring.meanRest[c];
        double invstd = centring.invstd[c];
        double gradientMean = centring.gradientMean[c];
        double gradientRest = centring.gradientMeanRest[c];
        double projection = centring.projection[c];
        for (int i = from; i < to; i++) {
            dx[i] = Centring.apply(x[i], dy[i], mean, rest, invstd, gradientMean, gradientRest, projection) * s;
        }
    }

    private void check(int values, int gradients, SampleShape shape) {
        if (shape.channels() != channels() || values != shape.length() || gradients != shape.length()) {
            throw new IllegalArgumentException("sample of " + values + " values, " + gradients
                    + " gradients and shape " + shape + "; expected " + shape.length() + " of both and " + channels()
                    + " channels");
        }
    }
}
