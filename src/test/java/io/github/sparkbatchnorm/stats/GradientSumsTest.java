package io.github.sparkbatchnorm.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.stats.MomentsTesting.Values;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class GradientSumsTest {
    private static final double INFINITY = Double.POSITIVE_INFINITY;
    /** Enough for a tie of the largest doubles that the smallest one breaks. */
    private static final MathContext DIGITS = new MathContext(1500);

    @Property(tries = 400)
    void blocksGiveTheBitsOfPairByPair(
            @ForAll Values values,
            @ForAll Values gradients,
            @ForAll boolean single,
            @ForAll boolean ignoring,
            @ForAll boolean channelsLast,
            @ForAll @IntRange(min = 1, max = 5) int channels,
            @ForAll @IntRange(min = 1, max = 300) int spatial,
            @ForAll @IntRange(min = 0, max = 300) int count,
            @ForAll long seed) {
        SampleShape shape = channelsLast
                ? SampleShape.channelsLast(spatial, channels)
                : SampleShape.channelsFirst(channels, spatial);
        List<double[]> x = MomentsTesting.samples(values, Math.min(count, 20_000 / spatial), shape, single, seed);
        List<double[]> dy = MomentsTesting.samples(gradients, x.size(), shape, single, ~seed);
        assertThat(byBlocks(x, dy, shape, single, ignoring)).isEqualTo(slowly(x, dy, shape, ignoring));
    }

    private static GradientSums byBlocks(
            List<double[]> x, List<double[]> dy, SampleShape shape, boolean single, boolean ignoring) {
        GradientSums.Accumulator sums = new GradientSums.Accumulator(shape.channels(), ignoring);
        for (int s = 0; s < x.size(); s++) {
            if (single) {
                sums.add(MomentsTesting.toFloats(x.get(s)), MomentsTesting.toFloats(dy.get(s)), shape);
            } else {
                sums.add(x.get(s), dy.get(s), shape);
            }
        }
        return sums.snapshot();
    }

    private static GradientSums slowly(List<double[]> x, List<double[]> dy, SampleShape shape, boolean ignoring) {
        GradientSums.Accumulator sums = new GradientSums.Accumulator(shape.channels(), ignoring);
        for (int s = 0; s < x.size(); s++) {
            for (int i = 0; i < shape.length(); i++) {
                sums.add(shape.channelOf(i), x.get(s)[i], dy.get(s)[i]);
            }
        }
        return sums.snapshot();
    }

    @Property(tries = 100)
    void sumsAreCorrectlyRounded(@ForAll Values values, @ForAll Values gradients, @ForAll long seed) {
        Random random = new Random(seed);
        SampleShape shape = SampleShape.channelsFirst(1, 1 + random.nextInt(40));
        double[] x =
                finite(MomentsTesting.samples(values, 1, shape, false, seed).get(0));
        double[] dy =
                finite(MomentsTesting.samples(gradients, 1, shape, false, ~seed).get(0));
        double mean = x[0];
        double rest = Math.ulp(mean) * random.nextDouble() / 4;
        double factor = finite(new double[] {Values.ANY_BITS.next(random)})[0];
        GradientSums.Accumulator accumulator = new GradientSums.Accumulator(1, false);
        accumulator.add(x, dy, shape);
        GradientSums sums = accumulator.snapshot();

        BigDecimal sum = BigDecimal.ZERO;
        BigDecimal products = BigDecimal.ZERO;
        for (int i = 0; i < x.length; i++) {
            BigDecimal centred = exact(x[i]).subtract(exact(mean)).subtract(exact(rest));
            sum = sum.add(exact(dy[i]));
            products = products.add(exact(dy[i]).multiply(centred));
        }
        long n = x.length;
        assertThat(sums.sum(0)).isEqualTo(sum.doubleValue());
        double meanGradient = sums.mean(0, n);
        assertThat(meanGradient)
                .isEqualTo(sum.divide(BigDecimal.valueOf(n), DIGITS).doubleValue());
        if (Double.isFinite(meanGradient)) {
            assertThat(sums.meanLow(0, n))
                    .isEqualTo(sum.subtract(exact(meanGradient).multiply(BigDecimal.valueOf(n)))
                            .divide(BigDecimal.valueOf(n), DIGITS)
                            .doubleValue());
        }
        assertThat(sums.centredProducts(0, mean, rest, factor, n))
                .isEqualTo(products.multiply(exact(factor))
                        .divide(BigDecimal.valueOf(n), DIGITS)
                        .doubleValue());
    }

    private static BigDecimal exact(double value) {
        return new BigDecimal(value);
    }

    private static double[] finite(double[] values) {
        for (int i = 0; i < values.length; i++) {
            values[i] = Double.isFinite(values[i]) ? values[i] : 1 + i;
        }
        return values;
    }

    /** The sums that plain IEEE arithmetic gives: the same kind of value wherever one is not finite. */
    @Property(tries = 400)
    void pairsThatAreNotFiniteFollowIeeeArithmetic(@ForAll @IntRange(min = 1, max = 6) int pairs, @ForAll long seed) {
        Random random = new Random(seed);
        double[] some = {0.0, 1.0, -2.0, 3.0, Double.NaN, INFINITY, -INFINITY};
        double mean = 1;
        double sum = 0;
        double products = 0;
        GradientSums.Accumulator accumulator = new GradientSums.Accumulator(1, false);
        for (int i = 0; i < pairs; i++) {
            double x = some[random.nextInt(random.nextInt(3) == 0 ? some.length : 4)];
            double dy = some[random.nextInt(random.nextInt(2) == 0 ? some.length : 4)];
            accumulator.add(0, x, dy);
            sum += dy;
            products += dy * (x - mean);
        }
        GradientSums sums = accumulator.snapshot();
        assertThat(sums.sum(0)).isEqualTo(Double.valueOf(sum + 0.0));
        assertThat(sums.centredProducts(0, mean, 0, 1, 1)).isEqualTo(Double.valueOf(products + 0.0));
    }

    @Test
    void infiniteGradientsTakeTheSignOfTheCentredValue() {
        assertThat(centredInfinity(1, 2)).isEqualTo(INFINITY);
        assertThat(centredInfinity(1, 0)).isEqualTo(-INFINITY);
        assertThat(centredInfinity(-1, 2)).isEqualTo(-INFINITY);
        assertThat(centredInfinity(-1, 0)).isEqualTo(INFINITY);
        assertThat(centredInfinity(1, 0, 2)).isNaN();
        assertThat(centredInfinity(-1, 2, 0)).isNaN();
    }

    @Test
    void lowPartOfTheMeanDecidesTheSignWhereItsHighPartIsTheValue() {
        GradientSums.Accumulator sums = new GradientSums.Accumulator(1, false);
        sums.add(0, 1, INFINITY);
        assertThat(sums.snapshot().centredProducts(0, 1, 1e-20, 1, 1)).isEqualTo(-INFINITY);
        assertThat(sums.snapshot().centredProducts(0, 1, -1e-20, 1, 1)).isEqualTo(INFINITY);
        assertThat(sums.snapshot().centredProducts(0, 1, 0, 1, 1)).isNaN();
    }

    /** The sum of {@code dy * (x - 1)} where all dy are an infinity of this sign. */
    private static double centredInfinity(int sign, double... x) {
        GradientSums.Accumulator sums = new GradientSums.Accumulator(1, false);
        for (double value : x) {
            sums.add(0, value, sign * INFINITY);
        }
        return sums.snapshot().centredProducts(0, 1, 0, 1, 1);
    }

    @Test
    void ignoredPairsLeaveNoTrace() {
        GradientSums.Accumulator with = new GradientSums.Accumulator(1, true);
        GradientSums.Accumulator without = new GradientSums.Accumulator(1, true);
        for (GradientSums.Accumulator sums : List.of(with, without)) {
            sums.add(0, 2, 3);
            sums.add(new double[] {4}, new double[] {5}, SampleShape.channelsFirst(1));
        }
        with.add(0, Double.NaN, 1);
        with.add(0, 1, INFINITY);
        with.add(new double[] {1}, new double[] {Double.NaN}, SampleShape.channelsFirst(1));
        assertThat(with.snapshot()).isEqualTo(without.snapshot());
        assertThat(with.snapshot().count(0)).isEqualTo(2);
    }

    @Test
    void countsWhatIsNotFinite() {
        GradientSums.Accumulator sums = new GradientSums.Accumulator(2, false);
        sums.add(1, INFINITY, 1);
        sums.add(1, -INFINITY, 1);
        sums.add(1, Double.NaN, Double.NaN);
        sums.add(1, 1, INFINITY);
        sums.add(1, 1, -INFINITY);
        sums.add(1, 1, 1);
        GradientSums snapshot = sums.snapshot();
        assertThat(snapshot.count(1)).isEqualTo(6);
        assertThat(snapshot.nanCount(1)).isEqualTo(1);
        assertThat(snapshot.infinityCount(1)).isEqualTo(2);
        assertThat(snapshot.inputNanCount(1)).isEqualTo(1);
        assertThat(snapshot.inputInfinityCount(1)).isEqualTo(2);
        assertThat(snapshot.nanCount(0) + snapshot.infinityCount(0) + snapshot.inputNanCount(0))
                .isZero();
    }

    @Test
    void noPairsSumToZero() {
        GradientSums none = GradientSums.empty(3);
        assertThat(none.channels()).isEqualTo(3);
        assertThat(none.sum(2)).isZero();
        assertThat(none.mean(2, 0)).isZero();
        assertThat(none.meanLow(2, 0)).isZero();
        assertThat(none.centredProducts(2, Double.NaN, Double.NaN, Double.NaN, 0))
                .isZero();
    }

    @Test
    void productsNeitherOverflowNorCancelOnTheWay() {
        GradientSums.Accumulator sums = new GradientSums.Accumulator(1, false);
        sums.add(0, 1e200, 1e200);
        sums.add(0, 0, 1e200);
        assertThat(sums.snapshot().centredProducts(0, 0, 0, 1e-200, 1)).isEqualTo(1e200, byUlps(1e200));
        assertThat(sums.snapshot().centredProducts(0, 5e199, 0, 1, 1)).isZero();
    }

    private static org.assertj.core.data.Offset<Double> byUlps(double value) {
        return org.assertj.core.data.Offset.offset(2 * Math.ulp(value));
    }

    @Test
    void bytesComeBackEqual() {
        GradientSums.Accumulator accumulator = new GradientSums.Accumulator(2, false);
        accumulator.add(0, 1.5, -2.25);
        accumulator.add(1, Double.NaN, INFINITY);
        GradientSums sums = accumulator.snapshot();
        assertThat(GradientSums.fromBytes(sums.toBytes())).isEqualTo(sums).hasSameHashCodeAs(sums);
        assertThat(sums).hasToString("GradientSums[2 channels, " + sums.toBytes().length + " bytes]");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> GradientSums.fromBytes(new byte[] {0, 0, 0, 1}))
                .withMessageContaining("not the bytes");
    }

    @Test
    void whatDoesNotFitIsRefused() {
        SampleShape shape = SampleShape.channelsFirst(2);
        GradientSums.Accumulator sums = new GradientSums.Accumulator(2, false);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> sums.add(new double[2], new double[3], shape))
                .withMessage("sample of 2 values, 3 gradients and shape [2]; expected 2 of both and 2 channels");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> sums.add(new float[3], new float[3], SampleShape.channelsFirst(3)))
                .withMessageContaining("2 channels");
        assertThatThrownBy(() -> sums.addAll(GradientSums.empty(3))).hasMessageContaining("3 channels");
        assertThatIllegalArgumentException().isThrownBy(() -> new GradientSums.Accumulator(0, false));
    }
}
