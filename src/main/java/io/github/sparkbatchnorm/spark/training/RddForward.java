package io.github.sparkbatchnorm.spark.training;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.spark.codec.TensorColumn;
import io.github.sparkbatchnorm.spark.transform.NormalizedRdd;
import io.github.sparkbatchnorm.stats.SampleShape;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;

/**
 * A forward pass over an RDD of samples.
 *
 * @param <T> {@code float[]} or {@code double[]}
 */
public final class RddForward<T> extends ForwardPass {
    private final TensorColumn tensor;
    private final NormalizedRdd<T> normalized;

    private RddForward(LayerPass pass, TensorColumn tensor, NormalizedRdd<T> normalized) {
        super(pass);
        this.tensor = tensor;
        this.normalized = normalized;
    }

    static <T> RddForward<T> of(JavaRDD<T> samples, TensorColumn tensor, SampleShape shape, LayerPass pass) {
        NormalizedRdd<T> normalized = NormalizedRdd.of(samples, tensor, shape, pass.transform());
        return new RddForward<>(pass, tensor, normalized);
    }

    /**
     * {@return y, an array for each sample, in the samples' order and partitions; lazy}
     *
     * @throws BatchNormException if this is closed and the RDD is not checkpointed
     */
    public JavaRDD<T> output() {
        return normalized.output();
    }

    /**
     * Backward pass: one job for the gradients of weight and bias; dx is lazy. It needs nothing that was broadcast, so
     * that this may be closed.
     *
     * @param samplesAndGradients pairs of a sample x of the forward pass and dy, the gradient of the loss with respect
     *     to y; of the same samples, in any order and partitions; deterministic and cached
     * @return the pass, to be closed when dx is not needed any more
     * @throws BatchNormException if a sample or gradient is null or of another length
     * @throws IllegalArgumentException if there are more pairs than samples
     */
    public RddBackward<T> backward(JavaPairRDD<T, T> samplesAndGradients) {
        return RddBackward.run(samplesAndGradients, tensor, pass());
    }

    @Override
    public void close() {
        normalized.close();
    }
}
