package io.github.sparkbatchnorm.layer;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.stats.ChannelStatistics;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.junit.jupiter.api.Test;

/** Forward and backward beside real PyTorch, on random layers and batches. */
class TorchOracleTest {
    /** The rounding of torch's own float64 arithmetic. */
    private static final double TOLERANCE = 1e-11;

    private static final double BACKWARD_TOLERANCE = 1e-10;

    /** A random layer and batch; running statistics are given even to a layer that does not track. */
    private record Case(
            double[][] x,
            double[][] dy,
            SampleShape shape,
            BatchNormState state,
            double[] mean,
            double[] var,
            boolean train,
            double momentum,
            boolean single) {

        static Case random(Random random) {
            int channels = 1 + random.nextInt(8);
            int[] dims = new int[1 + random.nextInt(4)];
            dims[0] = channels;
            for (int i = 1; i < dims.length; i++) {
                dims[i] = 1 + random.nextInt(dims.length == 2 ? 200 : 5);
            }
            SampleShape shape = SampleShape.channelsFirst(dims);
            int batch = (shape.spatialSize() == 1 ? 2 : 1) + random.nextInt(12);
            boolean single = random.nextBoolean();
            double std = Math.exp(2 * random.nextGaussian());
            double mean = std * (random.nextInt(4) == 0 ? 100 : 1) * random.nextGaussian();
            double[][] x = samples(batch, shape, mean, std, single, random);
            double[][] dy = samples(batch, shape, random.nextGaussian(), 1, single, random);
            // DJL takes eps and momentum as floats; the counter is torch's module's, not its kernel's.
            float eps = new float[] {1e-5f, 1e-3f, 0.1f, 1e-8f}[random.nextInt(4)];
            double momentum = random.nextInt(17) / 16.0;
            boolean affine = random.nextBoolean();
            boolean tracked = random.nextInt(4) > 0;
            double[] runningMean = random.doubles(channels, -1, 1).toArray();
            double[] runningVar = random.doubles(channels, 0.1, 4).toArray();
            BatchNormState state = BatchNormState.of(
                    new BatchNormConfig(eps, momentum, affine, tracked),
                    channels,
                    affine ? random.doubles(channels, -2, 2).toArray() : null,
                    affine ? random.doubles(channels, -2, 2).toArray() : null,
                    tracked ? runningMean : null,
                    tracked ? runningVar : null,
                    0);
            return new Case(x, dy, shape, state, runningMean, runningVar, random.nextBoolean(), momentum, single);
        }

        private static double[][] samples(
                int batch, SampleShape shape, double mean, double std, boolean single, Random random) {
            double[][] samples = new double[batch][shape.length()];
            for (double[] sample : samples) {
                for (int i = 0; i < sample.length; i++) {
                    double value = mean + std * random.nextGaussian();
                    sample[i] = single ? (float) value : value;
                }
            }
            return samples;
        }

        boolean batchStatistics() {
            return train || !state.hasRunningStatistics();
        }

        LiveTorch.Answer torch() {
            double[] weight = new double[shape.channels()];
            double[] bias = new double[shape.channels()];
            for (int c = 0; c < weight.length; c++) {
                weight[c] = state.weight(c);
                bias[c] = state.bias(c);
            }
            return LiveTorch.run(
                    x,
                    dy,
                    shape,
                    weight,
                    bias,
                    mean.clone(),
                    var.clone(),
                    batchStatistics(),
                    momentum,
                    (float) state.config().eps());
        }

        BackwardCheck ours() {
            return new BackwardCheck(x, dy, shape, state, !batchStatistics());
        }
    }

    @Test
    void theVersionIsTheOneThatTheTestsAreFor() {
        assertThat(LiveTorch.version()).startsWith("2.7.1");
    }

    @Property(tries = 300, shrinking = ShrinkingMode.OFF)
    void forwardAndBackwardAreTorchs(@ForAll long seed) {
        Case given = Case.random(new Random(seed));
        LiveTorch.Answer torch = given.torch();
        ChannelStatistics batch = given.ours().statistics();
        ChannelTransform transform = given.batchStatistics()
                ? ChannelTransform.ofBatch(batch, given.state(), NonFinitePolicy.PROPAGATE)
                : ChannelTransform.ofRunning(given.state(), NonFinitePolicy.PROPAGATE);
        for (int s = 0; s < given.x().length; s++) {
            double[] y = transform.apply(given.x()[s], given.shape());
            for (int i = 0; i < y.length; i++) {
                double bias = given.state().bias(given.shape().channelOf(i));
                double expected = torch.y()[s][i];
                double magnitude = Math.max(Math.abs(expected - bias), Math.abs(bias));
                // Where x is close to a large mean, torch's rounding of the mean shows.
                double centring = Math.abs(given.x()[s][i]) * scale(transform, given.shape().channelOf(i));
                BackwardCheck.check("y", y[i], expected, TOLERANCE * magnitude + 1e-14 * Math.abs(centring));
            }
        }
        given.ours().checkDx(torch.dx(), BACKWARD_TOLERANCE);
        if (given.single()) {
            checkFloats(given, transform);
        }
        given.ours().checkParameters(torch.dweight(), torch.dbias(), BACKWARD_TOLERANCE);
        if (given.train() && given.state().hasRunningStatistics()) {
            BatchNormState after = given.state().afterBatches(List.of(batch), NonFinitePolicy.PROPAGATE);
            for (int c = 0; c < given.shape().channels(); c++) {
                double mean = torch.runningMean()[c];
                double var = torch.runningVar()[c];
                double terms = Math.abs(given.mean()[c]) + Math.abs(batch.mean(c));
                BackwardCheck.check("running_mean", after.runningMean()[c], mean, TOLERANCE * terms);
                BackwardCheck.check("running_var", after.runningVar()[c], var, TOLERANCE * var);
            }
        } else if (!given.batchStatistics()) {
            assertThat(torch.runningMean()).isEqualTo(given.mean());
        }
    }

    /** Floats give the doubles, rounded once. */
    private static void checkFloats(Case given, ChannelTransform forward) {
        GradientTransform backward = given.ours().transform();
        for (int s = 0; s < given.x().length; s++) {
            double[] x = given.x()[s];
            double[] dy = given.dy()[s];
            assertThat(forward.apply(LayerTesting.toFloats(x), given.shape()))
                    .isEqualTo(LayerTesting.toFloats(forward.apply(x, given.shape())));
            assertThat(backward.apply(LayerTesting.toFloats(x), LayerTesting.toFloats(dy), given.shape()))
                    .isEqualTo(LayerTesting.toFloats(backward.apply(x, dy, given.shape())));
        }
    }

    @Property(tries = 200, shrinking = ShrinkingMode.OFF)
    void valuesThatAreNotFiniteMakeWhatTheyMakeInTorch(@ForAll long seed) {
        Random random = new Random(seed);
        Case given = Case.random(random);
        double[] some = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY};
        boolean inGradients = random.nextBoolean();
        double[][] samples = inGradients ? given.dy() : given.x();
        for (int i = 1 + random.nextInt(3); i > 0; i--) {
            double[] sample = samples[random.nextInt(samples.length)];
            sample[random.nextInt(sample.length)] = some[random.nextInt(3)];
        }
        LiveTorch.Answer torch = given.torch();
        ChannelGradients gradients = given.ours().gradients();
        for (int c = 0; c < given.shape().channels(); c++) {
            assertThat(kind(gradients.weight(c))).as("dweight of channel %d", c).isEqualTo(kind(torch.dweight()[c]));
            assertThat(kind(gradients.bias(c))).as("dbias of channel %d", c).isEqualTo(kind(torch.dbias()[c]));
        }
        List<String> ours = new ArrayList<>();
        List<String> torchs = new ArrayList<>();
        double[][] dx = given.ours().dx();
        for (int s = 0; s < dx.length; s++) {
            Arrays.stream(dx[s]).forEach(v -> ours.add(kind(v)));
            Arrays.stream(torch.dx()[s]).forEach(v -> torchs.add(kind(v)));
        }
        assertThat(ours).isEqualTo(torchs);
    }

    /** weight * invstd. */
    private static double scale(ChannelTransform transform, int channel) {
        return transform.apply(channel, 1) - transform.apply(channel, 0);
    }

    private static String kind(double value) {
        return Double.isFinite(value) ? "finite" : Double.toString(value);
    }
}
