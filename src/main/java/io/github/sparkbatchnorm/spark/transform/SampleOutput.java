package io.github.sparkbatchnorm.spark.transform;

import io.github.sparkbatchnorm.layer.SampleTransform;
import io.github.sparkbatchnorm.spark.codec.RowSample;
import io.github.sparkbatchnorm.spark.codec.TensorCodec;
import io.github.sparkbatchnorm.stats.SampleShape;
import org.jspecify.annotations.Nullable;

/** Makes the values of the output column of samples. Mutable; for one thread at a time. */
final class SampleOutput {
    private @Nullable SampleTransform asked;
    private boolean keepsZeros;

    /**
     * {@return the output value of a sample, as Spark stores it} A sparse one stays sparse where 0 is transformed to 0.
     *
     * @param sample with values, of as many channels as the transform has
     */
    Object of(RowSample sample, SampleTransform transform, TensorCodec codec) {
        SampleShape shape = sample.shape();
        int[] indices = sample.indices();
        if (indices != null && keepsZeros(transform)) {
            double[] named = ((double[]) sample.values()).clone();
            for (int i = 0; i < named.length; i++) {
                named[i] = transform.apply(shape.channelOf(indices[i]), named[i]);
            }
            return codec.writeSparse(indices, named, shape.length());
        }
        Object x = sample.denseValues();
        Object y = x instanceof float[] floats ? transform.apply(floats, shape) : transform.apply((double[]) x, shape);
        return codec.write(y, sample);
    }

    /** Whether a transform keeps zeros, asked once for each: rows mostly come batch by batch. */
    private boolean keepsZeros(SampleTransform transform) {
        if (transform != asked) {
            asked = transform;
            keepsZeros = transform.keepsZeros();
        }
        return keepsZeros;
    }
}
