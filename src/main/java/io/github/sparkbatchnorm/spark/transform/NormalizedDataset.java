package io.github.sparkbatchnorm.spark.transform;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.ChannelTransform;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.spark.rows.ColumnReader;
import io.github.sparkbatchnorm.spark.scan.DatasetStatistics;
import io.github.sparkbatchnorm.spark.tensor.BatchKey;
import io.github.sparkbatchnorm.spark.tensor.TensorColumn;
import java.util.HashMap;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * A data set with its tensor column normalized, lazily: each action scans the data and normalizes it anew.
 *
 * <p>The rows keep their partitions and their order. Rows with a null sample or element are handled as
 * {@link io.github.sparkbatchnorm.spark.tensor.HandleInvalid} says: {@code SKIP} drops them, so that there are fewer
 * rows than in the data; {@code KEEP} leaves a null sample null; {@code ERROR} ends the task.
 *
 * <p>Only the transforms travel to the executors, once. Closing releases them: the data set cannot be used afterwards.
 */
public final class NormalizedDataset implements AutoCloseable {
    /** Bytes of a channel: mean in two parts, scale, bias. */
    private static final int TRANSFORM_BYTES = 4 * Double.BYTES;

    private final TransformedDataset normalized;

    private NormalizedDataset(TransformedDataset normalized) {
        this.normalized = normalized;
    }

    /**
     * Forward pass with the statistics of each row's own batch, without a job.
     *
     * @param data the data set that the statistics are of; it must give the same rows at each scan
     * @param tensor the tensor column or the channel columns, resolved in the schema of the data
     * @param statistics of all batches of the data
     * @param state weight, bias and eps
     * @param policy {@code IGNORE} leaves values that are not finite as they are; with the others they make what IEEE
     *     arithmetic makes of them
     * @param outputColumn the name of the column to add, in the type and shape of the tensor (double for integers);
     *     unused with channel columns, which are replaced
     * @return the normalized data set, to be closed
     * @throws BatchNormException if the driver cannot hold the transforms
     * @throws IllegalArgumentException if statistics and state have other numbers of channels, or a column that is to
     *     be new is there already
     */
    public static NormalizedDataset withBatchStatistics(
            Dataset<Row> data,
            TensorColumn tensor,
            DatasetStatistics statistics,
            BatchNormState state,
            NonFinitePolicy policy,
            String outputColumn) {
        requireRoom(data, tensor, statistics.batches().size(), state.numFeatures());
        Map<BatchKey, ChannelTransform> transforms = new HashMap<>();
        for (DatasetStatistics.Batch batch : statistics.batches()) {
            transforms.put(batch.key(), ChannelTransform.ofBatch(batch.statistics(), state, policy));
        }
        boolean fails = transforms.values().stream().anyMatch(ChannelTransform::failsOnNonFinite);
        return of(data, tensor, BatchMap.byBatch(transforms), state.numFeatures(), fails, outputColumn);
    }

    /**
     * Forward pass with the running statistics of a state, whatever the batches, without a job.
     *
     * @param data rows with the tensor
     * @param tensor the tensor column or the channel columns, resolved in the schema of the data
     * @param state weight, bias, eps and running statistics
     * @param policy as in {@link #withBatchStatistics}, but {@code FAIL} ends a task at a value that is not finite
     * @param outputColumn as in {@link #withBatchStatistics}
     * @return the normalized data set, to be closed
     * @throws BatchNormException if the driver cannot hold the transform
     * @throws IllegalArgumentException if the state has no running statistics, or a column that is to be new is there
     *     already
     */
    public static NormalizedDataset withRunningStatistics(
            Dataset<Row> data, TensorColumn tensor, BatchNormState state, NonFinitePolicy policy, String outputColumn) {
        requireRoom(data, tensor, 1, state.numFeatures());
        return of(data, tensor, ChannelTransform.ofRunning(state, policy), outputColumn);
    }

    private static void requireRoom(Dataset<Row> data, TensorColumn tensor, int batches, int channels) {
        TransformedDataset.requireRoom(data, tensor, batches, channels, TRANSFORM_BYTES);
    }

    /**
     * Forward pass with one transform for all rows, without a job; no API.
     *
     * @param data rows with the tensor
     * @param tensor the tensor column or the channel columns, resolved in the schema of the data
     * @param transform for all rows
     * @param outputColumn as in {@link #withBatchStatistics}
     * @return the normalized data set, to be closed
     */
    public static NormalizedDataset of(
            Dataset<Row> data, TensorColumn tensor, ChannelTransform transform, String outputColumn) {
        boolean fails = transform.failsOnNonFinite();
        return of(data, tensor, BatchMap.all(transform), transform.channels(), fails, outputColumn);
    }

    private static NormalizedDataset of(
            Dataset<Row> data,
            TensorColumn tensor,
            BatchMap<ChannelTransform> transforms,
            int channels,
            boolean failsOnNonFinite,
            String outputColumn) {
        ColumnReader reader = new ColumnReader(tensor, null, failsOnNonFinite);
        return new NormalizedDataset(TransformedDataset.of(
                data,
                transforms,
                reader,
                tensor.normalizedNames(data.schema(), outputColumn),
                (argument, lookup) -> new NormalizeFunction(argument, reader, lookup, channels)));
    }

    /**
     * {@return all columns of the data and the output column; with channel columns, these replaced in place; lazy}
     *
     * @throws BatchNormException if this is closed
     */
    public Dataset<Row> dataset() {
        return normalized.dataset();
    }

    /** Destroys the broadcast transforms. */
    @Override
    public void close() {
        normalized.close();
    }
}
