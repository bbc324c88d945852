package io.github.sparkbatchnorm.layer;

import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import io.github.sparkbatchnorm.stats.GradientSums;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Arrays;
import java.util.Random;

/** Batches, and batch norm in 60 digits, for tests. */
final class LayerTesting {
    private static final MathContext DIGITS = new MathContext(60);

    private LayerTesting() {}

    /** A batch with the given values in each channel, which may be of different number. */
    static ChannelMoments moments(double[]... channels) {
        ChannelMoments.Accumulator moments = new ChannelMoments.Accumulator(channels.length);
        for (int c = 0; c < channels.length; c++) {
            for (double value : channels[c]) {
                moments.add(c, value);
            }
        }
        return moments.snapshot();
    }

    static ChannelStatistics batch(double[]... channels) {
        return moments(channels).statistics();
    }

    /** The pairs of values x and gradients dy of each channel. */
    static GradientSums sums(double[][] x, double[][] dy) {
        GradientSums.Accumulator sums = new GradientSums.Accumulator(x.length, false);
        for (int c = 0; c < x.length; c++) {
            for (int i = 0; i < x[c].length; i++) {
                sums.add(c, x[c][i], dy[c][i]);
            }
        }
        return sums.snapshot();
    }

    /** An affine layer that tracks, with bias 0 and fresh running statistics. */
    static BatchNormState layer(double eps, double... weight) {
        return layer(eps, weight, new double[weight.length]);
    }

    /** An affine layer that tracks, with fresh running statistics. */
    static BatchNormState layer(double eps, double[] weight, double[] bias) {
        double[] ones = new double[weight.length];
        Arrays.fill(ones, 1);
        BatchNormConfig config = new BatchNormConfig(eps, 0.1, true, true);
        return BatchNormState.of(config, weight.length, weight, bias, new double[weight.length], ones, 0);
    }

    /** A layer of one channel in evaluation. */
    static BatchNormState evaluated(double eps, double weight, double bias, double mean, double var) {
        BatchNormConfig config = new BatchNormConfig(eps, 0.1, true, true);
        return BatchNormState.of(config, 1, values(weight), values(bias), values(mean), values(var), 1);
    }

    static double[] values(double... values) {
        return values;
    }

    /** Mean of finite values. */
    static BigDecimal mean(double[] values) {
        BigDecimal sum = BigDecimal.ZERO;
        for (double value : values) {
            sum = sum.add(new BigDecimal(value));
        }
        return sum.divide(BigDecimal.valueOf(values.length), DIGITS);
    }

    /** Biased variance of finite values. */
    static BigDecimal populationVariance(double[] values) {
        BigDecimal mean = mean(values);
        BigDecimal sum = BigDecimal.ZERO;
        for (double value : values) {
            BigDecimal centred = new BigDecimal(value).subtract(mean);
            sum = sum.add(centred.multiply(centred));
        }
        return sum.divide(BigDecimal.valueOf(values.length), DIGITS);
    }

    /** {@code (x - mean) / sqrt(var + eps) * weight + bias}; var + eps is not 0. */
    static BigDecimal normalized(double x, BigDecimal mean, BigDecimal var, double eps, double weight, double bias) {
        return new BigDecimal(x)
                .subtract(mean)
                .divide(var.add(new BigDecimal(eps)).sqrt(DIGITS), DIGITS)
                .multiply(new BigDecimal(weight))
                .add(new BigDecimal(bias));
    }

    /** {@code (y - bias) * sqrt(var + eps) / weight + mean}; the weight is not 0. */
    static BigDecimal denormalized(double y, BigDecimal mean, BigDecimal var, double eps, double weight, double bias) {
        return new BigDecimal(y)
                .subtract(new BigDecimal(bias))
                .multiply(var.add(new BigDecimal(eps)).sqrt(DIGITS))
                .divide(new BigDecimal(weight), DIGITS)
                .add(mean);
    }

    /**
     * The backward pass of one channel in 60 digits: pairs, statistics and sums.
     *
     * @param products {@code sum(dy * (x - mean))}
     * @param ofBatch whether the statistics are those of x
     */
    record Backward(
            double[] x,
            double[] dy,
            BigDecimal mean,
            BigDecimal invstd,
            BigDecimal sum,
            BigDecimal products,
            boolean ofBatch) {
        static Backward ofBatch(double[] x, double[] dy, double eps) {
            return of(x, dy, LayerTesting.mean(x), inverse(populationVariance(x), eps), true);
        }

        static Backward ofRunning(double[] x, double[] dy, double mean, double var, double eps) {
            return of(x, dy, new BigDecimal(mean), inverse(new BigDecimal(var), eps), false);
        }

        private static Backward of(double[] x, double[] dy, BigDecimal mean, BigDecimal invstd, boolean ofBatch) {
            BigDecimal sum = BigDecimal.ZERO;
            BigDecimal products = BigDecimal.ZERO;
            for (int i = 0; i < x.length; i++) {
                BigDecimal gradient = new BigDecimal(dy[i]);
                sum = sum.add(gradient);
                products = products.add(gradient.multiply(new BigDecimal(x[i]).subtract(mean)));
            }
            return new Backward(x, dy, mean, invstd, sum, products, ofBatch);
        }

        /** {@code 1 / sqrt(var + eps)}; 0 where that is infinite, as the contract says. */
        private static BigDecimal inverse(BigDecimal var, double eps) {
            BigDecimal sum = var.add(new BigDecimal(eps));
            return sum.signum() == 0 ? BigDecimal.ZERO : BigDecimal.ONE.divide(sum.sqrt(DIGITS), DIGITS);
        }

        BigDecimal centred(int i) {
            return new BigDecimal(x[i]).subtract(mean);
        }

        BigDecimal dweight() {
            return products.multiply(invstd);
        }

        BigDecimal dbias() {
            return sum;
        }

        /** The sum of the absolute terms of dweight. */
        BigDecimal dweightMagnitude() {
            BigDecimal magnitude = BigDecimal.ZERO;
            for (int i = 0; i < x.length; i++) {
                magnitude =
                        magnitude.add(new BigDecimal(dy[i]).multiply(centred(i)).abs());
            }
            return magnitude.multiply(invstd);
        }

        /** The sum of the absolute terms of dbias. */
        BigDecimal dbiasMagnitude() {
            BigDecimal magnitude = BigDecimal.ZERO;
            for (double gradient : dy) {
                magnitude = magnitude.add(new BigDecimal(gradient).abs());
            }
            return magnitude;
        }

        private BigDecimal meanTerm() {
            return ofBatch ? sum.divide(BigDecimal.valueOf(x.length), DIGITS) : BigDecimal.ZERO;
        }

        /** {@code (x - mean) * invstd^2 * sum(dy * (x - mean)) / n}. */
        private BigDecimal projectionTerm(int i) {
            return ofBatch
                    ? centred(i)
                            .multiply(invstd)
                            .multiply(invstd)
                            .multiply(products)
                            .divide(BigDecimal.valueOf(x.length), DIGITS)
                    : BigDecimal.ZERO;
        }

        BigDecimal dx(int i, double weight) {
            BigDecimal gradient = new BigDecimal(dy[i]);
            return scaled(gradient.subtract(meanTerm()).subtract(projectionTerm(i)), weight);
        }

        /** {@code |weight| * invstd} times the largest magnitude of the three terms of dx. */
        BigDecimal dxMagnitude(int i, double weight) {
            BigDecimal largest = new BigDecimal(dy[i])
                    .abs()
                    .max(meanTerm().abs())
                    .max(projectionTerm(i).abs());
            return scaled(largest, weight).abs();
        }

        /** A term of dx times weight and invstd. */
        BigDecimal scaled(BigDecimal term, double weight) {
            return term.multiply(invstd).multiply(new BigDecimal(weight));
        }
    }

    /** Pairs of one channel, with a layer whose dx are in the range of doubles. */
    record Pairs(double[] x, double[] dy, double eps, double weight) {
        /** How dy is made. */
        enum Gradient {
            RANDOM,
            CANCELLING,
            LINEAR_IN_X,
            CONSTANT,
            SINGLE
        }

        /**
         * Pairs that plain double arithmetic would answer badly.
         *
         * @param ratio the exponent of mean/std
         * @param std the exponent of the standard deviation
         * @param magnitude the exponent of dy
         */
        static Pairs illConditioned(Random random, double ratio, int std, int magnitude, Gradient kind) {
            double unit = Math.pow(10, std);
            double mean = unit * Math.pow(10, ratio) * (random.nextBoolean() ? 1 : -1);
            double[] x = random.doubles(2 + random.nextInt(30))
                    .map(u -> 3 * (u - 0.5) * unit + mean)
                    .toArray();
            x[1] = x[0] + unit; // there is a spread
            int epsExponent = random.nextBoolean() ? -5 : Math.max(-300, 2 * std + random.nextInt(9) - 4);
            boolean withoutEps = random.nextInt(3) == 0;
            int exponent = magnitude - Math.max(std, withoutEps ? std : epsExponent / 2);
            int weight = Math.max(-280 - exponent, Math.min(280 - exponent, random.nextInt(581) - 290));
            return new Pairs(
                    x,
                    gradients(random, x, unit, mean, Math.pow(10, magnitude), kind),
                    withoutEps ? 0 : Math.pow(10, epsExponent),
                    (random.nextBoolean() ? 1 : -1) * Math.pow(10, Math.max(-290, Math.min(290, weight))));
        }

        private static double[] gradients(
                Random random, double[] x, double unit, double mean, double magnitude, Gradient kind) {
            double[] dy = new double[x.length];
            double size = (0.5 + random.nextDouble()) * magnitude;
            double slope = size * random.nextGaussian();
            for (int i = 0; i < dy.length; i++) {
                dy[i] = switch (kind) {
                    case RANDOM -> magnitude * random.nextGaussian();
                    case CANCELLING -> i % 2 == 0 ? size : -Math.nextUp(size);
                    case LINEAR_IN_X -> size + slope * ((x[i] - mean) / unit);
                    case CONSTANT -> size;
                    case SINGLE -> i == dy.length / 2 ? size : 0;
                };
            }
            return dy;
        }
    }

    /** {@code |actual - exact| <= tolerance}. */
    static boolean isWithin(double actual, BigDecimal exact, BigDecimal tolerance) {
        return Double.isFinite(actual)
                && new BigDecimal(actual).subtract(exact).abs().compareTo(tolerance) <= 0;
    }

    static float[] toFloats(double[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }

    static double[] toDoubles(float[] values) {
        double[] doubles = new double[values.length];
        for (int i = 0; i < doubles.length; i++) {
            doubles[i] = values[i];
        }
        return doubles;
    }

    /** The same object, written and read by Java serialization. */
    @SuppressWarnings("BanSerializableRead")
    static <T> T throughJava(T object, Class<T> type) throws IOException, ClassNotFoundException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(object);
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            return type.cast(in.readObject());
        }
    }
}
