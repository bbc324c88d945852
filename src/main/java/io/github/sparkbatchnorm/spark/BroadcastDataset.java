package io.github.sparkbatchnorm.spark;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.spark.transform.TransformedDataset;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * A lazy data set whose transforms are broadcast. Keep it open as long as anything made of the data set is used: after
 * closing, only what {@link Dataset#checkpoint()} or {@link Dataset#localCheckpoint()} made of it can be.
 */
public final class BroadcastDataset implements AutoCloseable {
    private final TransformedDataset transformed;

    BroadcastDataset(TransformedDataset transformed) {
        this.transformed = transformed;
    }

    /**
     * {@return all columns of the data, and the output; lazy}
     *
     * @throws BatchNormException if this is closed
     */
    public Dataset<Row> dataset() {
        return transformed.dataset();
    }

    /**
     * Checks that the rows that an action on {@link #dataset} has read are those of the pass over the guarded data;
     * each counts once, also where a task ran again. Does nothing if the data {@linkplain TensorDataset#withGuard is
     * not guarded}.
     *
     * @throws BatchNormException if there were others, or none: no action has read all rows
     */
    public void requireSameRows() {
        transformed.requireSameRows();
    }

    /** Destroys the broadcast transforms, on the executors and the driver. */
    @Override
    public void close() {
        transformed.close();
    }
}
