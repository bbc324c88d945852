package io.github.sparkbatchnorm.spark.transform;

import io.github.sparkbatchnorm.layer.BatchNormException;
import java.util.function.Function;
import org.apache.spark.api.java.JavaRDD;

/**
 * An RDD that a function makes of each element and a broadcast transform; lazy.
 *
 * @param <T> the elements of the output
 */
final class TransformedRdd<T> implements AutoCloseable {
    private final JavaRDD<T> output;
    private final BroadcastHandle<?> transform;

    private TransformedRdd(JavaRDD<T> output, BroadcastHandle<?> transform) {
        this.output = output;
        this.transform = transform;
    }

    /**
     * Broadcasts a transform and maps an RDD, without a job.
     *
     * @param function made for the handle of the transform
     */
    static <S, X, T> TransformedRdd<T> of(
            JavaRDD<S> input,
            X transform,
            Function<BroadcastHandle<X>, org.apache.spark.api.java.function.Function<S, T>> function) {
        BroadcastHandle<X> handle = new BroadcastHandle<>(input.context(), transform);
        try {
            JavaRDD<T> output = input.map(function.apply(handle));
            handle.setDispensable(output::isCheckpointed);
            return new TransformedRdd<>(output, handle);
        } catch (Throwable e) {
            handle.close(); // Spark throws exceptions that the compiler does not know of
            throw e;
        }
    }

    /** @throws BatchNormException if this is closed and the RDD is not checkpointed */
    JavaRDD<T> output() {
        transform.checkUsable();
        return output;
    }

    @Override
    public void close() {
        transform.close();
    }
}
