package io.github.sparkbatchnorm.layer;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import io.github.sparkbatchnorm.stats.GradientSums;
import io.github.sparkbatchnorm.stats.SampleShape;

/**
 * A batch with its gradients, and how large an error of its backward pass is: for dx relative to {@code |weight| *
 * invstd} times the largest of the three terms, for dweight and dbias relative to the sum of absolute terms, since sums
 * cancel.
 *
 * @param running whether the running statistics of the state are used
 */
record BackwardCheck(double[][] x, double[][] dy, SampleShape shape, BatchNormState state, boolean running) {

    ChannelStatistics statistics() {
        ChannelMoments.Accumulator moments = new ChannelMoments.Accumulator(shape.channels());
        for (double[] sample : x) {
            moments.add(sample, shape);
        }
        return moments.snapshot().statistics();
    }

    ChannelGradients gradients() {
        GradientSums.Accumulator sums = new GradientSums.Accumulator(shape.channels(), false);
        for (int i = 0; i < x.length; i++) {
            sums.add(x[i], dy[i], shape);
        }
        return running
                ? ChannelGradients.ofRunning(sums.snapshot(), state)
                : ChannelGradients.ofBatch(
                        sums.snapshot(), statistics(), state.config().eps());
    }

    GradientTransform transform() {
        return running
                ? GradientTransform.ofRunning(state, NonFinitePolicy.PROPAGATE)
                : GradientTransform.ofBatch(gradients(), statistics(), state, NonFinitePolicy.PROPAGATE);
    }

    double[][] dx() {
        GradientTransform transform = transform();
        double[][] dx = new double[x.length][];
        for (int i = 0; i < x.length; i++) {
            dx[i] = transform.apply(x[i], dy[i], shape);
        }
        return dx;
    }

    private ForwardStatistics forward() {
        return running
                ? ForwardStatistics.ofRunning(state)
                : ForwardStatistics.ofBatch(statistics(), state.config().eps());
    }

    /** Checks our dx. */
    void checkDx(double[][] expected, double tolerance) {
        double[][] dx = dx();
        double[] mean = forward().mean();
        double[] invstd = forward().invstd();
        double[] gradientMean = new double[shape.channels()];
        double[] projection = new double[shape.channels()];
        long n = (long) x.length * shape.spatialSize();
        forEach((c, xi, dyi) -> {
            gradientMean[c] += dyi / n;
            projection[c] += dyi * (xi - mean[c]) * invstd[c] / n;
        });
        for (int s = 0; s < x.length; s++) {
            for (int i = 0; i < x[s].length; i++) {
                int c = shape.channelOf(i);
                double third = running ? 0 : Math.abs((x[s][i] - mean[c]) * invstd[c] * projection[c]);
                double second = running ? 0 : Math.abs(gradientMean[c]);
                double magnitude =
                        Math.abs(state.weight(c)) * invstd[c] * Math.max(Math.abs(dy[s][i]), Math.max(second, third));
                check("dx of channel " + c, dx[s][i], expected[s][i], tolerance * magnitude);
            }
        }
    }

    /** Checks our dweight and dbias. */
    void checkParameters(double[] dweight, double[] dbias, double tolerance) {
        ChannelGradients gradients = gradients();
        double[] mean = forward().mean();
        double[] invstd = forward().invstd();
        double[] weightTerms = new double[shape.channels()];
        double[] biasTerms = new double[shape.channels()];
        forEach((c, xi, dyi) -> {
            weightTerms[c] += Math.abs(dyi * (xi - mean[c]) * invstd[c]);
            biasTerms[c] += Math.abs(dyi);
        });
        for (int c = 0; c < shape.channels(); c++) {
            check("dweight of channel " + c, gradients.weight(c), dweight[c], tolerance * weightTerms[c]);
            check("dbias of channel " + c, gradients.bias(c), dbias[c], tolerance * biasTerms[c]);
        }
    }

    private interface Pair {
        void accept(int channel, double x, double dy);
    }

    private void forEach(Pair pair) {
        for (int s = 0; s < x.length; s++) {
            for (int i = 0; i < x[s].length; i++) {
                pair.accept(shape.channelOf(i), x[s][i], dy[s][i]);
            }
        }
    }

    static void check(String name, double actual, double expected, double tolerance) {
        boolean same = Double.isFinite(expected)
                ? Math.abs(actual - expected) <= tolerance
                : Double.valueOf(actual).equals(expected);
        assertThat(same)
                .withFailMessage("%s is %s, expected %s within %s", name, actual, expected, tolerance)
                .isTrue();
    }
}
