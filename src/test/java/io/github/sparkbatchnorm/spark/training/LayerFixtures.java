package io.github.sparkbatchnorm.spark.training;

import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import scala.Tuple2;

/** Layers and batches for tests. */
final class LayerFixtures {
    static final SampleShape SHAPE = SampleShape.channelsFirst(3, 4);

    private LayerFixtures() {}

    /** A fresh layer with the default configuration. */
    static BatchNormLayer layer(int channels) {
        return new BatchNormLayer(BatchNormState.initial(channels, BatchNormConfig.DEFAULT));
    }

    /** Pairs of a sample x around 10 and dy. */
    static List<Tuple2<double[], double[]>> pairs(int count, SampleShape shape, long seed) {
        Random random = new Random(seed);
        List<Tuple2<double[], double[]>> pairs = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            double[] x = random.doubles(shape.length()).map(v -> 10 + v).toArray();
            pairs.add(new Tuple2<>(x, random.doubles(shape.length()).toArray()));
        }
        return pairs;
    }
}
