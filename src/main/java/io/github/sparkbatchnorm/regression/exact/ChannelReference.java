package io.github.sparkbatchnorm.regression.exact;

import java.io.Serializable;
import java.math.BigDecimal;
import java.math.MathContext;
import org.jspecify.annotations.Nullable;

/**
 * The formulas of batch norm for one channel of one batch, to 50 digits: the reference that outputs are compared with.
 *
 * <p>y = (x - mean) * factor + bias, with factor = weight / sqrt(variance + eps). In training, dx = factor * (dy -
 * sum(dy)/n - (x - mean) * projection), with projection = sum(dy * (x - mean)) / (n * (variance + eps)); in evaluation
 * dx = factor * dy.
 *
 * @param sum n times the mean; null if it or the variance is not finite, and y is NaN
 * @param n the number of values; 1 in evaluation
 * @param factor null as sum; null beside a sum where evaluation divides by 0, and y and dx are not finite
 * @param bias beta
 * @param meanGradient sum(dy)/n; 0 in evaluation; null if a value or a gradient is not finite, and so is dx
 * @param projection as above; 0 in evaluation; null as meanGradient
 */
public record ChannelReference(
        @Nullable BigDecimal sum,
        BigDecimal n,
        @Nullable BigDecimal factor,
        BigDecimal bias,
        @Nullable BigDecimal meanGradient,
        @Nullable BigDecimal projection)
        implements Serializable {
    private static final long serialVersionUID = 1L;

    private static final MathContext DIGITS = new MathContext(50);

    /**
     * {@return the formulas of training, for outputs alone}
     *
     * @param x the values of the batch, one or more
     * @param weight gamma
     * @param bias beta
     * @param eps added to the variance
     */
    public static ChannelReference training(ExactMoments x, double weight, double bias, double eps) {
        BigDecimal shift = new BigDecimal(bias);
        BigDecimal n = BigDecimal.valueOf(x.count());
        if (!x.isFinite()) {
            return new ChannelReference(null, n, null, shift, null, null);
        }
        BigDecimal variance = x.exactVariance().toBigDecimal(DIGITS).add(new BigDecimal(eps));
        return new ChannelReference(x.sum(), n, factor(weight, variance), shift, null, null);
    }

    /**
     * {@return the formulas of training, for outputs and gradients}
     *
     * @param pairs the values of the batch with their gradients, one pair or more
     * @param weight gamma
     * @param bias beta
     * @param eps added to the variance
     */
    public static ChannelReference training(PairMoments pairs, double weight, double bias, double eps) {
        ChannelReference outputs = training(pairs.first(), weight, bias, eps);
        if (outputs.sum == null || !pairs.isFinite()) {
            return outputs;
        }
        BigDecimal variance = pairs.first().exactVariance().toBigDecimal(DIGITS).add(new BigDecimal(eps));
        BigDecimal projection = variance.signum() == 0
                ? BigDecimal.ZERO
                : centredProducts(pairs)
                        .toBigDecimal(DIGITS)
                        .divide(variance, DIGITS)
                        .divide(outputs.n, DIGITS);
        return new ChannelReference(
                outputs.sum,
                outputs.n,
                outputs.factor,
                outputs.bias,
                Quotient.of(pairs.second().sum(), outputs.n.toBigInteger()).toBigDecimal(DIGITS),
                projection);
    }

    /**
     * {@return the formulas of evaluation}
     *
     * @param mean the running mean and its low part; null if it is not finite
     * @param variance the running variance
     * @param weight gamma
     * @param bias beta
     * @param eps added to the variance
     */
    public static ChannelReference evaluation(
            @Nullable BigDecimal mean, double variance, double weight, double bias, double eps) {
        BigDecimal shift = new BigDecimal(bias);
        if (mean == null || !Double.isFinite(variance)) {
            return new ChannelReference(null, BigDecimal.ONE, null, shift, null, null);
        }
        BigDecimal sum = new BigDecimal(variance).add(new BigDecimal(eps));
        BigDecimal scale = sum.signum() == 0 ? null : factor(weight, sum);
        return new ChannelReference(mean, BigDecimal.ONE, scale, shift, BigDecimal.ZERO, BigDecimal.ZERO);
    }

    /**
     * {@return sum(second * (first - mean of first))}
     *
     * @param pairs one or more
     */
    public static Quotient centredProducts(PairMoments pairs) {
        BigDecimal n = BigDecimal.valueOf(pairs.first().count());
        BigDecimal sum = n.multiply(pairs.sumOfProducts())
                .subtract(pairs.first().sum().multiply(pairs.second().sum()));
        return Quotient.of(sum, n.toBigInteger());
    }

    /**
     * {@return weight / sqrt(variance)}
     *
     * @param weight gamma
     * @param variance eps and all
     */
    static BigDecimal factor(double weight, BigDecimal variance) {
        // Where it is 0 all values are the mean, and y is the bias.
        return variance.signum() == 0 ? BigDecimal.ZERO : new BigDecimal(weight).divide(variance.sqrt(DIGITS), DIGITS);
    }

    /**
     * {@return how far a y is from the exact one, in the measure that accuracy is promised in: max(|y - bias|, |bias|)
     * of the exact y}
     *
     * @param x the value
     * @param y the output
     */
    public Difference compareOutput(double x, double y) {
        BigDecimal total = sum;
        BigDecimal scale = factor;
        if (total == null) {
            return Difference.ofSpecial(Double.NaN, y);
        }
        if (scale == null) {
            return Difference.ofNotFinite(y);
        }
        if (!Double.isFinite(x)) {
            return Difference.ofSpecial(x * scale.signum(), y);
        }
        BigDecimal scaled = centred(x, total).multiply(scale, DIGITS);
        return Difference.of(scaled.add(bias, DIGITS), scaled.abs().max(bias.abs()), scale, y);
    }

    /**
     * {@return how far a dx is from the exact one, in the measure that accuracy is promised in: |factor| * the largest
     * of the three terms}
     *
     * @param x the value
     * @param dy the gradient of the output
     * @param dx the gradient of the value
     */
    public Difference compareGradient(double x, double dy, double dx) {
        BigDecimal scale = factor;
        BigDecimal first = meanGradient;
        BigDecimal total = sum;
        BigDecimal second = projection;
        if (total == null) {
            return Difference.ofSpecial(Double.NaN, dx);
        }
        if (scale == null || first == null || second == null) {
            return Difference.ofNotFinite(dx);
        }
        if (!Double.isFinite(dy)) { // in evaluation
            return Difference.ofSpecial(dy * scale.signum(), dx);
        }
        BigDecimal third =
                second.signum() == 0 ? BigDecimal.ZERO : centred(x, total).multiply(second, DIGITS);
        BigDecimal gradient = new BigDecimal(dy);
        BigDecimal exact = gradient.subtract(first).subtract(third).multiply(scale, DIGITS);
        BigDecimal largest = gradient.abs().max(first.abs()).max(third.abs());
        return Difference.of(exact, largest.multiply(scale.abs(), DIGITS), scale, dx);
    }

    /** x - mean, where the mean need not be a number of 50 digits: a small difference of large numbers is exact. */
    private BigDecimal centred(double x, BigDecimal total) {
        return new BigDecimal(x).multiply(n).subtract(total).divide(n, DIGITS);
    }
}
