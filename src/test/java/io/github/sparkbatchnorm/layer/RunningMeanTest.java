package io.github.sparkbatchnorm.layer;

import static io.github.sparkbatchnorm.layer.LayerTesting.batch;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.stats.ChannelStatistics;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A running mean in two parts, against decimals of 100 digits. */
class RunningMeanTest {
    private static final MathContext DIGITS = new MathContext(100);

    private static BigDecimal exact(RunningStatistics.Mean mean) {
        return new BigDecimal(mean.high()).add(new BigDecimal(mean.low()));
    }

    private static RunningStatistics.Mean random(Random random, int exponent) {
        double high = (random.nextDouble() - 0.5) * Math.scalb(1.0, exponent);
        return new RunningStatistics.Mean(high, Math.ulp(high) * (random.nextDouble() - 0.5));
    }

    @Property(tries = 5000)
    void theUpdateIsThatOfExactArithmetic(
            @ForAll long seed,
            @ForAll @IntRange(min = -300, max = 300) int exponent,
            @ForAll @IntRange(min = -80, max = 80) int apart,
            @ForAll @DoubleRange(min = 0, max = 1) double f) {
        Random random = new Random(seed);
        RunningStatistics.Mean before = random(random, exponent);
        RunningStatistics.Mean batch = random(random, exponent + apart);
        RunningStatistics.Mean after = before.after(batch.high(), batch.low(), f);
        BigDecimal expected =
                exact(before).add(exact(batch).subtract(exact(before)).multiply(new BigDecimal(f)), DIGITS);
        double scale = Math.max(Math.abs(before.high()), Math.abs(batch.high()));
        assertThat(exact(after).subtract(expected).abs().doubleValue()).isLessThanOrEqualTo(1e-30 * scale);
        assertThat(after.high()).isEqualTo(after.high() + after.low());
        assertThat(Math.abs(after.low())).isLessThanOrEqualTo(Math.ulp(after.high()) / 2);
    }

    @ParameterizedTest
    @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
    void aMeanThatIsNotFiniteFollowsTheDoubleFormula(double value) {
        for (double f : new double[] {0, 0.25, 1}) {
            RunningStatistics.Mean old = new RunningStatistics.Mean(1.5, 0x1p-60);
            assertThat(old.after(value, 0, f)).isEqualTo(new RunningStatistics.Mean((1 - f) * 1.5 + f * value, 0));
            RunningStatistics.Mean broken = new RunningStatistics.Mean(value, 0);
            assertThat(broken.after(1.5, 0x1p-60, f))
                    .isEqualTo(new RunningStatistics.Mean((1 - f) * value + f * 1.5, 0));
        }
    }

    @Test
    void weightOneTakesTheBatchAndWeightZeroKeepsTheOldMean() {
        RunningStatistics.Mean old = new RunningStatistics.Mean(3, 0x1p-54);
        assertThat(old.after(5, -0x1p-53, 1)).isEqualTo(new RunningStatistics.Mean(5, -0x1p-53));
        assertThat(old.after(5, -0x1p-53, 0)).isEqualTo(old);
        double huge = Double.MAX_VALUE;
        assertThat(new RunningStatistics.Mean(-huge, 0).after(huge, 0, 0.5))
                .isEqualTo(new RunningStatistics.Mean(0, 0));
    }

    @Test
    void evaluationIsAsExactAsTrainingWhereTheMeanIsHuge() {
        double[] values = new double[1000];
        Random random = new Random(1);
        for (int i = 0; i < values.length; i++) {
            values[i] = 1e12 + random.nextGaussian();
        }
        ChannelStatistics statistics = batch(values);
        BatchNormState fresh = BatchNormState.initial(1, new BatchNormConfig(0, null, false, true));
        BatchNormState state = fresh.afterBatches(List.of(statistics), NonFinitePolicy.PROPAGATE);
        assertThat(state.hasRunningMeanLow()).isTrue();
        ChannelTransform evaluation = ChannelTransform.ofRunning(state, NonFinitePolicy.PROPAGATE);
        BigDecimal mean = BigDecimal.ZERO;
        for (double value : values) {
            mean = mean.add(new BigDecimal(value));
        }
        mean = mean.divide(new BigDecimal(values.length), DIGITS);
        BigDecimal deviation = new BigDecimal(statistics.sampleVariance(0)).sqrt(DIGITS);
        double worst = 0;
        for (double value : values) {
            BigDecimal y = new BigDecimal(value).subtract(mean).divide(deviation, DIGITS);
            double error =
                    new BigDecimal(evaluation.apply(0, value)).subtract(y).abs().doubleValue();
            worst = Math.max(worst, error / Math.abs(y.doubleValue()));
        }
        assertThat(worst).isLessThan(1e-13);
    }
}
