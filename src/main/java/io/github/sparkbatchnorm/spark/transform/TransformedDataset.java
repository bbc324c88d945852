package io.github.sparkbatchnorm.spark.transform;

import io.github.sparkbatchnorm.layer.BatchNormException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.jspecify.annotations.Nullable;

/** A data set with output columns that a function makes of each row and a broadcast transform; lazy. */
public final class TransformedDataset implements AutoCloseable {
    private final Dataset<Row> dataset;
    private final BroadcastHandle<?> transforms;
    private final @Nullable RowGuard guard;

    /** @param guard that counts the rows that are read; null if they are not guarded */
    TransformedDataset(Dataset<Row> dataset, BroadcastHandle<?> transforms, @Nullable RowGuard guard) {
        this.guard = guard;
        this.dataset = dataset;
        this.transforms = transforms;
    }

    /**
     * {@return all columns of the data and the output columns; lazy}
     *
     * @throws BatchNormException if this is closed
     */
    public Dataset<Row> dataset() {
        transforms.checkUsable();
        return dataset;
    }

    /**
     * Checks that the rows that were read are those of the pass before, where they are guarded.
     *
     * @throws BatchNormException if there were others
     */
    public void requireSameRows() {
        if (guard != null) {
            guard.requireSameRows();
        }
    }

    /** Destroys the broadcast transforms. */
    @Override
    public void close() {
        transforms.close();
    }
}
