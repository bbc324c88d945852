package io.github.sparkbatchnorm.spark.training;

import io.github.sparkbatchnorm.layer.ChannelGradients;

/**
 * A backward pass of a layer over one global batch. Its gradients of weight and bias are known; its output dx is lazy:
 * each action on dx reads the batch and computes dx anew.
 *
 * <p>Keep the pass open as long as anything made of dx is used, as {@link ForwardPass} says.
 */
public abstract sealed class BackwardPass implements AutoCloseable permits RddBackward, DatasetBackward {
    private final ChannelGradients gradients;

    BackwardPass(ChannelGradients gradients) {
        this.gradients = gradients;
    }

    /**
     * dweight, the gradient of the loss with respect to each channel's weight: a sum over the global batch.
     *
     * @return an array of length C
     */
    public final double[] weightGradient() {
        return gradients.weight();
    }

    /**
     * dbias, the gradient of the loss with respect to each channel's bias: a sum over the global batch.
     *
     * @return an array of length C
     */
    public final double[] biasGradient() {
        return gradients.bias();
    }

    /** Destroys what was broadcast. */
    @Override
    public abstract void close();
}
