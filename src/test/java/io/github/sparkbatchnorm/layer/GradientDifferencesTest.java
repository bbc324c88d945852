package io.github.sparkbatchnorm.layer;

import static io.github.sparkbatchnorm.layer.LayerTesting.batch;
import static io.github.sparkbatchnorm.layer.LayerTesting.layer;
import static io.github.sparkbatchnorm.layer.LayerTesting.sums;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import io.github.sparkbatchnorm.stats.GradientSums;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** The backward pass against finite differences of the forward pass, and one layout against another. */
class GradientDifferencesTest {
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
                    ? GradientTransform.ofBatch(gradients(state, true), statistics(), state, NonFinitePolicy.PROPAGATE)
                    : GradientTransform.ofRunning(state, NonFinitePolicy.PROPAGATE);
        }

        /** {@code sum(dy * y)}, whose gradient with respect to y is dy. */
        double loss(BatchNormState state, boolean training) {
            ChannelTransform forward = training
                    ? ChannelTransform.ofBatch(statistics(), state, NonFinitePolicy.PROPAGATE)
                    : ChannelTransform.ofRunning(state, NonFinitePolicy.PROPAGATE);
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
}
