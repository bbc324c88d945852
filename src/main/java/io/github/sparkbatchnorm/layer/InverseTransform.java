package io.github.sparkbatchnorm.layer;

import io.github.sparkbatchnorm.stats.ChannelStatistics;
import io.github.sparkbatchnorm.stats.SampleShape;

/**
 * The inverse of {@link ChannelTransform}: for each channel {@code x = mean + ((y - bias) / scale + meanLow)} with
 * {@code scale = weight / sqrt(var + eps)}. Immutable, so that threads can share it.
 *
 * <p>Where scale is 0 or infinite, y does not tell x: a finite {@code y - bias} gives the mean. A channel whose
 * statistics or parameters are NaN gives NaN; no other channel changes by a bit.
 *
 * <p>Arithmetic is double: x is within 1e-15 of exact arithmetic, relative to {@code max(|x - mean|, |mean|)}, if
 * {@code y - bias} and {@code x - mean} are in the range of normal doubles. A channel of standard deviation below
 * 1.5e-154 has a subnormal variance, which has fewer digits; with eps 0, x then has fewer digits too. Arrays of
 * {@code float} are multiplied by the reciprocal of scale, in double, and rounded once: about two floats in a billion
 * are one ulp from {@link #apply(int, double)} rounded to float, which divides as arrays of {@code double} do.
 *
 * <p>There and back: with bias 0, a double x returns to within 4 ulp of {@code max(|x|, |mean|)} where scale and y are
 * normal doubles. What rounding takes from y comes on top, divided by scale: half an ulp of y with another bias, or
 * where y is a {@code float}.
 */
public final class InverseTransform implements SampleTransform {
    private static final long serialVersionUID = 1L;

    private final InverseParameters parameters;
    /** For arrays of floats. */
    private final ForwardParameters narrow;

    private final boolean keepsNonFinite;
    private final boolean failsOnNonFinite;

    private InverseTransform(ForwardParameters forward, boolean keepsNonFinite, boolean failsOnNonFinite) {
        this.parameters = InverseParameters.of(forward);
        this.narrow = parameters.narrow();
        this.keepsNonFinite = keepsNonFinite;
        this.failsOnNonFinite = failsOnNonFinite;
    }

    /**
     * The inverse of {@link ChannelTransform#ofBatch}. Where eps and the variance are 0, x is the mean.
     *
     * @param batch the statistics of x, found under the same policy
     * @param state weight, bias and eps
     * @param policy with {@link NonFinitePolicy#IGNORE} a value that is not finite stays what it is; with any other
     *     policy x is what IEEE arithmetic makes of it
     * @return a transform that never {@linkplain #failsOnNonFinite() fails}, as the forward one
     * @throws IllegalArgumentException if the numbers of channels differ
     */
    public static InverseTransform ofBatch(ChannelStatistics batch, BatchNormState state, NonFinitePolicy policy) {
        state.checkChannels(batch);
        ForwardStatistics statistics =
                ForwardStatistics.ofBatch(batch, state.config().eps());
        return new InverseTransform(ForwardParameters.of(statistics, state), policy == NonFinitePolicy.IGNORE, false);
    }

    /**
     * The inverse of {@link ChannelTransform#ofRunning}.
     *
     * @param state running statistics, weight, bias and eps
     * @param policy with {@link NonFinitePolicy#IGNORE} a value that is not finite stays what it is; with any other
     *     policy x is what IEEE arithmetic makes of it
     * @return a transform that {@linkplain #failsOnNonFinite() fails} with {@link NonFinitePolicy#FAIL}
     * @throws IllegalArgumentException if the state has no running statistics
     */
    public static InverseTransform ofRunning(BatchNormState state, NonFinitePolicy policy) {
        return new InverseTransform(
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
     * x of one value.
     *
     * @param channel the channel of y, from 0
     * @param y any double
     * @return x, not rounded to float
     */
    @Override
    public double apply(int channel, double y) {
        return keepsNonFinite && !Double.isFinite(y) ? y : parameters.apply(y, channel);
    }

    /**
     * x of a flat sample.
     *
     * @param y the values in C order; they stay as they are
     * @param shape the sample's shape
     * @return x, a fresh array of the same length and order
     * @throws IllegalArgumentException if the length of y or the number of channels does not fit
     */
    @Override
    public float[] apply(float[] y, SampleShape shape) {
        SampleLoops.check(y.length, y.length, shape, channels());
        float[] x = new float[y.length];
        SampleLoops.normalize(y, x, shape, narrow, keepsNonFinite);
        return x;
    }

    /**
     * x of a flat sample.
     *
     * @param y the values in C order; they stay as they are
     * @param shape the sample's shape
     * @return x, a fresh array of the same length and order
     * @throws IllegalArgumentException if the length of y or the number of channels does not fit
     */
    @Override
    public double[] apply(double[] y, SampleShape shape) {
        SampleLoops.check(y.length, y.length, shape, channels());
        double[] x = new double[y.length];
        SampleLoops.denormalize(y, x, shape, parameters, keepsNonFinite);
        return x;
    }

    /**
     * Sets x of a flat sample in an array at hand, to the same bits as {@link #apply(float[], SampleShape)}. Allocates
     * nothing.
     *
     * @param y the values in C order; they stay as they are unless x is the same array
     * @param shape the sample's shape
     * @param x takes the result, in the same order; may be y itself
     * @throws IllegalArgumentException if the length of y, that of x or the number of channels does not fit; x is then
     *     as it was
     */
    @Override
    public void apply(float[] y, SampleShape shape, float[] x) {
        SampleLoops.check(y.length, x.length, shape, channels());
        SampleLoops.normalize(y, x, shape, narrow, keepsNonFinite);
    }

    /**
     * Sets x of a flat sample in an array at hand, to the same bits as {@link #apply(double[], SampleShape)}. Allocates
     * nothing.
     *
     * @param y the values in C order; they stay as they are unless x is the same array
     * @param shape the sample's shape
     * @param x takes the result, in the same order; may be y itself
     * @throws IllegalArgumentException if the length of y, that of x or the number of channels does not fit; x is then
     *     as it was
     */
    @Override
    public void apply(double[] y, SampleShape shape, double[] x) {
        SampleLoops.check(y.length, x.length, shape, channels());
        SampleLoops.denormalize(y, x, shape, parameters, keepsNonFinite);
    }
}
