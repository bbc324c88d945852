package io.github.sparkbatchnorm.spark.transform;

import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.ChannelTransform;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.spark.scan.DatasetStatistics;
import io.github.sparkbatchnorm.spark.scan.DriverRoom;
import io.github.sparkbatchnorm.spark.tensor.BatchKey;
import io.github.sparkbatchnorm.spark.tensor.ColumnReader;
import io.github.sparkbatchnorm.spark.tensor.TensorColumn;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * A data set with its tensor column normalized, lazily.
 *
 * <p>Only the transforms travel to the executors, once. Closing releases them: the data set cannot be used afterwards.
 */
public final class NormalizedDataset implements AutoCloseable {
    /** Of a channel: mean in two parts, scale, bias. */
    private static final int TRANSFORM_BYTES = 4 * Double.BYTES;

    private final Dataset<Row> dataset;
    private final Shared<BatchMap<ChannelTransform>> transforms;

    private NormalizedDataset(Dataset<Row> dataset, Shared<BatchMap<ChannelTransform>> transforms) {
        this.dataset = dataset;
        this.transforms = transforms;
    }

    /**
     * Forward pass with the statistics of each row's own batch.
     *
     * @param data the data set that the statistics are of; it must give the same rows again
     * @param statistics of all its batches
     * @param outputColumn the name of the column to add; unused with channel columns, which are replaced
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
        return of(data, tensor, BatchMap.byBatch(transforms), fails, state, outputColumn);
    }

    /**
     * Forward pass with the running statistics of a state, whatever the batches.
     *
     * @param outputColumn the name of the column to add; unused with channel columns, which are replaced
     */
    public static NormalizedDataset withRunningStatistics(
            Dataset<Row> data, TensorColumn tensor, BatchNormState state, NonFinitePolicy policy, String outputColumn) {
        requireRoom(data, tensor, 1, state.numFeatures());
        return of(data, tensor, ChannelTransform.ofRunning(state, policy), state, outputColumn);
    }

    private static void requireRoom(Dataset<Row> data, TensorColumn tensor, int batches, int channels) {
        DriverRoom.of(data.sparkSession().sparkContext())
                .requireForTransforms(tensor.describe(), batches, channels, TRANSFORM_BYTES);
    }

    /** Forward pass with one transform for all rows. */
    public static NormalizedDataset of(
            Dataset<Row> data,
            TensorColumn tensor,
            ChannelTransform transform,
            BatchNormState state,
            String outputColumn) {
        return of(data, tensor, BatchMap.all(transform), transform.failsOnNonFinite(), state, outputColumn);
    }

    private static NormalizedDataset of(
            Dataset<Row> data,
            TensorColumn tensor,
            BatchMap<ChannelTransform> transforms,
            boolean failsOnNonFinite,
            BatchNormState state,
            String outputColumn) {
        Shared<BatchMap<ChannelTransform>> shared =
                new Shared<>(data.sparkSession().sparkContext(), transforms);
        try {
            ColumnReader reader = new ColumnReader(tensor, null, failsOnNonFinite);
            List<String> names = tensor.normalizedNames(data.schema(), outputColumn);
            Dataset<Row> result = OutputColumns.add(
                    data,
                    reader,
                    names,
                    argument -> new NormalizeFunction(argument, reader, shared, state.numFeatures()));
            return new NormalizedDataset(result, shared);
        } catch (RuntimeException e) {
            shared.close();
            throw e;
        }
    }

    /**
     * All columns of the data and the output column; with channel columns, these replaced in place.
     *
     * @throws io.github.sparkbatchnorm.layer.BatchNormException if it is closed
     */
    public Dataset<Row> dataset() {
        transforms.checkUsable();
        return dataset;
    }

    /** Destroys what was broadcast. */
    @Override
    public void close() {
        transforms.close();
    }
}
