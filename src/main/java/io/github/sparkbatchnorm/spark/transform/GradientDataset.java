package io.github.sparkbatchnorm.spark.transform;

import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.GradientTransform;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.spark.scan.DatasetGradients;
import io.github.sparkbatchnorm.spark.scan.DriverRoom;
import io.github.sparkbatchnorm.spark.tensor.BatchKey;
import io.github.sparkbatchnorm.spark.tensor.ColumnReader;
import io.github.sparkbatchnorm.spark.tensor.TensorColumn;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * A data set with the gradient dx of its tensor column, lazily.
 *
 * <p>Only the transforms travel to the executors, once. Closing releases them: the data set cannot be used afterwards.
 */
public final class GradientDataset implements AutoCloseable {
    /** Of a channel: mean and mean gradient in two parts each, invstd, projection, scale. */
    private static final int TRANSFORM_BYTES = 7 * Double.BYTES;

    private final Dataset<Row> dataset;
    private final Shared<BatchMap<GradientTransform>> transforms;

    private GradientDataset(Dataset<Row> dataset, Shared<BatchMap<GradientTransform>> transforms) {
        this.dataset = dataset;
        this.transforms = transforms;
    }

    /**
     * Backward pass with the statistics of each row's own batch.
     *
     * @param data the data set that the gradients are of; it must give the same rows again
     * @param gradientColumns dy: {@link TensorColumn#gradients}
     * @param gradients of all its batches, with their statistics
     * @param outputColumns dx: the name of the column to add, or of those to add for each channel column
     */
    public static GradientDataset withBatchStatistics(
            Dataset<Row> data,
            TensorColumn tensor,
            TensorColumn gradientColumns,
            DatasetGradients gradients,
            BatchNormState state,
            NonFinitePolicy policy,
            List<String> outputColumns) {
        requireRoom(data, tensor, gradients.batches().size(), state.numFeatures());
        Map<BatchKey, GradientTransform> transforms = new HashMap<>();
        for (DatasetGradients.Batch batch : gradients.batches()) {
            GradientTransform transform = GradientTransform.ofBatch(
                    batch.gradients(), Objects.requireNonNull(batch.statistics()), state, policy);
            transforms.put(batch.key(), transform);
        }
        return of(data, tensor, gradientColumns, BatchMap.byBatch(transforms), outputColumns);
    }

    /**
     * Backward pass with the running statistics of a state, whatever the batches.
     *
     * @param gradientColumns dy: {@link TensorColumn#gradients}
     * @param outputColumns dx: the name of the column to add, or of those to add for each channel column
     */
    public static GradientDataset withRunningStatistics(
            Dataset<Row> data,
            TensorColumn tensor,
            TensorColumn gradientColumns,
            BatchNormState state,
            NonFinitePolicy policy,
            List<String> outputColumns) {
        requireRoom(data, tensor, 1, state.numFeatures());
        BatchMap<GradientTransform> all = BatchMap.all(GradientTransform.ofRunning(state, policy));
        return of(data, tensor, gradientColumns, all, outputColumns);
    }

    private static void requireRoom(Dataset<Row> data, TensorColumn tensor, int batches, int channels) {
        DriverRoom.of(data.sparkSession().sparkContext())
                .requireForTransforms(tensor.describe(), batches, channels, TRANSFORM_BYTES);
    }

    public static GradientDataset of(
            Dataset<Row> data,
            TensorColumn tensor,
            TensorColumn gradientColumns,
            BatchMap<GradientTransform> transforms,
            List<String> outputColumns) {
        Shared<BatchMap<GradientTransform>> shared =
                new Shared<>(data.sparkSession().sparkContext(), transforms);
        try {
            ColumnReader reader = new ColumnReader(tensor, gradientColumns, false);
            Dataset<Row> result = OutputColumns.add(
                    data, reader, outputColumns, argument -> new GradientFunction(argument, reader, shared));
            return new GradientDataset(result, shared);
        } catch (RuntimeException e) {
            shared.close();
            throw e;
        }
    }

    /**
     * All columns of the data and dx.
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
