package io.github.sparkbatchnorm.spark.rows;

import io.github.sparkbatchnorm.spark.codec.RowSample;
import io.github.sparkbatchnorm.spark.codec.TensorColumn;
import org.jspecify.annotations.Nullable;
import scala.Tuple2;

/**
 * Reads samples that are {@code float[]} or {@code double[]} themselves, or pairs of samples and gradients.
 *
 * @param <R> the sample, or a {@link Tuple2} of both
 */
public final class ArrayReader<R> extends RowReader<R> {
    private static final long serialVersionUID = 1L;

    /**
     * @param tensor the samples
     * @param gradients of the samples; null if rows hold no gradients
     * @param withExamples whether rows describe themselves
     */
    public ArrayReader(TensorColumn tensor, @Nullable TensorColumn gradients, boolean withExamples) {
        super(tensor, gradients, withExamples, false);
    }

    @Override
    void read(R row, RowSample x) {
        read(row instanceof Tuple2<?, ?> pair ? pair._1() : row, tensor(), x);
    }

    @Override
    void readGradients(R row, TensorColumn column, RowSample dy) {
        read(((Tuple2<?, ?>) row)._2(), column, dy);
    }

    private static void read(@Nullable Object array, TensorColumn column, RowSample out) {
        if (array == null) {
            out.set(RowSample.Content.NULL);
        } else if (array instanceof float[] floats) {
            column.codec().setFlat(floats, floats.length, out);
        } else if (array instanceof double[] doubles) {
            column.codec().setFlat(doubles, doubles.length, out);
        } else {
            throw new IllegalArgumentException(column.describe() + ": an element of "
                    + array.getClass().getName() + "; expected float[] or double[]");
        }
    }
}
