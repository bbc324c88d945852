package io.github.sparkbatchnorm.spark.transform;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.GradientTransform;
import io.github.sparkbatchnorm.spark.codec.TensorColumn;
import io.github.sparkbatchnorm.spark.rows.ArrayReader;
import io.github.sparkbatchnorm.spark.rows.RowPair;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.function.Function;
import scala.Tuple2;

/**
 * An RDD of the gradients dx of samples, lazily. Closing it destroys the transform that was broadcast: only an output
 * that is checkpointed and materialized can be used afterwards.
 *
 * @param <T> {@code float[]} or {@code double[]}
 */
public final class GradientRdd<T> implements AutoCloseable {
    private final TransformedRdd<T> gradients;

    private GradientRdd(TransformedRdd<T> gradients) {
        this.gradients = gradients;
    }

    /**
     * Computes dx, without a job.
     *
     * @param pairs samples x, each with dy, the gradient of the loss with respect to its output
     * @param tensor describes the samples: {@link TensorColumn#ofArrays}
     * @param gradients describes dy: {@link TensorColumn#gradientArrays}
     * @param transform for all samples
     * @param <T> {@code float[]} or {@code double[]}
     * @return the gradients, to be closed
     */
    public static <T> GradientRdd<T> of(
            JavaRDD<Tuple2<T, T>> pairs, TensorColumn tensor, TensorColumn gradients, GradientTransform transform) {
        ArrayReader<Tuple2<T, T>> reader = new ArrayReader<>(tensor, gradients, false);
        return new GradientRdd<>(TransformedRdd.of(pairs, transform, handle -> new GradientArray<>(reader, handle)));
    }

    /**
     * {@return dx of each sample, in the order and partitions of the input; lazy}
     *
     * @throws BatchNormException if this is closed and the RDD is not checkpointed
     */
    public JavaRDD<T> output() {
        return gradients.output();
    }

    /** Destroys the broadcast transform. */
    @Override
    public void close() {
        gradients.close();
    }

    /** The backward pass of one pair. */
    private static final class GradientArray<T> implements Function<Tuple2<T, T>, T> {
        private static final long serialVersionUID = 1L;

        private final ArrayReader<Tuple2<T, T>> reader;
        private final BroadcastHandle<GradientTransform> transform;

        GradientArray(ArrayReader<Tuple2<T, T>> reader, BroadcastHandle<GradientTransform> transform) {
            this.reader = reader;
            this.transform = transform;
        }

        @Override
        @SuppressWarnings("unchecked") // the reader takes float[] and double[] only, and dx has the sample's type
        public T call(Tuple2<T, T> pair) {
            RowPair row = new RowPair();
            reader.read(pair, row); // or throws: nulls are an error
            return (T) GradientFunction.apply(transform.value(), row.sample(), row.gradients());
        }
    }
}
