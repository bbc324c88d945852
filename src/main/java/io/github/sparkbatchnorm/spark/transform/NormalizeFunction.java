package io.github.sparkbatchnorm.spark.transform;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.SampleTransform;
import io.github.sparkbatchnorm.spark.codec.RowSample;
import io.github.sparkbatchnorm.spark.rows.ColumnReader;
import io.github.sparkbatchnorm.stats.SampleShape;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/**
 * The forward pass of one row, or its inverse; Spark calls it. A row that cannot be used ends the task with a
 * {@link BatchNormException}.
 */
public final class NormalizeFunction extends TensorFunction {
    private static final long serialVersionUID = 1L;

    private final BatchLookup<SampleTransform> transforms;
    private final int channels;

    /**
     * A function of rows.
     *
     * @param argument the type of the columns of the reader
     * @param reader with the description of the row where the policy is to fail
     * @param channels C, which each row is to have
     * @param guard of the rows, or null
     */
    NormalizeFunction(
            StructType argument,
            ColumnReader reader,
            BatchLookup<SampleTransform> transforms,
            int channels,
            @Nullable RowGuard guard) {
        super(argument, reader, guard);
        this.transforms = transforms;
        this.channels = channels;
    }

    @Override
    public DataType resultType() {
        return tensor().codec().outputType();
    }

    /**
     * Called by Spark for each row.
     *
     * @param row the columns of the reader
     * @return y; null for a null sample that is kept
     */
    public @Nullable Object invoke(InternalRow row) {
        Scratch own = take();
        Object y = read(row, own) ? output(row, own) : null;
        give(own);
        return y;
    }

    private Object output(InternalRow row, Scratch own) {
        RowSample sample = own.pair.sample();
        SampleShape shape = sample.shape();
        requireChannels(shape, channels);
        SampleTransform transform = transforms.of(row);
        if (transform.failsOnNonFinite()) {
            checkFinite(row, sample);
        }
        return own.output.of(sample, transform, tensor().codec());
    }

    private void checkFinite(InternalRow row, RowSample sample) {
        int place = sample.firstNonFinite();
        if (place >= 0) {
            Object values = sample.values();
            double value = values instanceof float[] floats ? floats[place] : ((double[]) values)[place];
            String example = reader().example(row);
            throw new BatchNormException(tensor().describe() + ": " + value + " in channel "
                    + tensor().channelName(sample.channelOf(place)) + (example.isEmpty() ? "" : " of row " + example)
                    + "; expected finite values, or set nonFinite to propagate, skip-batch or ignore");
        }
    }
}
