package io.github.sparkbatchnorm.spark.training;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.spark.tensor.TensorColumn;
import io.github.sparkbatchnorm.spark.transform.NormalizedDataset;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.jspecify.annotations.Nullable;

/**
 * A forward pass over a tensor column. Keep it open as long as anything made of its output is used: closing releases
 * what the output needs on the executors. What {@link Dataset#checkpoint()} or {@link Dataset#localCheckpoint()} made
 * of the output can be used afterwards; a cached output cannot, since Spark may have to compute a partition again.
 */
public final class DatasetForward implements AutoCloseable {
    private final LayerPass pass;
    private final TensorColumn tensor;
    private final NormalizedDataset normalized;

    DatasetForward(
            Dataset<Row> batch,
            TensorColumn tensor,
            BatchNormState state,
            NonFinitePolicy policy,
            @Nullable ChannelStatistics statistics,
            String outputColumn) {
        this.pass = new LayerPass(state, policy, statistics);
        this.tensor = tensor;
        this.normalized = NormalizedDataset.of(batch, tensor, pass.transform(), state, outputColumn);
    }

    /**
     * The batch with y, in the type and shape of x (double for integers); lazy.
     *
     * @throws BatchNormException if this is closed
     */
    public Dataset<Row> output() {
        return normalized.dataset();
    }

    /** The mean of each channel that x is centred with: of the batch, or the running one. */
    public double[] mean() {
        return pass.forwardStatistics().mean();
    }

    /** {@code 1 / sqrt(var + eps)} of each channel; 0 where a batch's variance and eps are 0. */
    public double[] invstd() {
        return pass.forwardStatistics().invstd();
    }

    /**
     * Backward pass: one job for the gradients of weight and bias; dx is lazy.
     *
     * @param batch the rows of the forward pass, with x, and dy in a column of the same shape; deterministic and cached
     * @param gradientColumn dy, the gradient of the loss with respect to y
     * @param outputColumn dx, the column that the output has more than the batch
     * @throws BatchNormException if rows cannot be used
     * @throws IllegalArgumentException if there is no such column, the output column exists, or there are more rows
     *     than in the forward pass
     */
    public DatasetBackward backward(Dataset<Row> batch, String gradientColumn, String outputColumn) {
        TensorColumn gradients = tensor.gradients(batch.schema(), List.of(gradientColumn));
        TensorColumn.requireNew(batch.schema(), outputColumn);
        return new DatasetBackward(batch, tensor, gradients, pass, outputColumn);
    }

    /** Destroys what was broadcast. */
    @Override
    public void close() {
        normalized.close();
    }
}
