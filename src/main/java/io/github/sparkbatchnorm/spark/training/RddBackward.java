package io.github.sparkbatchnorm.spark.training;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.ChannelGradients;
import io.github.sparkbatchnorm.layer.GradientTransform;
import io.github.sparkbatchnorm.spark.scan.ScanInput;
import io.github.sparkbatchnorm.spark.tensor.ArrayReader;
import io.github.sparkbatchnorm.spark.tensor.Sample;
import io.github.sparkbatchnorm.spark.tensor.TensorColumn;
import io.github.sparkbatchnorm.spark.transform.GradientFunction;
import io.github.sparkbatchnorm.spark.transform.Shared;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.function.Function;
import scala.Tuple2;

/**
 * A backward pass over an RDD of samples and gradients. Keep it open as long as anything made of dx is used: closing
 * releases what it needs on the executors. Only a dx that is checkpointed, reliably or locally, and materialized can be
 * used afterwards; one that is cached cannot, since Spark may have to compute a partition again.
 *
 * @param <T> {@code float[]} or {@code double[]}
 */
public final class RddBackward<T> implements AutoCloseable {
    private final ChannelGradients gradients;
    private final Shared<GradientTransform> transform;
    private final JavaRDD<T> output;

    RddBackward(JavaPairRDD<T, T> pairs, TensorColumn tensor, LayerPass pass) {
        TensorColumn gradientColumn = tensor.gradientArrays("gradients");
        JavaRDD<Tuple2<T, T>> rows = pairs.map(pair -> pair);
        gradients = pass.gradients(ScanInput.of(rows, tensor, gradientColumn));
        transform = new Shared<>(pairs.context(), pass.gradientTransform(gradients));
        output = rows.map(new GradientArray<T>(new ArrayReader<>(tensor, gradientColumn, false), transform));
        transform.setDispensable(output::isCheckpointed);
    }

    /** dx of one pair. */
    private static final class GradientArray<T> implements Function<Tuple2<T, T>, T> {
        private static final long serialVersionUID = 1L;

        private final ArrayReader<Tuple2<T, T>> reader;
        private final Shared<GradientTransform> transform;

        GradientArray(ArrayReader<Tuple2<T, T>> reader, Shared<GradientTransform> transform) {
            this.reader = reader;
            this.transform = transform;
        }

        @Override
        @SuppressWarnings("unchecked") // the reader takes float[] and double[] only, and dx has the sample's type
        public T call(Tuple2<T, T> pair) {
            Sample x = new Sample();
            Sample dy = new Sample();
            reader.hasValues(reader.readPair(pair, x, dy), x); // or throws: nulls are an error
            return (T) GradientFunction.apply(transform.value(), x, dy);
        }
    }

    /**
     * dx, the gradient of the loss with respect to each sample, in the pairs' order and partitions; lazy.
     *
     * @throws BatchNormException if this is closed and the RDD is not checkpointed
     */
    public JavaRDD<T> output() {
        transform.checkUsable();
        return output;
    }

    /** dweight, the gradient of the loss with respect to each channel's weight: a sum over the global batch. */
    public double[] weightGradient() {
        return gradients.weight();
    }

    /** dbias, the gradient of the loss with respect to each channel's bias: a sum over the global batch. */
    public double[] biasGradient() {
        return gradients.bias();
    }

    /** Destroys what was broadcast. */
    @Override
    public void close() {
        transform.close();
    }
}
