package io.github.sparkbatchnorm.layer;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.golden.GoldenTorch;
import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import io.github.sparkbatchnorm.stats.GradientSums;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The backward pass, step by step, beside what real PyTorch answers. */
class TorchBackwardTest {
    /** The rounding of torch's own float64 arithmetic, amplified where the mean is large beside the spread. */
    private static final BigDecimal TOLERANCE = new BigDecimal("1e-10");

    static List<GoldenTorch.Case> cases() {
        return GoldenTorch.cases();
    }

    @Test
    void theCasesAreOfAllKinds() {
        assertThat(cases()).hasSize(45).allSatisfy(torch -> assertThat(torch.steps())
                .anyMatch(GoldenTorch.Step::train)
                .anyMatch(step -> !step.train())
                .allMatch(step ->
                        (step.dweight() != null) == torch.initial().config().affine()));
        assertThat(cases()).anyMatch(torch -> !torch.initial().config().affine());
        assertThat(cases()).anyMatch(torch -> !torch.initial().hasRunningStatistics());
        assertThat(cases()).filteredOn(GoldenTorch.Case::float32).hasSize(21);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void eachStepAnswersAsTorch(GoldenTorch.Case torch) {
        BatchNormState state = torch.initial();
        for (GoldenTorch.Step step : torch.steps()) {
            ChannelStatistics batch = statistics(torch, step);
            boolean ofBatch = step.train() || !state.hasRunningStatistics();
            ChannelGradients gradients = ofBatch
                    ? ChannelGradients.ofBatch(
                            sums(torch, step), batch, state.config().eps())
                    : ChannelGradients.ofRunning(sums(torch, step), state);
            GradientTransform transform = ofBatch
                    ? GradientTransform.ofBatch(gradients, batch, state, NonFinitePolicy.PROPAGATE)
                    : GradientTransform.ofRunning(state, NonFinitePolicy.PROPAGATE);
            double[][] dx = new double[step.x().length][];
            double[][] floatDx = new double[step.x().length][];
            for (int s = 0; s < dx.length; s++) {
                dx[s] = transform.apply(step.x()[s], step.dy()[s], torch.shape());
                if (torch.float32()) {
                    floatDx[s] = LayerTesting.toDoubles(transform.apply(
                            LayerTesting.toFloats(step.x()[s]), LayerTesting.toFloats(step.dy()[s]), torch.shape()));
                }
            }
            for (int c = 0; c < batch.channels(); c++) {
                double[] x = torch.valuesOf(c, step.x());
                double[] dy = torch.valuesOf(c, step.dy());
                double[] expected = torch.valuesOf(c, step.dx());
                double[] actual = torch.valuesOf(c, dx);
                LayerTesting.Backward exact = exact(x, dy, c, ofBatch, state);
                if (exact == null) {
                    assertThat(expected).containsOnly(Double.NaN);
                    assertThat(actual).containsOnly(Double.NaN);
                    if (torch.float32()) {
                        assertThat(torch.valuesOf(c, floatDx)).containsOnly(Double.NaN);
                    }
                } else {
                    checkInput(actual, expected, exact, state.weight(c));
                    if (torch.float32()) {
                        checkFloats(torch.valuesOf(c, floatDx), expected, exact, state.weight(c));
                    }
                }
                checkParameters(gradients, step, c, exact);
            }
            if (step.train()) {
                state = state.afterBatches(List.of(batch), NonFinitePolicy.PROPAGATE);
            }
        }
    }

    static List<GoldenTorch.Case> floatCases() {
        return cases().stream().filter(GoldenTorch.Case::float32).toList();
    }

    @ParameterizedTest
    @MethodSource("floatCases")
    void floatsAndTheSameValuesAsDoublesHaveTheSameSums(GoldenTorch.Case torch) {
        SampleShape shape = torch.shape();
        for (GoldenTorch.Step step : torch.steps()) {
            GradientSums.Accumulator doubles = new GradientSums.Accumulator(shape.channels(), false);
            for (int s = 0; s < step.x().length; s++) {
                // What rounding to floats takes is nothing: the inputs of these cases are floats.
                assertThat(LayerTesting.toDoubles(LayerTesting.toFloats(step.dy()[s])))
                        .isEqualTo(step.dy()[s]);
                doubles.add(step.x()[s], step.dy()[s], shape);
            }
            assertThat(doubles.snapshot()).isEqualTo(sums(torch, step));
        }
    }

    private static ChannelStatistics statistics(GoldenTorch.Case torch, GoldenTorch.Step step) {
        ChannelMoments.Accumulator moments =
                new ChannelMoments.Accumulator(torch.shape().channels());
        for (double[] x : step.x()) {
            moments.add(x, torch.shape());
        }
        return moments.snapshot().statistics();
    }

    private static GradientSums sums(GoldenTorch.Case torch, GoldenTorch.Step step) {
        SampleShape shape = torch.shape();
        GradientSums.Accumulator sums = new GradientSums.Accumulator(shape.channels(), false);
        for (int s = 0; s < step.x().length; s++) {
            double[] x = step.x()[s];
            double[] dy = step.dy()[s];
            if (torch.float32()) {
                sums.add(LayerTesting.toFloats(x), LayerTesting.toFloats(dy), shape);
            } else {
                sums.add(x, dy, shape);
            }
        }
        return sums.snapshot();
    }

    /** What errors are measured with; null if the channel has statistics that are not finite. */
    private static LayerTesting.Backward exact(
            double[] x, double[] dy, int channel, boolean ofBatch, BatchNormState state) {
        double eps = state.config().eps();
        if (ofBatch) {
            return Arrays.stream(x).allMatch(Double::isFinite) ? LayerTesting.Backward.ofBatch(x, dy, eps) : null;
        }
        double mean = state.runningMean()[channel];
        double var = state.runningVar()[channel];
        return Double.isFinite(mean) && Double.isFinite(var) && Arrays.stream(x).allMatch(Double::isFinite)
                ? LayerTesting.Backward.ofRunning(x, dy, mean, var, eps)
                : null;
    }

    private static void checkInput(double[] actual, double[] expected, LayerTesting.Backward measure, double weight) {
        for (int i = 0; i < expected.length; i++) {
            check("dx", actual[i], expected[i], measure.dxMagnitude(i, weight).multiply(TOLERANCE));
        }
    }

    private static void checkFloats(double[] actual, double[] expected, LayerTesting.Backward measure, double weight) {
        for (int i = 0; i < expected.length; i++) {
            double ulp = Math.max(Math.ulp((float) actual[i]), Math.ulp((float) expected[i]));
            BigDecimal tolerance = measure.dxMagnitude(i, weight).multiply(TOLERANCE);
            check("dx as float", actual[i], expected[i], tolerance.add(new BigDecimal(ulp / 2)));
        }
    }

    private static void checkParameters(
            ChannelGradients gradients, GoldenTorch.Step step, int c, LayerTesting.Backward measure) {
        if (step.dweight() == null) {
            return;
        }
        double dbias = step.dbias()[c];
        if (measure == null) {
            assertThat(gradients.weight(c)).isNaN();
            assertThat(step.dweight()[c]).isNaN();
            check("dbias", gradients.bias(c), dbias, TOLERANCE); // x has no part in it; dy are about 1
            return;
        }
        check(
                "dweight",
                gradients.weight(c),
                step.dweight()[c],
                measure.dweightMagnitude().multiply(TOLERANCE));
        check("dbias", gradients.bias(c), dbias, measure.dbiasMagnitude().multiply(TOLERANCE));
    }

    private static void check(String name, double actual, double expected, BigDecimal tolerance) {
        assertThat(LayerTesting.isWithin(actual, new BigDecimal(expected), tolerance))
                .withFailMessage(() -> name + " is " + actual + ", torch has " + expected + "; expected within "
                        + tolerance.doubleValue())
                .isTrue();
    }
}
