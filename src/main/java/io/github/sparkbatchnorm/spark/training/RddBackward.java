package io.github.sparkbatchnorm.spark.training;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.ChannelGradients;
import io.github.sparkbatchnorm.spark.codec.TensorColumn;
import io.github.sparkbatchnorm.spark.scan.ScanInput;
import io.github.sparkbatchnorm.spark.transform.GradientRdd;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import scala.Tuple2;

/**
 * A backward pass over an RDD of samples and gradients.
 *
 * @param <T> {@code float[]} or {@code double[]}
 */
public final class RddBackward<T> extends BackwardPass {
    private final GradientRdd<T> dx;

    private RddBackward(ChannelGradients gradients, GradientRdd<T> dx) {
        super(gradients);
        this.dx = dx;
    }

    /** Runs the job that sums the gradients. */
    static <T> RddBackward<T> run(JavaPairRDD<T, T> pairs, TensorColumn tensor, LayerPass pass) {
        TensorColumn gradientColumn = tensor.gradientArrays("gradients");
        JavaRDD<Tuple2<T, T>> rows = pairs.map(pair -> pair);
        ChannelGradients gradients = pass.gradients(ScanInput.of(rows, tensor, gradientColumn));
        return new RddBackward<>(
                gradients, GradientRdd.of(rows, tensor, gradientColumn, pass.gradientTransform(gradients)));
    }

    /**
     * {@return dx, the gradient of the loss with respect to each sample, in the pairs' order and partitions; lazy}
     *
     * @throws BatchNormException if this is closed and the RDD is not checkpointed
     */
    public JavaRDD<T> output() {
        return dx.output();
    }

    @Override
    public void close() {
        dx.close();
    }
}
