package io.github.sparkbatchnorm.layer;

import static io.github.sparkbatchnorm.layer.GradientTransformTest.dx;
import static io.github.sparkbatchnorm.layer.GradientTransformTest.ofBatch;
import static io.github.sparkbatchnorm.layer.LayerTesting.values;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

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

/** dx against exact arithmetic and its identities. */
class GradientAccuracyTest {
    /** What semantics promise; a few roundings of 1.1e-16 each are what there is. */
    private static final BigDecimal TOLERANCE = new BigDecimal("1e-13");

    /** What terms of dx that are subnormal cannot hold. */
    private static final BigDecimal UNDERFLOW = new BigDecimal(4 * Double.MIN_VALUE);

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
        assertClose(
                GradientTransform.ofRunning(state, NonFinitePolicy.PROPAGATE).apply(0, 1, dy[0]),
                exact,
                0,
                gain,
                TOLERANCE);
    }
}
