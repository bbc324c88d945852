package io.github.sparkbatchnorm.layer;

import static io.github.sparkbatchnorm.layer.LayerTesting.layer;

import io.github.sparkbatchnorm.stats.ChannelStatistics;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.util.List;
import java.util.Random;

/** Samples of each layout, and batches to normalize them with, for tests. */
final class TransformTesting {
    private TransformTesting() {}

    /** Each layout: single values, runs and rows shorter and longer than a vector. */
    static List<SampleShape> shapes() {
        return List.of(
                SampleShape.channelsFirst(1),
                SampleShape.channelsFirst(37),
                SampleShape.channelsFirst(3, 1),
                SampleShape.channelsFirst(3, 5),
                SampleShape.channelsFirst(1, 19),
                SampleShape.channelsFirst(2, 511),
                SampleShape.channelsFirst(2, 512),
                SampleShape.channelsFirst(2, 3, 257),
                SampleShape.channelsFirst(2, 3, 4, 5),
                SampleShape.channelsLast(37),
                SampleShape.channelsLast(5, 3),
                SampleShape.channelsLast(1, 3),
                SampleShape.channelsLast(19, 1),
                SampleShape.channelsLast(7, 11, 2),
                SampleShape.channelsLast(2, 3, 4, 5));
    }

    /** A layer, and the batch that it trains on. */
    record Trained(BatchNormState state, ChannelStatistics batch) {
        /** A batch whose means are large beside its spreads. */
        static Trained random(int channels, double firstWeight) {
            Random random = new Random(channels);
            double[] weight = random.doubles(channels).toArray();
            weight[0] *= firstWeight;
            double[][] values = new double[channels][];
            for (int c = 0; c < channels; c++) {
                double mean = 1e6 * random.nextGaussian();
                values[c] = random.doubles(9).map(u -> u + mean).toArray();
            }
            BatchNormState state = layer(1e-5, weight, random.doubles(channels).toArray());
            return new Trained(state, LayerTesting.batch(values));
        }

        ChannelTransform forward(NonFinitePolicy policy) {
            return ChannelTransform.ofBatch(batch, state, policy);
        }

        InverseTransform inverse(NonFinitePolicy policy) {
            return InverseTransform.ofBatch(batch, state, policy);
        }
    }

    /** Finite values, and each third one not finite: a NaN with a payload, or an infinity. */
    static double[] holed(SampleShape shape) {
        double[] x = new Random(5).doubles(shape.length(), -1e6, 1e6).toArray();
        for (int i = 0; i < x.length; i += 3) {
            x[i] = i % 2 == 0 ? Double.longBitsToDouble(0x7ff8000000000123L) : Double.NEGATIVE_INFINITY;
        }
        return x;
    }
}
