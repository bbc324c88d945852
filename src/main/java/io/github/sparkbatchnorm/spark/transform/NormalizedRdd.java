package io.github.sparkbatchnorm.spark.transform;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.ChannelTransform;
import io.github.sparkbatchnorm.spark.codec.TensorColumn;
import io.github.sparkbatchnorm.spark.rows.ArrayReader;
import io.github.sparkbatchnorm.spark.rows.RowPair;
import io.github.sparkbatchnorm.stats.SampleShape;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.function.Function;

/**
 * An RDD of samples, normalized lazily. Closing it destroys the transform that was broadcast: only an output that is
 * checkpointed and materialized can be used afterwards.
 *
 * @param <T> {@code float[]} or {@code double[]}
 */
public final class NormalizedRdd<T> implements AutoCloseable {
    private final TransformedRdd<T> normalized;

    private NormalizedRdd(TransformedRdd<T> normalized) {
        this.normalized = normalized;
    }

    /**
     * Normalizes, without a job.
     *
     * @param samples arrays of the shape
     * @param tensor describes the samples: {@link TensorColumn#ofArrays}
     * @param shape of each sample
     * @param transform for all samples
     * @param <T> {@code float[]} or {@code double[]}
     * @return the normalized samples, to be closed
     */
    public static <T> NormalizedRdd<T> of(
            JavaRDD<T> samples, TensorColumn tensor, SampleShape shape, ChannelTransform transform) {
        return new NormalizedRdd<>(
                TransformedRdd.of(samples, transform, handle -> new NormalizeArray<>(tensor, shape, handle)));
    }

    /**
     * {@return the normalized samples, in the order and partitions of the input; lazy}
     *
     * @throws BatchNormException if this is closed and the RDD is not checkpointed
     */
    public JavaRDD<T> output() {
        return normalized.output();
    }

    /** Destroys the broadcast transform. */
    @Override
    public void close() {
        normalized.close();
    }

    /** The forward pass of one array. */
    private static final class NormalizeArray<T> implements Function<T, T> {
        private static final long serialVersionUID = 1L;

        private final ArrayReader<T> reader;
        private final SampleShape shape;
        private final BroadcastHandle<ChannelTransform> transform;

        NormalizeArray(TensorColumn tensor, SampleShape shape, BroadcastHandle<ChannelTransform> transform) {
            this.reader = new ArrayReader<>(tensor, null, false);
            this.shape = shape;
            this.transform = transform;
        }

        @Override
        @SuppressWarnings("unchecked") // the reader takes float[] and double[] only, and the transform keeps the type
        public T call(T array) {
            RowPair row = new RowPair();
            reader.read(array, row); // or throws: nulls are an error
            ChannelTransform by = transform.value();
            int place = by.failsOnNonFinite() ? row.sample().firstNonFinite() : -1;
            if (place >= 0) {
                throw new BatchNormException("samples: a value that is not finite in channel " + shape.channelOf(place)
                        + "; expected finite values");
            }
            return array instanceof float[] floats
                    ? (T) by.apply(floats, shape)
                    : (T) by.apply((double[]) array, shape);
        }
    }
}
