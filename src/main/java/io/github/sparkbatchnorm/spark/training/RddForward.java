package io.github.sparkbatchnorm.spark.training;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.ChannelTransform;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.spark.tensor.TensorColumn;
import io.github.sparkbatchnorm.spark.transform.NormalizeArray;
import io.github.sparkbatchnorm.spark.transform.Shared;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import io.github.sparkbatchnorm.stats.SampleShape;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.jspecify.annotations.Nullable;

/**
 * A forward pass over an RDD of samples. Keep it open as long as anything made of its output is used: closing releases
 * what the output needs on the executors. Only an output that is checkpointed, reliably or locally, and materialized
 * can be used afterwards; one that is cached cannot, since Spark may have to compute a partition again.
 *
 * @param <T> {@code float[]} or {@code double[]}
 */
public final class RddForward<T> implements AutoCloseable {
    private final LayerPass pass;
    private final TensorColumn tensor;
    private final Shared<ChannelTransform> transform;
    private final JavaRDD<T> output;

    RddForward(
            JavaRDD<T> samples,
            TensorColumn tensor,
            SampleShape shape,
            BatchNormState state,
            NonFinitePolicy policy,
            @Nullable ChannelStatistics statistics) {
        this.pass = new LayerPass(state, policy, statistics);
        this.tensor = tensor;
        this.transform = new Shared<>(samples.context(), pass.transform());
        this.output = samples.map(new NormalizeArray<T>(tensor, shape, transform));
        transform.setDispensable(output::isCheckpointed);
    }

    /**
     * y, an array for each sample in the samples' order and partitions; lazy.
     *
     * @throws BatchNormException if this is closed and the RDD is not checkpointed
     */
    public JavaRDD<T> output() {
        transform.checkUsable();
        return output;
    }

    /** The mean of each channel that x is centred with: of the batch, or the running one. */
    public double[] mean() {
        return pass.forwardStatistics().mean();
    }

    /** {@code 1 / sqrt(var + eps)} of each channel; 0 where a batch's variance and eps are 0. */
    public double[] invstd() {
        return pass.forwardStatistics().invstd();
    }

    /**
     * Backward pass: one job for the gradients of weight and bias; dx is lazy.
     *
     * @param samplesAndGradients pairs of a sample x of the forward pass and dy, the gradient of the loss with respect
     *     to y; of the same samples, in any order and partitions; deterministic and cached
     * @throws BatchNormException if a sample or gradient is null or of another length
     * @throws IllegalArgumentException if there are more pairs than samples
     */
    public RddBackward<T> backward(JavaPairRDD<T, T> samplesAndGradients) {
        return new RddBackward<>(samplesAndGradients, tensor, pass);
    }

    /** Destroys what was broadcast. */
    @Override
    public void close() {
        transform.close();
    }
}
