package io.github.sparkbatchnorm.layer;

import static io.github.sparkbatchnorm.layer.LayerTesting.batch;
import static io.github.sparkbatchnorm.layer.LayerTesting.layer;
import static io.github.sparkbatchnorm.layer.LayerTesting.sums;
import static io.github.sparkbatchnorm.layer.LayerTesting.toDoubles;
import static io.github.sparkbatchnorm.layer.LayerTesting.toFloats;
import static io.github.sparkbatchnorm.layer.LayerTesting.values;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import io.github.sparkbatchnorm.stats.GradientSums;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** dx against exact arithmetic and its identities, and one layout against another. */
class GradientTransformTest {
    /** What semantics promise; a few roundings of 1.1e-16 each are what there is. */
    private static final BigDecimal TOLERANCE = new BigDecimal("1e-13");

    /** What terms of dx that are subnormal cannot hold. */
    private static final BigDecimal UNDERFLOW = new BigDecimal(4 * Double.MIN_VALUE);

    private static final double NAN = Double.NaN;
    private static final double INFINITY = Double.POSITIVE_INFINITY;

    private static GradientTransform ofBatch(BatchNormState state, double[][] x, double[][] dy) {
        double eps = state.config().eps();
        ChannelStatistics batch = batch(x);
        return GradientTransform.ofBatch(ChannelGradients.ofBatch(sums(x, dy), batch, eps), batch, state);
    }

    private static GradientTransform ofBatch(double eps, double weight, double[] x, double[] dy) {
        return ofBatch(layer(eps, weight), new double[][] {x}, new double[][] {dy});
    }

    private static double[] dx(GradientTransform transform, double[] x, double[] dy) {
        return transform.apply(x, dy, SampleShape.channelsFirst(1, x.length));
    }

    private static void assertExact(double[] x, double[] dy, double eps, double weight, BigDecimal tolerance) {
        LayerTesting.Backward exact = LayerTesting.Backward.ofBatch(x, dy, eps);
        double[] dx = dx(ofBatch(eps, weight, x, dy), x, dy);
        for (int i = 0; i < x.length; i++) {
            assertClose(dx[i], exact, i, weight, tolerance);
        }
    }

    private static void assertClose(
            double dx, LayerTesting.Backward exact, int i, double weight, BigDecimal tolerance) {
        BigDecimal underflow = exact.scaled(UNDERFLOW, weight).abs().max(UNDERFLOW);
        BigDecimal error = exact.dxMagnitude(i, weight).multiply(tolerance).add(underflow);
        assertThat(LayerTesting.isWithin(dx, exact.dx(i, weight), error))
                .withFailMessage(() -> "dx is " + dx + ", exactly "
                        + exact.dx(i, weight).doubleValue() + "; expected within " + error.doubleValue())
                .isTrue();
    }

    @Property(tries = 2500)
    void isExactHoweverIllConditionedTheBatchIs(
            @ForAll long seed,
            @ForAll @DoubleRange(max = 12) double ratio,
            @ForAll @IntRange(min = -140, max = 138) int std,
            @ForAll @IntRange(min = -300, max = 150) int magnitude,
            @ForAll LayerTesting.Pairs.Gradient kind) {
        LayerTesting.Pairs pairs = LayerTesting.Pairs.illConditioned(new Random(seed), ratio, std, magnitude, kind);
        assertExact(pairs.x(), pairs.dy(), pairs.eps(), pairs.weight(), TOLERANCE);
    }

    @ParameterizedTest
    @ValueSource(doubles = {1e8, 1e10, 1e12, -1e12})
    void valuesAndMeanThatAlmostCancelAreExact(double mean) {
        double ulp = Math.ulp(mean);
        double[] x = {mean, mean + ulp, mean + ulp, mean - 2 * ulp, mean};
        assertExact(x, values(1, -2, 3, 0.5, -2.5), 0, 1, TOLERANCE);
        assertExact(x, values(1, 1, 1, -2, 1), 1e-12, -3, TOLERANCE);
    }

    @Test
    void aValueAtTheRoundedMeanIsCentredByWhatRoundingTook() {
        double[] x = {1024, -1024, 3, 1, 2, 1, 1, 0x1p-60}; // the mean is 1 + 2^-63
        double[] dy = {7, -5, 0, 0, 0, 0, 0, -2}; // the sum is 0: the third term is all there is at the fourth
        assertExact(x, dy, 0, 1, TOLERANCE);
    }

    @Test
    void aGradientAtItsRoundedMeanIsCentredByWhatRoundingTook() {
        double[] x = {3, 1, 4, 1, 5, 2, 6, 2}; // the mean is 3: no third term at the first
        double[] dy = {1, 1024, -1024, 3, 1, 2, 1, 0x1p-60}; // the mean is 1 + 2^-63
        double exact = -0x1p-63 / Math.sqrt(3);
        double dx = ofBatch(0, 1, x, dy).apply(0, 3, 1);
        assertThat(dx).isEqualTo(exact, within(1e-15 * Math.abs(exact)));
        assertThat(dx(ofBatch(0, 1, x, dy), x, dy)[0]).isEqualTo(dx);
    }

    @ParameterizedTest
    @ValueSource(doubles = {1e-300, 1e-160, 1e-100, 1e100, 1e200, 1e290})
    void weightMayBeOfAnyMagnitude(double weight) {
        double[] small = {1e-150, 2e-150, 4e-150};
        double[] large = {1e150, 2e150, 4e150};
        double down = Math.min(1, 1e140 / weight); // so that dx is in the range of doubles
        assertExact(small, values(down, -2 * down, down / 3), 0, weight, TOLERANCE);
        double up = Math.max(1e-10, 1e-120 / weight);
        assertExact(large, values(up, -2 * up, up / 3), 1e-5, -weight, TOLERANCE);
    }

    @Test
    void weightTimesInvstdMayBeOutOfRange() {
        double[] small = {1e-150, 2e-150, 4e-150};
        assertExact(small, values(1e-200, -2e-200, 3e-200), 0, 1e200, TOLERANCE); // 1e350
        double[] large = {1e150, 2e150, 4e150};
        assertExact(large, values(1e100, -2e100, 3e100), 0, -1e-200, TOLERANCE); // 1e-350
        assertExact(values(1e150, 2e150), values(1e100, -1e100), 1e300, 1e-165, TOLERANCE); // subnormal
    }

    @ParameterizedTest
    @ValueSource(doubles = {1e-150, 1e-157, 1e-160})
    void isAsAccurateAsTheVarianceOfASmallSpread(double unit) {
        double[] x = {unit, 3 * unit, -2 * unit, 5 * unit};
        // A subnormal variance is a multiple of the smallest double.
        BigDecimal variance = LayerTesting.populationVariance(x);
        double lost = Double.MIN_VALUE / variance.doubleValue();
        assertExact(x, values(1, -2, 0.5, 3), 0, 0.7, TOLERANCE.add(new BigDecimal(lost)));
    }

    @ParameterizedTest
    @ValueSource(doubles = {1e-300, 1e-161, 1e-100})
    void tinyValuesAreExactWithEps(double unit) {
        assertExact(values(unit, 3 * unit, -2 * unit), values(1e-280, -3e-280, 1e-280), 1e-5, 2, TOLERANCE);
    }

    @Test
    void dyThatIsConstantHasNoInputGradient() {
        for (double constant : values(1, 0.1, 1e150, -1e-300)) {
            double[] x = {1e12, 1e12 + 1, 1e12 + 5, 1e12 - 3};
            double[] dy = {constant, constant, constant, constant};
            for (double gradient : dx(ofBatch(1e-5, 1, x, dy), x, dy)) {
                assertThat(Math.abs(gradient)).isLessThanOrEqualTo(1e-13 * Math.abs(constant));
            }
        }
    }

    @Test
    void ofTwoValuesWithoutEpsHasNoInputGradient() {
        double[] x = {1, 3}; // whatever x is, xhat is -1 and 1
        assertThat(dx(ofBatch(0, 5, x, values(5, 7)), x, values(5, 7))).containsExactly(0, 0);
        // sum(dy)/n is 6, sum(dy*(x-mean))/n is 1: weight/2 * (dy - 6 -+ 1/4), invstd is 1/2
        assertThat(dx(ofBatch(3, 5, x, values(5, 7)), x, values(5, 7))).containsExactly(-1.875, 1.875);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 1e7, 0.1, -3e300, Double.MAX_VALUE, Double.MIN_VALUE})
    void aConstantChannelWithoutEpsHasNoGradient(double constant) {
        double[] x = {constant, constant, constant};
        double[] dy = {1, 1e200, -7};
        for (double weight : values(1, 0, -1e300, Double.MIN_VALUE)) {
            GradientTransform transform = ofBatch(0, weight, x, dy);
            assertThat(Arrays.stream(dx(transform, x, dy)).allMatch(gradient -> gradient == 0))
                    .isTrue();
            assertThat(transform.apply(0, constant, 5)).matches(gradient -> gradient == 0);
        }
    }

    @Test
    void aConstantChannelWithEpsHasThatOfTheCentredDy() {
        double[] x = {1e7, 1e7, 1e7};
        assertThat(dx(ofBatch(0.25, 3, x, values(1, 2, 6)), x, values(1, 2, 6))).containsExactly(-12, -6, 18);
    }

    @Property(tries = 2500)
    void sumsOfInputGradientsAreThoseOfTheIdentities(
            @ForAll long seed,
            @ForAll @DoubleRange(max = 12) double ratio,
            @ForAll @IntRange(min = -60, max = 60) int std,
            @ForAll @IntRange(min = -60, max = 60) int magnitude,
            @ForAll LayerTesting.Pairs.Gradient kind) {
        LayerTesting.Pairs pairs = LayerTesting.Pairs.illConditioned(new Random(seed), ratio, std, magnitude, kind);
        double weight = Math.max(-1e60, Math.min(1e60, pairs.weight()));
        double[] dx = dx(ofBatch(pairs.eps(), weight, pairs.x(), pairs.dy()), pairs.x(), pairs.dy());
        LayerTesting.Backward exact = LayerTesting.Backward.ofBatch(pairs.x(), pairs.dy(), pairs.eps());
        BigDecimal sum = BigDecimal.ZERO;
        BigDecimal terms = BigDecimal.ZERO;
        BigDecimal projected = BigDecimal.ZERO;
        BigDecimal projectedTerms = BigDecimal.ZERO;
        for (int i = 0; i < dx.length; i++) {
            BigDecimal xhat = exact.centred(i).multiply(exact.invstd());
            BigDecimal magnitudeOfTerm = exact.dxMagnitude(i, weight);
            sum = sum.add(new BigDecimal(dx[i]));
            terms = terms.add(magnitudeOfTerm);
            projected = projected.add(new BigDecimal(dx[i]).multiply(xhat));
            projectedTerms = projectedTerms.add(magnitudeOfTerm.multiply(xhat.abs()));
        }
        assertThat(sum.abs()).isLessThanOrEqualTo(terms.multiply(TOLERANCE));
        // weight * invstd * sum(dy * xhat) * eps / (var + eps)
        BigDecimal expected = exact.scaled(exact.dweight(), weight)
                .multiply(new BigDecimal(pairs.eps()))
                .multiply(exact.invstd())
                .multiply(exact.invstd());
        assertThat(projected.subtract(expected).abs()).isLessThanOrEqualTo(projectedTerms.multiply(TOLERANCE));
    }

    static List<SampleShape> shapes() {
        return List.of(
                SampleShape.channelsFirst(1),
                SampleShape.channelsFirst(37),
                SampleShape.channelsFirst(3, 1),
                SampleShape.channelsFirst(3, 5),
                SampleShape.channelsFirst(1, 19),
                SampleShape.channelsFirst(2, 512),
                SampleShape.channelsFirst(2, 3, 4, 5),
                SampleShape.channelsLast(37),
                SampleShape.channelsLast(5, 3),
                SampleShape.channelsLast(1, 3),
                SampleShape.channelsLast(19, 1),
                SampleShape.channelsLast(7, 11, 2),
                SampleShape.channelsLast(2, 3, 4, 5));
    }

    /** With batch statistics, with running ones, both also ignoring what is not finite. */
    private static List<GradientTransform> random(int channels, double firstWeight) {
        Random random = new Random(channels);
        double[] weight = random.doubles(channels).toArray();
        weight[0] *= firstWeight;
        double[][] x = new double[channels][];
        double[][] dy = new double[channels][];
        for (int c = 0; c < channels; c++) {
            double mean = 1e6 * random.nextGaussian();
            x[c] = random.doubles(9).map(u -> u + mean).toArray();
            dy[c] = random.doubles(9, -0.3, 1).toArray();
        }
        GradientTransform ofBatch = ofBatch(layer(1e-5, weight), x, dy);
        GradientTransform ofRunning = GradientTransform.ofRunning(layer(1e-5, weight));
        return List.of(ofBatch, ofRunning, ofBatch.ignoringNonFinite(), ofRunning.ignoringNonFinite());
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void eachLayoutGivesTheBitsOfTheSinglePair(SampleShape shape) {
        Random random = new Random(3);
        double[] x = random.doubles(shape.length(), -1e6, 1e6).toArray();
        double[] dy = random.doubles(shape.length(), -10, 10).toArray();
        x[x.length / 2] = NAN;
        dy[x.length - 1] = INFINITY;
        for (double firstWeight : values(1, 1e-310)) {
            for (GradientTransform transform : random(shape.channels(), firstWeight)) {
                double[] doubles = x.clone();
                double[] gradients = dy.clone();
                float[] floats = toFloats(x);
                float[] floatGradients = toFloats(dy);
                double[] dx = transform.apply(doubles, gradients, shape);
                float[] single = transform.apply(floats, floatGradients, shape);
                for (int i = 0; i < x.length; i++) {
                    int c = shape.channelOf(i);
                    assertThat(Double.doubleToLongBits(dx[i]))
                            .isEqualTo(Double.doubleToLongBits(transform.apply(c, x[i], dy[i])));
                    assertThat(Float.floatToIntBits(single[i]))
                            .isEqualTo(Float.floatToIntBits((float) transform.apply(c, floats[i], floatGradients[i])));
                }
                // Inputs are not written to.
                assertThat(doubles).isEqualTo(x);
                assertThat(gradients).isEqualTo(dy);
                assertThat(floats).isEqualTo(toFloats(x));
                assertThat(floatGradients).isEqualTo(toFloats(dy));
            }
        }
    }

    @Property(tries = 100)
    void floatsGiveTheDoublesRoundedOnce(
            @ForAll long seed, @ForAll @IntRange(min = 1, max = 5) int channels, @ForAll boolean channelsLast) {
        Random random = new Random(seed);
        int spatial = 1 + random.nextInt(9);
        SampleShape shape = channelsLast
                ? SampleShape.channelsLast(spatial, channels)
                : SampleShape.channelsFirst(channels, spatial);
        float[] x = toFloats(random.doubles(shape.length(), -1e6, 1e6).toArray());
        float[] dy = toFloats(random.doubles(shape.length(), -10, 10).toArray());
        for (GradientTransform transform : random(channels, 1)) {
            assertThat(transform.apply(x, dy, shape))
                    .isEqualTo(toFloats(transform.apply(toDoubles(x), toDoubles(dy), shape)));
        }
    }

    /** A global batch and what a layer makes of it. */
    private record Batch(double[][] x, double[][] dy, SampleShape shape) {
        static Batch random(Random random, SampleShape shape) {
            int samples = 2 + random.nextInt(4);
            double[][] x = new double[samples][];
            double[][] dy = new double[samples][];
            for (int s = 0; s < samples; s++) {
                double side = s % 2 == 0 ? 1 : -1; // so that no channel is nearly constant
                x[s] = random.doubles(shape.length(), -0.5, 0.5)
                        .map(u -> 3 + side + u)
                        .toArray();
                dy[s] = random.doubles(shape.length(), -1, 2).toArray();
            }
            return new Batch(x, dy, shape);
        }

        ChannelStatistics statistics() {
            ChannelMoments.Accumulator moments = new ChannelMoments.Accumulator(shape.channels());
            for (double[] sample : x) {
                moments.add(sample, shape);
            }
            return moments.snapshot().statistics();
        }

        ChannelGradients gradients(BatchNormState state, boolean training) {
            GradientSums.Accumulator sums = new GradientSums.Accumulator(shape.channels(), false);
            for (int s = 0; s < x.length; s++) {
                sums.add(x[s], dy[s], shape);
            }
            return training
                    ? ChannelGradients.ofBatch(
                            sums.snapshot(), statistics(), state.config().eps())
                    : ChannelGradients.ofRunning(sums.snapshot(), state);
        }

        GradientTransform transform(BatchNormState state, boolean training) {
            return training
                    ? GradientTransform.ofBatch(gradients(state, true), statistics(), state)
                    : GradientTransform.ofRunning(state);
        }

        /** {@code sum(dy * y)}, whose gradient with respect to y is dy. */
        double loss(BatchNormState state, boolean training) {
            ChannelTransform forward =
                    training ? ChannelTransform.ofBatch(statistics(), state) : ChannelTransform.ofRunning(state);
            double loss = 0;
            for (int s = 0; s < x.length; s++) {
                double[] y = forward.apply(x[s], shape);
                for (int i = 0; i < y.length; i++) {
                    loss += dy[s][i] * y[i];
                }
            }
            return loss;
        }

        Batch with(int sample, int index, double value) {
            double[][] other = Arrays.stream(x).map(double[]::clone).toArray(double[][]::new);
            other[sample][index] = value;
            return new Batch(other, dy, shape);
        }
    }

    private static SampleShape randomShape(Random random, int rank, boolean channelsLast) {
        int[] dims = random.ints(rank, 1, 5).toArray();
        return channelsLast ? SampleShape.channelsLast(dims) : SampleShape.channelsFirst(dims);
    }

    @Property(tries = 150)
    void gradientsAreThoseOfTheForwardPass(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 4) int rank,
            @ForAll boolean channelsLast,
            @ForAll boolean training) {
        Random random = new Random(seed);
        Batch batch = Batch.random(random, randomShape(random, rank, channelsLast));
        int channels = batch.shape.channels();
        BatchNormState state = BatchNormState.of(
                new BatchNormConfig(random.nextBoolean() ? 1e-5 : 0.5, 0.1, true, true),
                channels,
                random.doubles(channels, 0.5, 2).toArray(),
                random.doubles(channels, -1, 1).toArray(),
                random.doubles(channels, 2, 4).toArray(),
                random.doubles(channels, 0.5, 2).toArray(),
                1);
        checkInputGradients(random, batch, state, training);
        checkParameterGradients(batch, state, training);
    }

    private static void checkInputGradients(Random random, Batch batch, BatchNormState state, boolean training) {
        GradientTransform transform = batch.transform(state, training);
        double h = 1e-4;
        for (int trial = 0; trial < 5; trial++) {
            int s = random.nextInt(batch.x.length);
            int i = random.nextInt(batch.shape.length());
            double x = batch.x[s][i];
            double slope = (batch.with(s, i, x + h).loss(state, training)
                            - batch.with(s, i, x - h).loss(state, training))
                    / (2 * h);
            double dx = transform.apply(batch.x[s], batch.dy[s], batch.shape)[i];
            // h^2 of the third derivative; 1e-16 of the loss by h.
            assertThat(dx).isEqualTo(slope, within(1e-6));
        }
    }

    private static void checkParameterGradients(Batch batch, BatchNormState state, boolean training) {
        ChannelGradients gradients = batch.gradients(state, training);
        for (int c = 0; c < state.numFeatures(); c++) {
            double[] weight = state.weight();
            double[] bias = state.bias();
            double loss = batch.loss(state, training);
            weight[c] += 1;
            double ofWeight = batch.loss(state.withParameters(weight, bias), training) - loss;
            weight[c] -= 1;
            bias[c] += 1;
            double ofBias = batch.loss(state.withParameters(weight, bias), training) - loss;
            // The loss is linear in both: only its own rounding is between them.
            assertThat(gradients.weight(c)).isEqualTo(ofWeight, within(1e-10));
            assertThat(gradients.bias(c)).isEqualTo(ofBias, within(1e-10));
        }
    }

    @Property(tries = 100)
    void channelsFirstAndChannelsLastGiveTheSameBits(
            @ForAll long seed, @ForAll @IntRange(min = 1, max = 4) int rank, @ForAll boolean training) {
        Random random = new Random(seed);
        SampleShape first = randomShape(random, rank, false);
        int channels = first.channels();
        int spatial = first.spatialSize();
        SampleShape last = SampleShape.channelsLast(spatial, channels);
        Batch batch = Batch.random(random, first);
        Batch transposed = new Batch(
                Arrays.stream(batch.x).map(s -> transpose(s, channels)).toArray(double[][]::new),
                Arrays.stream(batch.dy).map(s -> transpose(s, channels)).toArray(double[][]::new),
                last);
        BatchNormState state = layer(1e-5, random.doubles(channels, -2, 2).toArray());
        assertThat(transposed.gradients(state, training).weight())
                .isEqualTo(batch.gradients(state, training).weight());
        GradientTransform one = batch.transform(state, training);
        GradientTransform other = transposed.transform(state, training);
        for (int s = 0; s < batch.x.length; s++) {
            assertThat(other.apply(transposed.x[s], transposed.dy[s], last))
                    .isEqualTo(transpose(one.apply(batch.x[s], batch.dy[s], first), channels));
        }
    }

    /** [C,S] -> [S,C]. */
    private static double[] transpose(double[] sample, int channels) {
        int spatial = sample.length / channels;
        double[] transposed = new double[sample.length];
        for (int i = 0; i < sample.length; i++) {
            transposed[(i % spatial) * channels + i / spatial] = sample[i];
        }
        return transposed;
    }

    @ParameterizedTest
    @ValueSource(doubles = {NAN, INFINITY, -INFINITY})
    void whatIsNotFiniteStaysInItsChannel(double special) {
        double[] clean = {1, 2, 6};
        double[] dy = {0.3, -4, 5};
        double[][] dirtyX = {{1, special, 6}, clean, clean};
        double[][] dirtyDy = {dy, dy, {0.3, special, 5}};
        for (double firstWeight : values(1, 1e-310)) {
            BatchNormState state = layer(1e-5, firstWeight, 1.3, 0.7);
            GradientTransform expected =
                    ofBatch(state, new double[][] {clean, clean, clean}, new double[][] {dy, dy, dy});
            GradientTransform transform = ofBatch(state, dirtyX, dirtyDy);
            for (int i = 0; i < clean.length; i++) {
                assertThat(transform.apply(0, dirtyX[0][i], dy[i])).isNaN();
                assertThat(transform.apply(1, clean[i], dy[i])).isEqualTo(expected.apply(1, clean[i], dy[i]));
                // The formula: the mean of x is 3, sum(dy)/n is special, sum(dy*(x-mean)) has the other sign.
                double ieee = dirtyDy[2][i] - special - (clean[i] - 3) * -special;
                assertThat(transform.apply(2, clean[i], dirtyDy[2][i])).isEqualTo(Double.valueOf(ieee));
            }
        }
    }

    @Test
    void runningStatisticsScaleEachDyWhateverXIs() {
        BatchNormConfig config = new BatchNormConfig(3, 0.1, true, true);
        BatchNormState state = BatchNormState.of(config, 1, values(6), values(7), values(5), values(1), 1);
        GradientTransform transform = GradientTransform.ofRunning(state);
        double[] dy = {1, -2, INFINITY, -INFINITY, NAN};
        double[] expected = {3, -6, INFINITY, -INFINITY, NAN};
        for (double x : values(0, 5, -1e300, NAN, INFINITY)) {
            double[] xs = new double[dy.length];
            Arrays.fill(xs, x);
            assertThat(dx(transform, xs, dy)).containsExactly(expected);
            assertThat(transform.apply(0, x, 1)).isEqualTo(3);
        }
    }

    @Property(tries = 400)
    void runningStatisticsGiveTheExactProduct(
            @ForAll long seed,
            @ForAll @IntRange(min = -150, max = 150) int std,
            @ForAll @IntRange(min = -100, max = 100) int weight) {
        Random random = new Random(seed);
        double var = Math.pow(10, 2 * std) * (1 + random.nextDouble());
        double gain = Math.pow(10, weight) * random.nextGaussian();
        double[] dy = {random.nextGaussian()};
        BatchNormConfig config = new BatchNormConfig(0, 0.1, true, true);
        BatchNormState state = BatchNormState.of(config, 1, values(gain), values(7), values(5), values(var), 1);
        LayerTesting.Backward exact = LayerTesting.Backward.ofRunning(values(1), dy, 5, var, 0);
        assertClose(GradientTransform.ofRunning(state).apply(0, 1, dy[0]), exact, 0, gain, TOLERANCE);
    }

    @Test
    void aLayerThatIsNotAffineHasWeightOne() {
        BatchNormState plain = BatchNormState.initial(1, new BatchNormConfig(1e-3, 0.1, false, true));
        double[][] x = {{1, 2, 6}};
        double[][] dy = {{0.3, -4, 5}};
        assertThat(dx(ofBatch(plain, x, dy), x[0], dy[0])).isEqualTo(dx(ofBatch(layer(1e-3, 1), x, dy), x[0], dy[0]));
        assertThat(GradientTransform.ofRunning(plain).apply(0, 9, 2))
                .isEqualTo(GradientTransform.ofRunning(layer(1e-3, 1)).apply(0, 9, 2));
    }

    @ParameterizedTest
    @ValueSource(doubles = {1, 1e-310})
    void ignoredPairsHaveNoGradient(double secondWeight) {
        double[] x = {1, NAN, 3, INFINITY, 2, 2};
        double[] dy = {5, 1, 7, 1, NAN, -INFINITY};
        GradientSums.Accumulator sums = new GradientSums.Accumulator(2, true);
        ChannelMoments.Accumulator moments = new ChannelMoments.Accumulator(2);
        for (int i = 0; i < x.length; i++) {
            sums.add(0, x[i], dy[i]);
            moments.add(0, Double.isFinite(dy[i]) ? x[i] : NAN); // the pair is left out of both
            sums.add(1, NAN, 1); // channel 1 is empty
            moments.add(1, NAN);
        }
        BatchNormState state = layer(3, 5, secondWeight);
        ChannelStatistics batch = moments.snapshot().finiteStatistics();
        GradientTransform transform = GradientTransform.ofBatch(
                        ChannelGradients.ofBatch(sums.snapshot(), batch, 3), batch, state)
                .ignoringNonFinite();
        double[] sample = Arrays.copyOf(x, 12);
        Arrays.fill(sample, 6, 12, NAN);
        double[] gradients = Arrays.copyOf(dy, 12);
        Arrays.fill(gradients, 6, 12, 1);
        double[] expected = {-1.875, 0, 1.875, 0, 0, 0, 0, 0, 0, 0, 0, 0};
        SampleShape shape = SampleShape.channelsFirst(2, 6);
        assertThat(transform.apply(sample, gradients, shape)).containsExactly(expected);
        assertThat(transform.apply(toFloats(sample), toFloats(gradients), shape))
                .isEqualTo(toFloats(expected));
        for (int i = 0; i < sample.length; i++) {
            assertThat(transform.apply(i / 6, sample[i], gradients[i])).isEqualTo(expected[i]);
        }
    }

    @Test
    void withRunningStatisticsIgnoredPairsHaveNoGradientEither() {
        GradientTransform transform = GradientTransform.ofRunning(layer(3, 6)).ignoringNonFinite();
        assertThat(dx(transform, values(1, NAN, -INFINITY, 4, 5), values(1, 1, 1, NAN, INFINITY)))
                .containsExactly(3, 0, 0, 0, 0);
    }

    @Test
    void javaSerializationKeepsTheBits() throws Exception {
        SampleShape shape = SampleShape.channelsFirst(3);
        for (double firstWeight : values(1, 1e-310)) {
            for (GradientTransform transform : random(3, firstWeight)) {
                GradientTransform copy = LayerTesting.throughJava(transform, GradientTransform.class);
                double[] x = {1, 2, NAN};
                double[] dy = {0.1, 7, 1};
                assertThat(copy.apply(x, dy, shape)).isEqualTo(transform.apply(x, dy, shape));
            }
        }
    }

    @Test
    void gradientsBatchAndStateHaveTheSameChannels() {
        double[] x = {1, 2};
        ChannelGradients one = ChannelGradients.zero(1);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> GradientTransform.ofBatch(one, batch(x), layer(0, 1, 1)))
                .withMessage("a batch of 1 channels; expected num_features, 2");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> GradientTransform.ofBatch(one, batch(x, x), layer(0, 1, 1)))
                .withMessage("gradients of 1 channels; expected 2, as the batch has");
    }

    @Test
    void runningStatisticsMustBeThere() {
        BatchNormState state = BatchNormState.initial(1, new BatchNormConfig(0, 0.1, true, false));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> GradientTransform.ofRunning(state))
                .withMessage("the state has no running statistics; expected running_mean and running_var");
    }

    @Test
    void sampleOfAnotherSizeIsAnError() {
        for (GradientTransform transform : random(3, 1)) {
            assertThat(transform.channels()).isEqualTo(3);
            SampleShape three = SampleShape.channelsFirst(3);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> transform.apply(new double[2], new double[3], three))
                    .withMessage("sample of 2 values, 3 gradients and shape [3]; expected 3 of both and 3 channels");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> transform.apply(new float[3], new float[4], three))
                    .withMessage("sample of 3 values, 4 gradients and shape [3]; expected 3 of both and 3 channels");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> transform.apply(new double[4], new double[4], SampleShape.channelsFirst(4)))
                    .withMessage("sample of 4 values, 4 gradients and shape [4]; expected 4 of both and 3 channels");
        }
    }
}
