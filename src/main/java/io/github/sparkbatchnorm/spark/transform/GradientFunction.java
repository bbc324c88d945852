package io.github.sparkbatchnorm.spark.transform;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.GradientTransform;
import io.github.sparkbatchnorm.spark.codec.RowSample;
import io.github.sparkbatchnorm.spark.rows.ColumnReader;
import io.github.sparkbatchnorm.stats.SampleShape;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/**
 * The backward pass of one row; Spark calls it. A row that cannot be used ends the task with a
 * {@link BatchNormException}.
 */
public final class GradientFunction extends TensorFunction {
    private static final long serialVersionUID = 1L;

    private final BatchLookup<GradientTransform> transforms;

    /** @param guard of the rows, or null */
    GradientFunction(
            StructType argument,
            ColumnReader reader,
            BatchLookup<GradientTransform> transforms,
            @Nullable RowGuard guard) {
        super(argument, reader, guard);
        this.transforms = transforms;
    }

    @Override
    public DataType resultType() {
        return tensor().codec().outputType();
    }

    /**
     * Called by Spark for each row.
     *
     * @param row the columns of the reader
     * @return dx; null for a null sample that is kept
     */
    public @Nullable Object invoke(InternalRow row) {
        Scratch own = take();
        Object dx = read(row, own) ? gradients(row, own) : null;
        give(own);
        return dx;
    }

    private Object gradients(InternalRow row, Scratch own) {
        RowSample sample = own.pair.sample();
        GradientTransform transform = transforms.of(row);
        requireChannels(sample.shape(), transform.channels());
        return tensor().codec().write(apply(transform, sample, own.pair.gradients()), sample);
    }

    /** dx in the type of the sample's values. */
    static Object apply(GradientTransform transform, RowSample sample, RowSample gradients) {
        SampleShape shape = sample.shape();
        Object x = sample.denseValues();
        Object dy = gradients.denseValues();
        if (x instanceof float[] floats && dy instanceof float[] gradientFloats) {
            return transform.apply(floats, gradientFloats, shape);
        }
        double[] dx = transform.apply(RowSample.toDoubles(x), RowSample.toDoubles(dy), shape);
        return x instanceof float[] ? RowSample.toFloats(dx) : dx;
    }
}
