package io.github.sparkbatchnorm.layer;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.golden.GoldenTorch;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The backward pass, step by step, beside what real PyTorch answers. */
class TorchBackwardTest {
    /** The rounding of torch's own float64 arithmetic, amplified where the mean is large beside the spread. */
    private static final double TOLERANCE = 1e-10;

    static List<GoldenTorch.Case> cases() {
        return GoldenTorch.cases();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void eachStepAnswersAsTorch(GoldenTorch.Case torch) {
        BatchNormState state = torch.initial();
        for (GoldenTorch.Step step : torch.steps()) {
            boolean running = !step.train() && state.hasRunningStatistics();
            BackwardCheck ours = new BackwardCheck(step.x(), step.dy(), torch.shape(), state, running);
            ours.checkDx(step.dx(), TOLERANCE);
            if (step.dweight() != null) {
                ours.checkParameters(step.dweight(), step.dbias(), TOLERANCE);
            }
            if (step.train()) {
                ChannelStatistics batch = ours.statistics();
                state = state.afterBatches(List.of(batch), NonFinitePolicy.PROPAGATE);
            }
        }
    }

    static List<GoldenTorch.Case> floatCases() {
        return cases().stream().filter(GoldenTorch.Case::float32).toList();
    }

    @ParameterizedTest
    @MethodSource("floatCases")
    void floatsGiveTheDoublesRoundedOnce(GoldenTorch.Case torch) {
        for (GoldenTorch.Step step : torch.steps()) {
            double[][] dy = new double[step.dy().length][];
            for (int s = 0; s < dy.length; s++) {
                dy[s] = toDoubles(toFloats(step.dy()[s]));
            }
            BackwardCheck ours = new BackwardCheck(step.x(), dy, torch.shape(), torch.initial(), false);
            double[][] dx = ours.dx();
            GradientTransform transform = ours.transform();
            for (int s = 0; s < dx.length; s++) {
                assertThat(transform.apply(toFloats(step.x()[s]), toFloats(dy[s]), torch.shape()))
                        .isEqualTo(toFloats(dx[s]));
            }
        }
    }

    private static float[] toFloats(double[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }

    private static double[] toDoubles(float[] values) {
        double[] doubles = new double[values.length];
        for (int i = 0; i < doubles.length; i++) {
            doubles[i] = values[i];
        }
        return doubles;
    }
}
