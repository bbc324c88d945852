package io.github.sparkbatchnorm.spark.transform;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.ChannelTransform;
import io.github.sparkbatchnorm.spark.tensor.ArrayReader;
import io.github.sparkbatchnorm.spark.tensor.Sample;
import io.github.sparkbatchnorm.spark.tensor.TensorColumn;
import io.github.sparkbatchnorm.stats.SampleShape;
import org.apache.spark.api.java.function.Function;

/** The forward pass of one array. */
public final class NormalizeArray<T> implements Function<T, T> {
    private static final long serialVersionUID = 1L;

    private final ArrayReader<T> reader;
    private final SampleShape shape;
    private final Shared<ChannelTransform> transform;

    public NormalizeArray(TensorColumn tensor, SampleShape shape, Shared<ChannelTransform> transform) {
        this.reader = new ArrayReader<>(tensor, null, false);
        this.shape = shape;
        this.transform = transform;
    }

    @Override
    @SuppressWarnings("unchecked") // the reader takes float[] and double[] only, and the transform keeps the type
    public T call(T array) {
        Sample sample = new Sample();
        reader.hasValues(reader.readPair(array, sample, sample), sample); // or throws: nulls are an error
        ChannelTransform by = transform.value();
        int place = by.failsOnNonFinite() ? sample.firstNonFinite() : -1;
        if (place >= 0) {
            throw new BatchNormException("samples: a value that is not finite in channel " + shape.channelOf(place)
                    + "; expected finite values");
        }
        return array instanceof float[] floats ? (T) by.apply(floats, shape) : (T) by.apply((double[]) array, shape);
    }
}
