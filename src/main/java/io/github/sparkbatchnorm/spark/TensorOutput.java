package io.github.sparkbatchnorm.spark;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.spark.transform.LazyColumns;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * The output of a pass over a {@link TensorDataset}: columns that are computed anew by each action that reads them.
 * Nothing has run yet. There are two forms of one output, with the same bits:
 *
 * <ul>
 *   <li>{@link #inPlan}: a data set like any other, with nothing to close. The transforms are a part of its plan, and
 *       travel with each stage: 32 bytes a channel and batch (56 for dx).
 *   <li>{@link #broadcast}: the transforms are sent to each executor once. For many batches or channels.
 * </ul>
 *
 * <p>The rows keep their partitions and their order. There are fewer rows than in the data where nulls are skipped.
 */
public final class TensorOutput {
    private final LazyColumns<?> columns;

    TensorOutput(LazyColumns<?> columns) {
        this.columns = columns;
    }

    /** {@return the names of the columns that hold the output} */
    public List<String> columns() {
        return columns.names();
    }

    /**
     * {@return all columns of the data, and the output; lazy}
     *
     * @throws BatchNormException if the transforms have more than 1 GiB, which a plan cannot hold
     */
    public Dataset<Row> inPlan() {
        return columns.inPlan();
    }

    /** {@return all columns of the data, and the output; lazy, to be closed} */
    public BroadcastDataset broadcast() {
        return new BroadcastDataset(columns.broadcast());
    }
}
