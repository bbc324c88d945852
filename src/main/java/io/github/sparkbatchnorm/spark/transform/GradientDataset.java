package io.github.sparkbatchnorm.spark.transform;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.GradientTransform;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.spark.rows.ColumnReader;
import io.github.sparkbatchnorm.spark.scan.DatasetGradients;
import io.github.sparkbatchnorm.spark.tensor.BatchKey;
import io.github.sparkbatchnorm.spark.tensor.TensorColumn;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * A data set with the gradient dx of its tensor column, lazily: each action scans the data and computes dx anew.
 *
 * <p>The rows keep their partitions and their order. Rows with a null in x or dy are handled as
 * {@link io.github.sparkbatchnorm.spark.tensor.HandleInvalid} says: {@code SKIP} drops them, so that there are fewer
 * rows than in the data; {@code KEEP} leaves dx null where the sample or its gradient is; {@code ERROR} ends the task.
 *
 * <p>Only the transforms travel to the executors, once. Closing releases them: the data set cannot be used afterwards.
 */
public final class GradientDataset implements AutoCloseable {
    /** Bytes of a channel: mean and mean gradient in two parts each, invstd, projection, scale. */
    private static final int TRANSFORM_BYTES = 7 * Double.BYTES;

    private final TransformedDataset transformed;

    private GradientDataset(TransformedDataset transformed) {
        this.transformed = transformed;
    }

    /**
     * Backward pass with the statistics of each row's own batch, without a job.
     *
     * @param data the data set that the gradients are of; it must give the same rows at each scan
     * @param tensor x: the tensor column or the channel columns, resolved in the schema of the data
     * @param gradientColumns dy: {@link TensorColumn#gradients}
     * @param gradients of all batches of the data, with their statistics
     * @param state weight and eps
     * @param policy {@code IGNORE} gives dx = 0 where x or dy is not finite; with the others they make what IEEE
     *     arithmetic makes of them
     * @param outputColumns dx: the name of the column to add, or of those to add for each channel column; in the type
     *     and shape of x (double for integers)
     * @return the data set with dx, to be closed
     * @throws BatchNormException if the driver cannot hold the transforms
     * @throws IllegalArgumentException if gradients and state have other numbers of channels
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
     * Backward pass with the running statistics of a state, whatever the batches, without a job.
     *
     * @param data rows with the tensor and the gradients
     * @param tensor x: the tensor column or the channel columns, resolved in the schema of the data
     * @param gradientColumns dy: {@link TensorColumn#gradients}
     * @param state weight, eps and running statistics
     * @param policy as in {@link #withBatchStatistics}
     * @param outputColumns as in {@link #withBatchStatistics}
     * @return the data set with dx, to be closed
     * @throws BatchNormException if the driver cannot hold the transform
     * @throws IllegalArgumentException if the state has no running statistics
     */
    public static GradientDataset withRunningStatistics(
            Dataset<Row> data,
            TensorColumn tensor,
            TensorColumn gradientColumns,
            BatchNormState state,
            NonFinitePolicy policy,
            List<String> outputColumns) {
        requireRoom(data, tensor, 1, state.numFeatures());
        return of(data, tensor, gradientColumns, GradientTransform.ofRunning(state, policy), outputColumns);
    }

    private static void requireRoom(Dataset<Row> data, TensorColumn tensor, int batches, int channels) {
        TransformedDataset.requireRoom(data, tensor, batches, channels, TRANSFORM_BYTES);
    }

    /**
     * Backward pass with one transform for all rows, without a job; no API.
     *
     * @param data rows with the tensor and the gradients
     * @param tensor x: the tensor column, resolved in the schema of the data
     * @param gradientColumns dy: {@link TensorColumn#gradients}
     * @param transform for all rows
     * @param outputColumns as in {@link #withBatchStatistics}
     * @return the data set with dx, to be closed
     */
    public static GradientDataset of(
            Dataset<Row> data,
            TensorColumn tensor,
            TensorColumn gradientColumns,
            GradientTransform transform,
            List<String> outputColumns) {
        return of(data, tensor, gradientColumns, BatchMap.all(transform), outputColumns);
    }

    private static GradientDataset of(
            Dataset<Row> data,
            TensorColumn tensor,
            TensorColumn gradientColumns,
            BatchMap<GradientTransform> transforms,
            List<String> outputColumns) {
        ColumnReader reader = new ColumnReader(tensor, gradientColumns, false);
        return new GradientDataset(TransformedDataset.of(
                data,
                transforms,
                reader,
                outputColumns,
                (argument, lookup) -> new GradientFunction(argument, reader, lookup)));
    }

    /**
     * {@return all columns of the data and dx; lazy}
     *
     * @throws BatchNormException if this is closed
     */
    public Dataset<Row> dataset() {
        return transformed.dataset();
    }

    /** Destroys the broadcast transforms. */
    @Override
    public void close() {
        transformed.close();
    }
}
