package io.github.sparkbatchnorm.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.spark.SharedSpark;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NetworkTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    private static final int[] SIZES = {5, 4, 3, 10};

    private static List<Digit> digits(int count) {
        Random random = new Random(5);
        List<Digit> digits = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            digits.add(new Digit(3 * i, random.nextInt(10), random.doubles(5).toArray()));
        }
        return digits;
    }

    /** A step of rate 1 changes each parameter by its gradient. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void gradientsAreThoseOfFiniteDifferences(boolean batchNorm) {
        try (Minibatch batch = Minibatch.of(jsc(), digits(40), 2)) {
            checkGradients(batchNorm, batch);
        }
    }

    private static void checkGradients(boolean batchNorm, Minibatch batch) {
        Network stepped = new Network(SIZES, batchNorm, 1, 7);
        stepped.train(batch, 1);
        Network network = new Network(SIZES, batchNorm, 1, 7);
        for (int l = 0; l < 3; l++) {
            double[] before = network.dense().get(l).parameters();
            double[] after = stepped.dense().get(l).parameters();
            for (int i = 0; i < before.length; i += 3) {
                double slope = slope(network, batch, network.dense().get(l), before, i);
                assertThat(before[i] - after[i])
                        .as("parameter %d of layer %d", i, l)
                        .isEqualTo(slope, within(1e-7));
            }
        }
        for (int l = 0; l < network.norms().size(); l++) {
            BatchNormState before =
                    new Network(SIZES, true, 1, 7).norms().get(l).state();
            double[] after = stepped.norms().get(l).state().weight();
            for (int c = 0; c < after.length; c++) {
                double[] weight = before.weight();
                weight[c] += 1e-5;
                network.norms().get(l).setParameters(weight, before.bias());
                double more = network.loss(batch);
                weight[c] -= 2e-5;
                network.norms().get(l).setParameters(weight, before.bias());
                double slope = (more - network.loss(batch)) / 2e-5;
                network.norms().get(l).setParameters(before.weight(), before.bias());
                assertThat(before.weight()[c] - after[c]).isEqualTo(slope, within(1e-7));
            }
        }
    }

    private static double slope(Network network, Minibatch batch, DenseLayer layer, double[] parameters, int i) {
        double step = 1e-5;
        double[] moved = parameters.clone();
        moved[i] += step;
        layer.setParameters(moved);
        double more = network.loss(batch);
        moved[i] -= 2 * step;
        layer.setParameters(moved);
        double less = network.loss(batch);
        layer.setParameters(parameters);
        return (more - less) / (2 * step);
    }

    @Test
    void partitionsChangeNoBit() {
        int cached = spark().sparkContext().getPersistentRDDs().size();
        List<String> expected = trained(1);
        assertThat(trained(2)).isEqualTo(expected);
        assertThat(trained(7)).isEqualTo(expected);
        assertThat(spark().sparkContext().getPersistentRDDs().size()).isEqualTo(cached);
    }

    private List<String> trained(int partitions) {
        Network network = new Network(SIZES, true, 1, 7);
        double accuracy;
        try (Minibatch batch = Minibatch.of(jsc(), digits(50), partitions)) {
            for (int step = 0; step < 3; step++) {
                network.train(batch, 0.5);
            }
            accuracy = network.accuracy(batch);
        }
        List<String> bits = new ArrayList<>();
        network.dense().forEach(layer -> bits.add(Arrays.toString(layer.parameters())));
        network.norms()
                .forEach(norm -> bits.add(Arrays.toString(norm.state().runningVar())
                        + Arrays.toString(norm.state().weight())
                        + Arrays.toString(norm.state().bias())));
        bits.add(Double.toString(accuracy));
        return bits;
    }
}
