package io.github.sparkbatchnorm.spark.training;

/**
 * A forward pass of a layer over one global batch. Its output is lazy: each action on the output reads the batch and
 * normalizes it anew.
 *
 * <p>Keep the pass open as long as anything made of its output is used: closing it destroys what the output needs on
 * the executors. Only an output that is checkpointed, reliably or locally, and materialized can be used afterwards; one
 * that is cached cannot, since Spark may have to compute a partition again.
 */
public abstract sealed class ForwardPass implements AutoCloseable permits RddForward, DatasetForward {
    private final LayerPass pass;

    ForwardPass(LayerPass pass) {
        this.pass = pass;
    }

    final LayerPass pass() {
        return pass;
    }

    /**
     * The mean of each channel that x is centred with: the batch's, or the running one.
     *
     * @return an array of length C
     */
    public final double[] mean() {
        return pass.forwardStatistics().mean();
    }

    /**
     * {@code 1 / sqrt(var + eps)} of each channel; 0 where a batch's variance and eps are 0.
     *
     * @return an array of length C
     */
    public final double[] invstd() {
        return pass.forwardStatistics().invstd();
    }

    /** Destroys what was broadcast. */
    @Override
    public abstract void close();
}
