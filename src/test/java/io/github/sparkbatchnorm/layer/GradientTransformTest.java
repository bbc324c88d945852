package io.github.sparkbatchnorm.layer;

import static io.github.sparkbatchnorm.layer.LayerTesting.batch;
import static io.github.sparkbatchnorm.layer.LayerTesting.layer;
import static io.github.sparkbatchnorm.layer.LayerTesting.sums;
import static io.github.sparkbatchnorm.layer.LayerTesting.toDoubles;
import static io.github.sparkbatchnorm.layer.LayerTesting.toFloats;
import static io.github.sparkbatchnorm.layer.LayerTesting.values;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import io.github.sparkbatchnorm.stats.GradientSums;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** dx of arrays and single pairs, of values that are not finite, and what does not fit. */
class GradientTransformTest {
    private static final double NAN = Double.NaN;
    private static final double INFINITY = Double.POSITIVE_INFINITY;

    static GradientTransform ofBatch(BatchNormState state, double[][] x, double[][] dy) {
        return ofBatch(state, x, dy, NonFinitePolicy.PROPAGATE);
    }

    private static GradientTransform ofBatch(
            BatchNormState state, double[][] x, double[][] dy, NonFinitePolicy policy) {
        double eps = state.config().eps();
        ChannelStatistics batch = batch(x);
        return GradientTransform.ofBatch(ChannelGradients.ofBatch(sums(x, dy), batch, eps), batch, state, policy);
    }

    static GradientTransform ofBatch(double eps, double weight, double[] x, double[] dy) {
        return ofBatch(layer(eps, weight), new double[][] {x}, new double[][] {dy});
    }

    static double[] dx(GradientTransform transform, double[] x, double[] dy) {
        return transform.apply(x, dy, SampleShape.channelsFirst(1, x.length));
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
        BatchNormState state = layer(1e-5, weight);
        return List.of(
                ofBatch(state, x, dy, NonFinitePolicy.PROPAGATE),
                ofBatch(state, x, dy, NonFinitePolicy.IGNORE),
                GradientTransform.ofRunning(state, NonFinitePolicy.PROPAGATE),
                GradientTransform.ofRunning(state, NonFinitePolicy.IGNORE));
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
        GradientTransform transform = GradientTransform.ofRunning(state, NonFinitePolicy.PROPAGATE);
        double[] dy = {1, -2, INFINITY, -INFINITY, NAN};
        double[] expected = {3, -6, INFINITY, -INFINITY, NAN};
        for (double x : values(0, 5, -1e300, NAN, INFINITY)) {
            double[] xs = new double[dy.length];
            Arrays.fill(xs, x);
            assertThat(dx(transform, xs, dy)).containsExactly(expected);
            assertThat(transform.apply(0, x, 1)).isEqualTo(3);
        }
    }

    @Test
    void aLayerThatIsNotAffineHasWeightOne() {
        BatchNormState plain = BatchNormState.initial(1, new BatchNormConfig(1e-3, 0.1, false, true));
        double[][] x = {{1, 2, 6}};
        double[][] dy = {{0.3, -4, 5}};
        assertThat(dx(ofBatch(plain, x, dy), x[0], dy[0])).isEqualTo(dx(ofBatch(layer(1e-3, 1), x, dy), x[0], dy[0]));
        assertThat(GradientTransform.ofRunning(plain, NonFinitePolicy.PROPAGATE).apply(0, 9, 2))
                .isEqualTo(GradientTransform.ofRunning(layer(1e-3, 1), NonFinitePolicy.PROPAGATE)
                        .apply(0, 9, 2));
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
                ChannelGradients.ofBatch(sums.snapshot(), batch, 3), batch, state, NonFinitePolicy.IGNORE);
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
        GradientTransform transform = GradientTransform.ofRunning(layer(3, 6), NonFinitePolicy.IGNORE);
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
                .isThrownBy(() -> GradientTransform.ofBatch(one, batch(x), layer(0, 1, 1), NonFinitePolicy.PROPAGATE))
                .withMessage("a batch of 1 channels; expected num_features, 2");
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () -> GradientTransform.ofBatch(one, batch(x, x), layer(0, 1, 1), NonFinitePolicy.PROPAGATE))
                .withMessage("gradients of 1 channels; expected 2, as the batch has");
    }

    @Test
    void runningStatisticsMustBeThere() {
        BatchNormState state = BatchNormState.initial(1, new BatchNormConfig(0, 0.1, true, false));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> GradientTransform.ofRunning(state, NonFinitePolicy.PROPAGATE))
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
