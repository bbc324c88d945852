package io.github.sparkbatchnorm.spark.training;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.spark.codec.TensorColumn;
import io.github.sparkbatchnorm.spark.transform.BatchMap;
import io.github.sparkbatchnorm.spark.transform.LazyColumns;
import io.github.sparkbatchnorm.spark.transform.TransformedDataset;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * A forward pass over a tensor column. After it is closed, only what {@link Dataset#checkpoint()} or
 * {@link Dataset#localCheckpoint()} made of the output can be used.
 */
public final class DatasetForward extends ForwardPass {
    private final TensorColumn tensor;
    private final TransformedDataset normalized;

    private DatasetForward(LayerPass pass, TensorColumn tensor, TransformedDataset normalized) {
        super(pass);
        this.tensor = tensor;
        this.normalized = normalized;
    }

    static DatasetForward of(Dataset<Row> batch, TensorColumn tensor, LayerPass pass, String outputColumn) {
        int channels = pass.state().numFeatures();
        TransformedDataset normalized = LazyColumns.ofSamples(
                        batch, tensor, channels, BatchMap.all(pass.transform()), List.of(outputColumn))
                .broadcast();
        return new DatasetForward(pass, tensor, normalized);
    }

    /**
     * {@return the batch with y, in the type and shape of x (double for integers); lazy} There are fewer rows than in
     * the batch where the options of the tensor skip rows with nulls.
     *
     * @throws BatchNormException if this is closed
     */
    public Dataset<Row> output() {
        return normalized.dataset();
    }

    /**
     * Backward pass: one job for the gradients of weight and bias; dx is lazy. It needs nothing that was broadcast, so
     * that this may be closed.
     *
     * @param batch the rows of the forward pass, with x, and dy in a column of the same shape; deterministic and cached
     * @param gradientColumn dy, the gradient of the loss with respect to y
     * @param outputColumn dx, the column that the output has more than the batch
     * @return the pass, to be closed when dx is not needed any more
     * @throws BatchNormException if rows cannot be used
     * @throws IllegalArgumentException if there is no such column, the output column exists, or there are more rows
     *     than in the forward pass
     */
    public DatasetBackward backward(Dataset<Row> batch, String gradientColumn, String outputColumn) {
        TensorColumn gradients = tensor.gradients(batch.schema(), List.of(gradientColumn));
        TensorColumn.requireNew(batch.schema(), outputColumn);
        return DatasetBackward.run(batch, tensor, gradients, pass(), outputColumn);
    }

    @Override
    public void close() {
        normalized.close();
    }
}
