package io.github.sparkbatchnorm.layer;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.util.Arrays;

/**
 * Batch norm of real PyTorch, in this JVM, through DJL. All in float64.
 *
 * <p>DJL takes eps and momentum as floats, and its momentum is the weight of the old value.
 */
final class LiveTorch {
    private LiveTorch() {}

    /**
     * What torch answers for a batch of flat samples.
     *
     * @param y the samples, flat // [N][C*S], like dx
     * @param runningMean after the pass, like runningVar
     */
    record Answer(
            double[][] y, double[][] dx, double[] dweight, double[] dbias, double[] runningMean, double[] runningVar) {}

    /** The version of PyTorch. */
    static String version() {
        return Engine.getEngine("PyTorch").getVersion();
    }

    /**
     * Forward and backward.
     *
     * @param x flat samples, channels first // [N][C*S], like dy
     * @param weight ones if the layer is not affine; bias zeros then
     * @param batchStatistics whether the batch's own statistics are used, else the running ones
     * @param momentum weight of the new value: a multiple of 1/16
     * @param eps a float
     */
    static Answer run(
            double[][] x,
            double[][] dy,
            SampleShape shape,
            double[] weight,
            double[] bias,
            double[] runningMean,
            double[] runningVar,
            boolean batchStatistics,
            double momentum,
            float eps) {
        try (NDManager manager = Engine.getEngine("PyTorch").newBaseManager()) {
            NDArray input = manager.create(flat(x), batchShape(x.length, shape));
            NDArray upstream = manager.create(flat(dy), batchShape(x.length, shape));
            NDArray gamma = manager.create(weight);
            NDArray beta = manager.create(bias);
            NDArray mean = manager.create(runningMean);
            NDArray var = manager.create(runningVar);
            for (NDArray array : new NDArray[] {input, gamma, beta}) {
                array.setRequiresGradient(true);
            }
            try (GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
                NDList output = input.getNDArrayInternal()
                        .batchNorm(input, mean, var, gamma, beta, 1, (float) (1 - momentum), eps, batchStatistics);
                NDArray y = output.singletonOrThrow();
                collector.backward(y.mul(upstream).sum());
                return new Answer(
                        samples(y, x.length),
                        samples(input.getGradient(), x.length),
                        gamma.getGradient().toDoubleArray(),
                        beta.getGradient().toDoubleArray(),
                        mean.toDoubleArray(),
                        var.toDoubleArray());
            }
        }
    }

    private static Shape batchShape(int batch, SampleShape shape) {
        long[] dims = new long[shape.rank() + 1];
        dims[0] = batch;
        for (int i = 0; i < shape.rank(); i++) {
            dims[i + 1] = shape.dims()[i];
        }
        return new Shape(dims);
    }

    private static double[] flat(double[][] samples) {
        return Arrays.stream(samples).flatMapToDouble(Arrays::stream).toArray();
    }

    private static double[][] samples(NDArray array, int batch) {
        double[] flat = array.toDoubleArray();
        double[][] samples = new double[batch][];
        int length = flat.length / batch;
        for (int i = 0; i < batch; i++) {
            samples[i] = Arrays.copyOfRange(flat, i * length, (i + 1) * length);
        }
        return samples;
    }
}
