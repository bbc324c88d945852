package io.github.sparkbatchnorm.layer;

import io.github.sparkbatchnorm.stats.ChannelStatistics;
import io.github.sparkbatchnorm.stats.SampleShape;

/**
 * The forward pass of batch norm with given statistics: for each channel {@code y = ((x - mean) - meanLow) * scale +
 * bias} with {@code scale = weight / sqrt(var + eps)}. Immutable, so that threads can share it.
 *
 * <p>A constant channel normalized with its own statistics gives its bias exactly, with eps 0 too. With running
 * statistics eps 0 and variance 0 give what IEEE arithmetic gives, as in PyTorch. A channel whose statistics are NaN
 * gives NaN; no other channel changes by a bit.
 *
 * <p>Arithmetic is double; {@code float} results are rounded once. With batch statistics the mean is carried to twice
 * the precision, so that y is within 1e-13 of exact arithmetic, relative to {@code max(|y - bias|, |bias|)}, however
 * large the mean is beside the spread. A channel of standard deviation below 1.5e-154 has a subnormal variance, which
 * has fewer digits; with eps 0, y then has fewer digits too.
 *
 * @see <a href="https://arxiv.org/abs/1502.03167">Ioffe and Szegedy, 2015, Algorithm 1</a>
 */
public final class ChannelTransform implements SampleTransform {
    private static final long serialVersionUID = 1L;

    private final ForwardParameters parameters;
    private final boolean keepsNonFinite;
    private final boolean failsOnNonFinite;

    private ChannelTransform(ForwardParameters parameters, boolean keepsNonFinite, boolean failsOnNonFinite) {
        this.parameters = parameters;
        this.keepsNonFinite = keepsNonFinite;
        this.failsOnNonFinite = failsOnNonFinite;
    }

    /**
     * The transform that uses a batch's own statistics, as training does. Where eps and the variance are 0, y is the
     * bias.
     *
     * @param batch the statistics of x, found under the same policy
     * @param state weight, bias and eps
     * @param policy with {@link NonFinitePolicy#IGNORE} a value that is not finite stays what it is; with any other
     *     policy y is what IEEE arithmetic makes of it
     * @return a transform that never {@linkplain #failsOnNonFinite() fails}: with {@link NonFinitePolicy#FAIL} the pass
     *     that found the statistics has failed already
     * @throws IllegalArgumentException if the numbers of channels differ
     */
    public static ChannelTransform ofBatch(ChannelStatistics batch, BatchNormState state, NonFinitePolicy policy) {
        state.checkChannels(batch);
        ForwardStatistics statistics =
                ForwardStatistics.ofBatch(batch, state.config().eps());
        return new ChannelTransform(ForwardParameters.of(statistics, state), policy == NonFinitePolicy.IGNORE, false);
    }

    /**
     * The transform that uses the running statistics of a state, as evaluation does.
     *
     * @param state running statistics, weight, bias and eps
     * @param policy with {@link NonFinitePolicy#IGNORE} a value that is not finite stays what it is; with any other
     *     policy y is what IEEE arithmetic makes of it
     * @return a transform that {@linkplain #failsOnNonFinite() fails} with {@link NonFinitePolicy#FAIL}
     * @throws IllegalArgumentException if the state has no running statistics
     */
    public static ChannelTransform ofRunning(BatchNormState state, NonFinitePolicy policy) {
        return new ChannelTransform(
                ForwardParameters.of(ForwardStatistics.ofRunning(state), state),
                policy == NonFinitePolicy.IGNORE,
                policy == NonFinitePolicy.FAIL);
    }

    @Override
    public boolean failsOnNonFinite() {
        return failsOnNonFinite;
    }

    @Override
    public int channels() {
        return parameters.mean().length;
    }

    /**
     * A copy of the factors of {@code y = scale * x + shift}, for fusing this transform with the linear layer before or
     * after it. They know nothing of a policy for values that are not finite.
     *
     * <p>That form is less accurate than {@link #apply(int, double)}, which subtracts the mean first: its terms cancel
     * where the mean is large beside the spread. In double it is within {@code 1.2e-16 * (|scale * x| + |shift| + |y|)}
     * of the exact {@code (x - mean) * scale + bias}, if nothing overflows or is subnormal.
     *
     * @return {@code weight / sqrt(var + eps)}, an array of length C; a factor beyond the range of doubles is infinite,
     *     and one below that of normal doubles has fewer digits or is 0
     */
    public double[] scale() {
        return parameters.factor();
    }

    /**
     * A copy of the constants of {@code y = scale * x + shift}: {@code bias - mean * scale} with both parts of the mean
     * and {@link #scale} as it is returned, exact and rounded once.
     *
     * @return an array of length C; where the mean, the bias or the scale is not finite, what IEEE arithmetic gives
     */
    public double[] shift() {
        return parameters.shift();
    }

    /**
     * y of one value.
     *
     * @param channel the channel of x, from 0
     * @param x any double
     * @return y, not rounded to float
     */
    @Override
    public double apply(int channel, double x) {
        return keepsNonFinite && !Double.isFinite(x) ? x : parameters.apply(x, channel);
    }

    /**
     * y of a flat sample.
     *
     * @param x the values in C order; they stay as they are
     * @param shape the sample's shape
     * @return y, a fresh array of the same length and order
     * @throws IllegalArgumentException if the length of x or the number of channels does not fit
     */
    @Override
    public float[] apply(float[] x, SampleShape shape) {
        SampleLoops.check(x.length, x.length, shape, channels());
        float[] y = new float[x.length];
        SampleLoops.normalize(x, y, shape, parameters, keepsNonFinite);
        return y;
    }

    /**
     * y of a flat sample.
     *
     * @param x the values in C order; they stay as they are
     * @param shape the sample's shape
     * @return y, a fresh array of the same length and order
     * @throws IllegalArgumentException if the length of x or the number of channels does not fit
     */
    @Override
    public double[] apply(double[] x, SampleShape shape) {
        SampleLoops.check(x.length, x.length, shape, channels());
        double[] y = new double[x.length];
        SampleLoops.normalize(x, y, shape, parameters, keepsNonFinite);
        return y;
    }

    /**
     * Sets y of a flat sample in an array at hand, to the same bits as {@link #apply(float[], SampleShape)}. Allocates
     * nothing.
     *
     * @param x the values in C order; they stay as they are unless y is the same array
     * @param shape the sample's shape
     * @param y takes the result, in the same order; may be x itself
     * @throws IllegalArgumentException if the length of x, that of y or the number of channels does not fit; y is then
     *     as it was
     */
    @Override
    public void apply(float[] x, SampleShape shape, float[] y) {
        SampleLoops.check(x.length, y.length, shape, channels());
        SampleLoops.normalize(x, y, shape, parameters, keepsNonFinite);
    }

    /**
     * Sets y of a flat sample in an array at hand, to the same bits as {@link #apply(double[], SampleShape)}. Allocates
     * nothing.
     *
     * @param x the values in C order; they stay as they are unless y is the same array
     * @param shape the sample's shape
     * @param y takes the result, in the same order; may be x itself
     * @throws IllegalArgumentException if the length of x, that of y or the number of channels does not fit; y is then
     *     as it was
     */
    @Override
    public void apply(double[] x, SampleShape shape, double[] y) {
        SampleLoops.check(x.length, y.length, shape, channels());
        SampleLoops.normalize(x, y, shape, parameters, keepsNonFinite);
    }
}
