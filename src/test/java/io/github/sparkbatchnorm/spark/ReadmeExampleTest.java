package io.github.sparkbatchnorm.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.sparkbatchnorm.io.StateJson;
import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormMode;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.spark.training.BatchNormLayer;
import io.github.sparkbatchnorm.spark.training.RddBackward;
import io.github.sparkbatchnorm.spark.training.RddForward;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.junit.jupiter.api.Test;

/** The library example of the README: this very code. */
class ReadmeExampleTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    @Test
    void theLayerLearnsWhatTheLossWants() throws IOException {
        List<float[]> data = new ArrayList<>();
        Random random = new Random(1);
        for (int i = 0; i < 64; i++) {
            float[] sample = new float[3 * 8 * 8];
            for (int k = 0; k < sample.length; k++) {
                sample[k] = 1000 + (float) random.nextGaussian();
            }
            data.add(sample);
        }
        JavaRDD<float[]> samples = jsc().parallelize(data, 4);

        BatchNormState trained = StateJson.read(train(samples), "the README");
        assertThat(trained.numBatchesTracked()).isEqualTo(20);
        assertThat(trained.weight()).containsExactly(new double[] {0, 0, 0}, within(0.1));
        assertThat(trained.bias()).containsExactly(new double[] {5, 5, 5}, within(0.1));
        assertThat(spark().sparkContext().getPersistentRDDs().size()).isZero();
    }

    private static String train(JavaRDD<float[]> samples) {
        // README
        JavaRDD<float[]> x = samples.cache(); // a global batch, one float[3 * 8 * 8] a sample
        SampleShape shape = SampleShape.channelsFirst(3, 8, 8);
        BatchNormLayer layer = new BatchNormLayer(BatchNormState.initial(3, BatchNormConfig.DEFAULT));
        double rate = 1e-4;
        for (int step = 0; step < 20; step++) {
            // One job: mean and variance of the batch. y and dy are lazy: the next layers and the loss are in between.
            try (RddForward<float[]> forward = layer.forward(x, shape, BatchNormMode.TRAIN)) {
                JavaRDD<float[]> dy = forward.output().map(y -> gradientOfLoss(y));
                JavaPairRDD<float[], float[]> pairs = x.zip(dy).cache();
                // One job: gradients of the batch. backward.output() is dx, lazy, for the layer before.
                try (RddBackward<float[]> backward = forward.backward(pairs)) {
                    double[] weight = layer.state().weight();
                    double[] bias = layer.state().bias();
                    for (int c = 0; c < 3; c++) {
                        weight[c] -= rate * backward.weightGradient()[c];
                        bias[c] -= rate * backward.biasGradient()[c];
                    }
                    layer.setParameters(weight, bias);
                }
                pairs.unpersist();
            }
        }
        String state = StateJson.write(layer.state()); // what jobs/batchnorm takes as --state-in
        // README
        x.unpersist();
        return state;
    }

    /** Of half the squared distance of all y to 5. */
    private static float[] gradientOfLoss(float[] y) {
        float[] dy = new float[y.length];
        for (int i = 0; i < dy.length; i++) {
            dy[i] = y[i] - 5;
        }
        return dy;
    }

    @Test
    void theReadmeShowsThisCode() throws IOException {
        String source =
                Files.readString(Path.of("src/test/java/io/github/sparkbatchnorm/spark/ReadmeExampleTest.java"));
        @SuppressWarnings("StringSplitter")
        String example = source.split("// README\n", 3)[1].stripIndent().strip();
        assertThat(Files.readString(Path.of("README.md"))).contains("```java\n" + example + "\n```\n");
    }
}
