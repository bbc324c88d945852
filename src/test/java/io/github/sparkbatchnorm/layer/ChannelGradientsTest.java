package io.github.sparkbatchnorm.layer;

import static io.github.sparkbatchnorm.layer.LayerTesting.batch;
import static io.github.sparkbatchnorm.layer.LayerTesting.layer;
import static io.github.sparkbatchnorm.layer.LayerTesting.sums;
import static io.github.sparkbatchnorm.layer.LayerTesting.values;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import io.github.sparkbatchnorm.stats.GradientSums;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** dweight and dbias against exact arithmetic. */
class ChannelGradientsTest {
    /** What semantics promise; a few roundings of 1.1e-16 each are what there is. */
    private static final BigDecimal TOLERANCE = new BigDecimal("1e-13");

    private static final BigDecimal SMALLEST = new BigDecimal(Double.MIN_VALUE);

    private static final double NAN = Double.NaN;
    private static final double INFINITY = Double.POSITIVE_INFINITY;

    private static ChannelGradients ofBatch(double eps, double[] x, double[] dy) {
        double[][] xs = {x};
        return ChannelGradients.ofBatch(sums(xs, new double[][] {dy}), batch(xs), eps);
    }

    private static BatchNormState running(double eps, double mean, double var) {
        BatchNormConfig config = new BatchNormConfig(eps, 0.1, true, true);
        return BatchNormState.of(config, 1, values(3), values(7), values(mean), values(var), 1);
    }

    private static void assertExact(ChannelGradients gradients, LayerTesting.Backward exact, BigDecimal tolerance) {
        assertThat(gradients.bias(0)).isEqualTo(exact.dbias().doubleValue());
        BigDecimal error = exact.dweightMagnitude().multiply(tolerance).add(SMALLEST);
        assertThat(LayerTesting.isWithin(gradients.weight(0), exact.dweight(), error))
                .withFailMessage(() -> "dweight is " + gradients.weight(0) + ", exactly "
                        + exact.dweight().doubleValue() + "; expected within " + error.doubleValue())
                .isTrue();
    }

    @Property(tries = 2500)
    void areExactHoweverIllConditionedTheBatchIs(
            @ForAll long seed,
            @ForAll @DoubleRange(max = 12) double ratio,
            @ForAll @IntRange(min = -140, max = 138) int std,
            @ForAll @IntRange(min = -300, max = 150) int magnitude,
            @ForAll LayerTesting.Pairs.Gradient kind) {
        LayerTesting.Pairs pairs = LayerTesting.Pairs.illConditioned(new Random(seed), ratio, std, magnitude, kind);
        LayerTesting.Backward exact = LayerTesting.Backward.ofBatch(pairs.x(), pairs.dy(), pairs.eps());
        assertExact(ofBatch(pairs.eps(), pairs.x(), pairs.dy()), exact, TOLERANCE);
    }

    @Property(tries = 2500)
    void areExactWithRunningStatistics(
            @ForAll long seed,
            @ForAll @DoubleRange(max = 12) double ratio,
            @ForAll @IntRange(min = -140, max = 138) int std,
            @ForAll @IntRange(min = -140, max = 0) int magnitude,
            @ForAll LayerTesting.Pairs.Gradient kind) {
        LayerTesting.Pairs pairs = LayerTesting.Pairs.illConditioned(new Random(seed), ratio, std, magnitude, kind);
        double mean = pairs.x()[0] + 0.1 * Math.pow(10, std);
        double var = Math.pow(10, 2 * std);
        GradientSums sums = sums(new double[][] {pairs.x()}, new double[][] {pairs.dy()});
        assertExact(
                ChannelGradients.ofRunning(sums, running(pairs.eps(), mean, var)),
                LayerTesting.Backward.ofRunning(pairs.x(), pairs.dy(), mean, var, pairs.eps()),
                TOLERANCE);
    }

    @ParameterizedTest
    @ValueSource(doubles = {1e-150, 1e-157, 1e-160})
    void areAsAccurateAsTheVarianceOfASmallSpread(double unit) {
        double[] x = {unit, 3 * unit, -2 * unit, 5 * unit};
        double[] dy = {1, -2, 0.5, 3};
        // A subnormal variance is a multiple of the smallest double.
        BigDecimal variance = LayerTesting.populationVariance(x);
        BigDecimal tolerance = TOLERANCE.add(new BigDecimal(Double.MIN_VALUE / variance.doubleValue()));
        assertExact(ofBatch(0, x, dy), LayerTesting.Backward.ofBatch(x, dy, 0), tolerance);
    }

    @Test
    void twoValuesHaveTheGradientsOfTheFormula() {
        ChannelGradients gradients = ofBatch(0, values(1, 3), values(5, 7));
        assertThat(gradients.weight()).containsExactly(2); // xhat is -1 and 1
        assertThat(gradients.bias()).containsExactly(12);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 1e7, 0.1, -3e300, Double.MAX_VALUE, Double.MIN_VALUE})
    void aConstantChannelHasNoGradientOfItsWeight(double constant) {
        for (double eps : values(0, 1e-5)) {
            ChannelGradients gradients = ofBatch(eps, values(constant, constant, constant), values(1, 1e200, -7));
            assertThat(gradients.weight(0)).isEqualTo(0);
            assertThat(gradients.bias(0)).isEqualTo(1e200);
        }
    }

    @Test
    void noPairsHaveNoGradients() {
        ChannelStatistics none = ChannelMoments.empty(2).statistics();
        for (ChannelGradients gradients : new ChannelGradients[] {
            ChannelGradients.zero(2),
            ChannelGradients.ofBatch(GradientSums.empty(2), none, 0),
            ChannelGradients.ofRunning(GradientSums.empty(2), layer(0, 1, 1))
        }) {
            assertThat(gradients.channels()).isEqualTo(2);
            assertThat(gradients.weight()).containsExactly(0, 0);
            assertThat(gradients.bias()).containsExactly(0, 0);
            assertThat(gradients.mean()).containsExactly(0, 0);
            assertThat(gradients.meanLow()).containsExactly(0, 0);
            assertThat(gradients.projection()).containsExactly(0, 0);
        }
    }

    @Test
    void pairsThatAreIgnoredHaveNoPartInTheGradients() {
        GradientSums.Accumulator sums = new GradientSums.Accumulator(2, true);
        ChannelMoments.Accumulator moments = new ChannelMoments.Accumulator(2);
        double[] x = {1, NAN, 3, INFINITY};
        for (double value : x) {
            sums.add(0, value, 5 + (value == 3 ? 2 : 0));
            sums.add(1, NAN, 1);
            moments.add(0, value);
            moments.add(1, NAN);
        }
        ChannelGradients gradients =
                ChannelGradients.ofBatch(sums.snapshot(), moments.snapshot().finiteStatistics(), 0);
        assertThat(gradients.weight()).containsExactly(2, 0);
        assertThat(gradients.bias()).containsExactly(12, 0);
    }

    /** The forward pass used its x: n is the count of the statistics. */
    @Test
    void aPairIgnoredForItsGradientIsStillAValueOfTheBatch() {
        GradientSums.Accumulator sums = new GradientSums.Accumulator(1, true);
        double[] x = {1, 3, 0, 4};
        double[] dy = {5, 7, NAN, INFINITY};
        for (int i = 0; i < x.length; i++) {
            sums.add(0, x[i], dy[i]);
        }
        ChannelGradients gradients = ChannelGradients.ofBatch(sums.snapshot(), batch(x), 1.5); // var is 2.5
        assertThat(gradients.bias()).containsExactly(12);
        assertThat(gradients.weight()).containsExactly(1);
        assertThat(gradients.mean()).containsExactly(3);
        assertThat(gradients.projection()).containsExactly(0.25);
    }

    @ParameterizedTest
    @ValueSource(doubles = {NAN, INFINITY, -INFINITY})
    void whatIsNotFiniteStaysInItsChannel(double special) {
        double[] clean = {1, 2, 6};
        double[] dy = {0.3, -4, 5};
        double[] dirty = {1, special, 6};
        double[][] cleanX = {clean, clean, clean};
        double[][] dirtyX = {dirty, clean, clean};
        double[][] dirtyDy = {dy, dy, {0.3, special, 5}};
        double[][] cleanDy = {dy, dy, dy};
        BatchNormState state = layer(1e-5, 1, 1, 1);
        ChannelGradients expected = ChannelGradients.ofBatch(sums(cleanX, cleanDy), batch(cleanX), 1e-5);
        ChannelGradients ofBatch = ChannelGradients.ofBatch(sums(dirtyX, dirtyDy), batch(dirtyX), 1e-5);
        assertThat(ofBatch.weight(0)).isNaN();
        assertThat(ofBatch.bias(0)).isEqualTo(expected.bias(0)); // dy is finite there
        assertThat(ofBatch.weight(1)).isEqualTo(expected.weight(1));
        assertThat(ofBatch.bias(1)).isEqualTo(expected.bias(1));
        // x - mean is -1 where dy is special.
        assertThat(ofBatch.weight(2)).isEqualTo(Double.valueOf(-special));
        assertThat(ofBatch.bias(2)).isEqualTo(Double.valueOf(special));

        ChannelGradients running = ChannelGradients.ofRunning(sums(dirtyX, dirtyDy), state);
        assertThat(running.weight(0)).isEqualTo(Double.valueOf(-4 * special));
        assertThat(running.weight(1))
                .isEqualTo(
                        ChannelGradients.ofRunning(sums(cleanX, cleanDy), state).weight(1));
        assertThat(running.weight(2)).isEqualTo(Double.valueOf(special));
    }

    @Test
    void sumsOverflowOnlyAtTheEnd() {
        double[] dy = {Double.MAX_VALUE, Double.MAX_VALUE, -Double.MAX_VALUE};
        assertThat(ofBatch(1, values(1, 2, 3), dy).bias(0)).isEqualTo(Double.MAX_VALUE);
        assertThat(ofBatch(1, values(1, 2), values(Double.MAX_VALUE, Double.MAX_VALUE))
                        .bias(0))
                .isEqualTo(INFINITY);
        double[] large = {-4e153, 4e153};
        assertThat(ofBatch(0, large, values(-1e300, 1e300)).weight(0)).isEqualTo(2e300, within(4 * Math.ulp(2e300)));
    }

    @Test
    void weightAndBiasHaveNoPartInTheirGradients() {
        double[][] x = {{1, 2, 6}};
        double[][] dy = {{0.3, -4, 5}};
        BatchNormState plain = running(1e-3, 0.5, 2);
        BatchNormState other = plain.withParameters(values(-100), values(1e9));
        assertThat(ChannelGradients.ofRunning(sums(x, dy), other).weight())
                .isEqualTo(ChannelGradients.ofRunning(sums(x, dy), plain).weight());
    }

    @Test
    void arraysAreCopies() {
        ChannelGradients gradients = ofBatch(0, values(1, 3), values(5, 7));
        Arrays.fill(gradients.weight(), 99);
        Arrays.fill(gradients.bias(), 99);
        assertThat(gradients.weight()).containsExactly(2);
        assertThat(gradients.bias()).containsExactly(12);
    }

    @Test
    void javaSerializationKeepsTheBits() throws Exception {
        ChannelGradients gradients = ofBatch(1e-5, values(1e12, 1e12 + 3, 7), values(0.1, -0.7, NAN));
        ChannelGradients finite = ofBatch(1e-5, values(1e12, 1e12 + 3, 7), values(0.1, -0.7, 1e-9));
        for (ChannelGradients original : new ChannelGradients[] {gradients, finite}) {
            ChannelGradients copy = LayerTesting.throughJava(original, ChannelGradients.class);
            assertThat(copy.weight()).isEqualTo(original.weight());
            assertThat(copy.bias()).isEqualTo(original.bias());
            assertThat(copy.mean()).isEqualTo(original.mean());
            assertThat(copy.meanLow()).isEqualTo(original.meanLow());
            assertThat(copy.projection()).isEqualTo(original.projection());
        }
    }

    @Test
    void sumsAndStatisticsHaveTheSameChannels() {
        String message = "gradients of 1 channels; expected 2, as the statistics have";
        GradientSums one = GradientSums.empty(1);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ChannelGradients.ofBatch(one, batch(values(1, 2), values(1, 2)), 0))
                .withMessage(message);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ChannelGradients.ofRunning(one, layer(0, 1, 1)))
                .withMessage(message);
    }

    @Test
    void thereAreNotMoreGradientsThanValues() {
        double[][] x = {{1, 2, 3}, {1, 2, 3}};
        GradientSums sums = sums(x, x);
        assertThat(ChannelGradients.ofBatch(sums, batch(x), 0).channels()).isEqualTo(2);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ChannelGradients.ofBatch(sums, batch(values(1, 2, 3), values(1, 2)), 0))
                .withMessage("3 gradients of channel 1, whose statistics are of 2 values;"
                        + " expected those of the same batch");
    }

    @Test
    void runningStatisticsMustBeThere() {
        BatchNormState state = BatchNormState.initial(1, new BatchNormConfig(0, 0.1, true, false));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ChannelGradients.ofRunning(GradientSums.empty(1), state))
                .withMessage("the state has no running statistics; expected running_mean and running_var");
    }
}
