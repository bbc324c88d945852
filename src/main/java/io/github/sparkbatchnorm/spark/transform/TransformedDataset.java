package io.github.sparkbatchnorm.spark.transform;

import io.github.sparkbatchnorm.layer.BatchNormException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** A data set with output columns that a function makes of each row and a broadcast transform; lazy. */
public final class TransformedDataset implements AutoCloseable {
    private final Dataset<Row> dataset;
    private final BroadcastHandle<?> transforms;

    TransformedDataset(Dataset<Row> dataset, BroadcastHandle<?> transforms) {
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

    /** Destroys the broadcast transforms. */
    @Override
    public void close() {
        transforms.close();
    }
}
