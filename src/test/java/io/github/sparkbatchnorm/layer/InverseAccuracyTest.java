package io.github.sparkbatchnorm.layer;

import static io.github.sparkbatchnorm.layer.LayerTesting.batch;
import static io.github.sparkbatchnorm.layer.LayerTesting.denormalized;
import static io.github.sparkbatchnorm.layer.LayerTesting.evaluated;
import static io.github.sparkbatchnorm.layer.LayerTesting.isWithin;
import static io.github.sparkbatchnorm.layer.LayerTesting.layer;
import static io.github.sparkbatchnorm.layer.LayerTesting.toFloats;
import static io.github.sparkbatchnorm.layer.LayerTesting.values;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.stats.SampleShape;
import java.math.BigDecimal;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;

/** x against exact arithmetic, and there and back. */
class InverseAccuracyTest {
    /** Eight roundings of 1.1e-16 each: three of scale, its square root counting half, and of each step. */
    private static final double TOLERANCE = 1e-15;

    /** One value of y, the coefficients of its channel, and x in 60 digits. */
    private record Exact(double y, BigDecimal mean, BigDecimal x, InverseTransform transform) {
        static Exact running(double y, double mean, double var, double eps, double weight, double bias) {
            return new Exact(
                    y,
                    new BigDecimal(mean),
                    denormalized(y, new BigDecimal(mean), new BigDecimal(var), eps, weight, bias),
                    InverseTransform.ofRunning(evaluated(eps, weight, bias, mean, var), NonFinitePolicy.PROPAGATE));
        }

        static Exact ofBatch(double y, double[] batch, double eps, double weight, double bias) {
            BigDecimal mean = LayerTesting.mean(batch);
            return new Exact(
                    y,
                    mean,
                    denormalized(y, mean, LayerTesting.populationVariance(batch), eps, weight, bias),
                    InverseTransform.ofBatch(
                            batch(batch), layer(eps, values(weight), values(bias)), NonFinitePolicy.PROPAGATE));
        }

        private BigDecimal tolerance() {
            BigDecimal magnitude = x.subtract(mean).abs().max(mean.abs());
            return magnitude.multiply(new BigDecimal(TOLERANCE));
        }

        void check() {
            double single = transform.apply(0, y);
            assertThat(isWithin(single, x, tolerance()))
                    .as("%s gives %s", this, single)
                    .isTrue();
            double[] row = {y, y, y, y, y};
            assertThat(transform.apply(row, SampleShape.channelsFirst(1, 5))).containsOnly(single);
            float narrow = (float) y;
            if (narrow == y && Math.abs(single) < Float.MAX_VALUE) {
                float found = transform.apply(toFloats(row), SampleShape.channelsLast(5, 1))[3];
                BigDecimal half = new BigDecimal(Math.ulp((float) single)).divide(BigDecimal.valueOf(2));
                assertThat(isWithin(found, x, half.add(tolerance())))
                        .as("%s gives %s", this, found)
                        .isTrue();
            }
        }
    }

    private static double signed(Random random, double value) {
        return random.nextBoolean() ? value : -value;
    }

    /** A number of {@code 10^exponent}, roughly. */
    private static double about(Random random, int exponent) {
        return signed(random, (1 + random.nextDouble()) * Math.pow(10, exponent));
    }

    @Property(tries = 1000)
    void isExactForAnyWeightBiasAndStatistics(
            @ForAll long seed,
            @ForAll @IntRange(min = -140, max = 140) int std,
            @ForAll @IntRange(min = -300, max = 290) int weight,
            @ForAll @DoubleRange(min = -12, max = 12) double ratio) {
        Random random = new Random(seed);
        double deviation = Math.pow(10, std);
        double mean = signed(random, deviation * Math.pow(10, ratio));
        // y is of the magnitude that a value of this channel has, or in reach of it.
        int y = Math.max(-290, Math.min(300, weight + random.nextInt(7) - 3));
        double bias = random.nextInt(3) == 0 ? 0 : about(random, y + random.nextInt(5) - 2);
        double eps = random.nextInt(3) == 0 ? 0 : deviation * deviation * Math.pow(10, random.nextInt(9) - 8);
        double weighted = about(random, weight);
        Exact.running(about(random, y), mean, deviation * deviation, eps, weighted, bias)
                .check();
        double[] x = random.doubles(2 + random.nextInt(30))
                .map(u -> 3 * (u - 0.5) * deviation + mean)
                .toArray();
        x[1] = x[0] + deviation; // there is a spread
        Exact.ofBatch(about(random, y), x, eps, weighted, bias).check();
    }

    @Property(tries = 500)
    void isExactForFloats(
            @ForAll float y,
            @ForAll @DoubleRange(min = -1e6, max = 1e6) double mean,
            @ForAll @DoubleRange(min = 0, max = 1e12) double var,
            @ForAll @IntRange(min = -20, max = 20) int weight) {
        double scale = -1.7 * Math.pow(10, weight);
        Exact.running(y, mean, var, 1e-5, scale, 0.5).check();
        Exact.running(y, mean, var, 1e-5, scale, 0).check();
    }

    /** A factor below the normal doubles: x is far from the mean, or y so near its bias that x is of any size. */
    @Property(tries = 500)
    void isExactWhereTheFactorIsTiny(
            @ForAll long seed,
            @ForAll @IntRange(min = -322, max = -160) int weight,
            @ForAll @IntRange(min = -35, max = -25) int y,
            @ForAll @IntRange(min = -315, max = -290) int bias) {
        Random random = new Random(seed);
        double mean = random.nextGaussian();
        double var = Math.pow(10, 2 * Math.max(0, 309 + weight));
        Exact.running(about(random, y), mean, var, 0, about(random, weight), 0).check();
        Exact.running(0, mean, var, 0, about(random, weight), about(random, bias))
                .check();
    }

    /** A factor above the largest double. */
    @Property(tries = 500)
    void isExactWhereTheFactorIsHuge(
            @ForAll long seed,
            @ForAll @IntRange(min = 156, max = 300) int weight,
            @ForAll @IntRange(min = -3, max = 3) int y) {
        Random random = new Random(seed);
        double value = about(random, weight + y);
        double bias = random.nextBoolean() ? 0 : about(random, weight);
        Exact.running(value, 0, 1e-308, 0, about(random, weight), bias).check();
        Exact.running((float) y, 1e-154, 1e-308, 0, about(random, weight), bias).check();
    }

    @Property(tries = 1000)
    void thereAndBackIsWithinFourUlp(
            @ForAll long seed,
            @ForAll @DoubleRange(min = -12, max = 12) double ratio,
            @ForAll @IntRange(min = -100, max = 100) int std,
            @ForAll @IntRange(min = -100, max = 100) int weight) {
        Random random = new Random(seed);
        double deviation = Math.pow(10, std);
        double mean = signed(random, deviation * Math.pow(10, ratio));
        double[] x =
                random.doubles(40).map(u -> 4 * (u - 0.5) * deviation + mean).toArray();
        x[0] = -mean;
        x[1] = -Math.nextDown(mean);
        x[2] = mean + Math.ulp(mean);
        BatchNormState state = layer(random.nextBoolean() ? 0 : 1e-5, values(about(random, weight)), values(0));
        SampleShape shape = SampleShape.channelsFirst(1, x.length);
        double[] y = ChannelTransform.ofBatch(batch(x), state, NonFinitePolicy.PROPAGATE)
                .apply(x, shape);
        double[] back = InverseTransform.ofBatch(batch(x), state, NonFinitePolicy.PROPAGATE)
                .apply(y, shape);
        double center = LayerTesting.mean(x).doubleValue();
        for (int i = 0; i < x.length; i++) {
            double ulp = Math.ulp(Math.max(Math.abs(x[i]), Math.abs(center)));
            assertThat(Math.abs(back[i] - x[i]) / ulp)
                    .as("ulp between %s and %s; mean %s", x[i], back[i], center)
                    .isLessThanOrEqualTo(4);
        }
    }

    /** The values whose roundings weigh most: x is nearly -mean, which is nearly a power of two. */
    @Property(tries = 1000)
    void thereAndBackIsWithinFourUlpWhereRoundingsWeighMost(
            @ForAll @IntRange(min = 0, max = 1000) int meanBelow,
            @ForAll @IntRange(min = 0, max = 1000) int xBelow,
            @ForAll @IntRange(min = 0, max = 1000) int above,
            @ForAll @IntRange(min = -60, max = 60) int exponent) {
        double mean = 2 - meanBelow * 0x1p-52;
        double x = -2 + xBelow * 0x1p-52;
        double weight = Math.scalb(1 + above * 0x1p-52, exponent) / (2 * mean); // y is just above a power of two
        BatchNormState state = evaluated(0, weight, 0, mean, 1);
        double y = ChannelTransform.ofRunning(state, NonFinitePolicy.PROPAGATE).apply(0, x);
        double back =
                InverseTransform.ofRunning(state, NonFinitePolicy.PROPAGATE).apply(0, y);
        assertThat(Math.abs(back - x) / Math.ulp(mean)).isLessThanOrEqualTo(4);
    }

    /** A bias rounds y to its own precision, and floats to theirs. */
    @Property(tries = 500)
    void thereAndBackWithABiasOrInFloatsLosesWhatRoundingOfYTook(
            @ForAll @DoubleRange(min = -1e6, max = 1e6) double mean,
            @ForAll @IntRange(min = -3, max = 6) int exponent,
            @ForAll @DoubleRange(min = -1e3, max = 1e3) double bias,
            @ForAll @DoubleRange(min = -3, max = 3) double deviations) {
        double var = Math.pow(10, exponent);
        BatchNormState state = evaluated(1e-5, 1.7, bias, mean, var);
        ChannelTransform forward = ChannelTransform.ofRunning(state, NonFinitePolicy.PROPAGATE);
        InverseTransform inverse = InverseTransform.ofRunning(state, NonFinitePolicy.PROPAGATE);
        double scale = 1.7 / Math.sqrt(var + 1e-5);
        double x = mean + deviations * Math.sqrt(var);
        double y = forward.apply(0, x);
        double four = 4 * Math.ulp(Math.max(Math.abs(x), Math.abs(mean)));
        assertThat(Math.abs(inverse.apply(0, y) - x)).isLessThanOrEqualTo(Math.ulp(y) / 2 / scale + four);
        SampleShape shape = SampleShape.channelsFirst(1);
        float[] single = {(float) x};
        float[] narrow = forward.apply(single, shape);
        double rounded = Math.ulp(narrow[0]) / 2.0 / scale + Math.ulp(single[0]) / 2.0;
        assertThat(Math.abs((double) inverse.apply(narrow, shape)[0] - single[0]))
                .isLessThanOrEqualTo(2 * rounded + four);
    }
}
