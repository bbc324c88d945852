package io.github.sparkbatchnorm.layer;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.golden.GoldenTorch;
import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The forward pass, step by step, beside what real PyTorch answers. */
class TorchForwardTest {
    /** The rounding of torch's own float64 arithmetic, amplified where the mean is large beside the spread. */
    private static final double TOLERANCE = 1e-11;

    static List<GoldenTorch.Case> cases() {
        return GoldenTorch.cases();
    }

    @Test
    void allCasesAreRead() {
        assertThat(cases()).hasSize(45).allSatisfy(c -> {
            assertThat(c.steps()).hasSizeGreaterThan(1);
            assertThat(c.module().acceptsRank(c.shape().rank())).isTrue();
        });
    }

    @ParameterizedTest
    @MethodSource("cases")
    void eachStepAnswersAsTorch(GoldenTorch.Case torch) {
        BatchNormState state = torch.initial();
        for (GoldenTorch.Step step : torch.steps()) {
            ChannelStatistics batch = moments(torch, List.of(step.x())).statistics();
            checkStatistics(batch, step);
            boolean ofBatch = step.train() || !state.hasRunningStatistics();
            ChannelTransform transform = ofBatch
                    ? ChannelTransform.ofBatch(batch, state, NonFinitePolicy.PROPAGATE)
                    : ChannelTransform.ofRunning(state, NonFinitePolicy.PROPAGATE);
            for (int s = 0; s < step.x().length; s++) {
                checkSample(transform, state, torch, step.x()[s], step.y()[s]);
            }
            if (step.train()) {
                state = state.afterBatches(List.of(batch), NonFinitePolicy.PROPAGATE);
            }
            checkRunning("running_mean", state.runningMean(), step.runningMean());
            checkRunning("running_var", state.runningVar(), step.runningVar());
            assertThat(state.numBatchesTracked()).isEqualTo(step.numBatchesTracked());
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void orderAndGroupingOfTheSamplesChangeNoBit(GoldenTorch.Case torch) {
        Random random = new Random(7);
        for (GoldenTorch.Step step : torch.steps()) {
            List<double[]> samples = new ArrayList<>(List.of(step.x()));
            ChannelMoments together = moments(torch, samples);
            for (int parts : new int[] {1, 2, samples.size(), samples.size() + 3}) {
                Collections.shuffle(samples, random);
                ChannelMoments combined = ChannelMoments.empty(torch.shape().channels());
                for (int p = 0; p < parts; p++) {
                    List<double[]> part = samples.subList(p * samples.size() / parts, (p + 1) * samples.size() / parts);
                    combined = moments(torch, part).combine(combined);
                }
                assertThat(combined).isEqualTo(together);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void statisticsAreTheExactOnesRoundedOnce(GoldenTorch.Case torch) {
        for (GoldenTorch.Step step : torch.steps()) {
            ChannelStatistics batch = moments(torch, List.of(step.x())).statistics();
            for (int c = 0; c < batch.channels(); c++) {
                double[] x = torch.valuesOf(c, step.x());
                if (Arrays.stream(x).allMatch(Double::isFinite)) {
                    assertThat(batch.mean(c)).isEqualTo(LayerTesting.mean(x).doubleValue());
                    assertThat(batch.populationVariance(c))
                            .isEqualTo(LayerTesting.populationVariance(x).doubleValue());
                }
            }
        }
    }

    static List<GoldenTorch.Case> floatCases() {
        return cases().stream().filter(GoldenTorch.Case::float32).toList();
    }

    @ParameterizedTest
    @MethodSource("floatCases")
    void floatsAndTheSameValuesAsDoublesGiveTheSameBits(GoldenTorch.Case torch) {
        for (GoldenTorch.Step step : torch.steps()) {
            ChannelMoments.Accumulator doubles =
                    new ChannelMoments.Accumulator(torch.shape().channels());
            for (double[] x : step.x()) {
                doubles.add(x, torch.shape());
            }
            assertThat(doubles.snapshot()).isEqualTo(moments(torch, List.of(step.x())));
        }
    }

    private static ChannelMoments moments(GoldenTorch.Case torch, List<double[]> samples) {
        ChannelMoments.Accumulator moments =
                new ChannelMoments.Accumulator(torch.shape().channels());
        for (double[] x : samples) {
            if (torch.float32()) {
                moments.add(toFloats(x), torch.shape());
            } else {
                moments.add(x, torch.shape());
            }
        }
        return moments.snapshot();
    }

    private static void checkStatistics(ChannelStatistics batch, GoldenTorch.Step step) {
        for (int c = 0; c < batch.channels(); c++) {
            check("mean", batch.mean(c), step.batchMean()[c], Math.abs(step.batchMean()[c]));
            check("variance", batch.populationVariance(c), step.batchVar()[c], step.batchVar()[c]);
        }
    }

    private static void checkSample(
            ChannelTransform transform, BatchNormState state, GoldenTorch.Case torch, double[] x, double[] expected) {
        SampleShape shape = torch.shape();
        double[] y = transform.apply(x, shape);
        for (int i = 0; i < y.length; i++) {
            double bias = state.bias(shape.channelOf(i));
            check("y", y[i], expected[i], Math.max(Math.abs(expected[i] - bias), Math.abs(bias)));
        }
        if (torch.float32()) {
            assertThat(transform.apply(toFloats(x), shape)).isEqualTo(toFloats(y));
        }
    }

    private static void checkRunning(String name, double[] actual, double[] expected) {
        if (expected == null) {
            assertThat(actual).isNull();
            return;
        }
        assertThat(actual).hasSameSizeAs(expected);
        for (int c = 0; c < expected.length; c++) {
            check(name, actual[c], expected[c], Math.abs(expected[c]));
        }
    }

    private static void check(String name, double actual, double expected, double magnitude) {
        if (Double.isFinite(expected)) {
            double error = Math.abs(actual - expected);
            assertThat(error <= TOLERANCE * magnitude)
                    .withFailMessage("%s is %s, torch has %s: error %s of %s", name, actual, expected, error, magnitude)
                    .isTrue();
        } else {
            assertThat(actual).describedAs(name).isEqualTo(Double.valueOf(expected));
        }
    }

    private static float[] toFloats(double[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }
}
