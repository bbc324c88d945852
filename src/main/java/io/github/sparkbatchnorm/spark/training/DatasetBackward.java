package io.github.sparkbatchnorm.spark.training;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.ChannelGradients;
import io.github.sparkbatchnorm.spark.codec.TensorColumn;
import io.github.sparkbatchnorm.spark.scan.ScanInput;
import io.github.sparkbatchnorm.spark.transform.BatchMap;
import io.github.sparkbatchnorm.spark.transform.LazyColumns;
import io.github.sparkbatchnorm.spark.transform.TransformedDataset;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * A backward pass over a tensor column and its gradients. After it is closed, only what {@link Dataset#checkpoint()} or
 * {@link Dataset#localCheckpoint()} made of the output can be used.
 */
public final class DatasetBackward extends BackwardPass {
    private final TransformedDataset dx;

    private DatasetBackward(ChannelGradients gradients, TransformedDataset dx) {
        super(gradients);
        this.dx = dx;
    }

    /** Runs the job that sums the gradients. */
    static DatasetBackward run(
            Dataset<Row> batch, TensorColumn tensor, TensorColumn gradientColumn, LayerPass pass, String outputColumn) {
        ChannelGradients gradients = pass.gradients(ScanInput.of(batch, tensor, gradientColumn));
        TransformedDataset dx = LazyColumns.ofGradients(
                        batch,
                        tensor,
                        gradientColumn,
                        gradients.channels(),
                        BatchMap.all(pass.gradientTransform(gradients)),
                        List.of(outputColumn))
                .broadcast();
        return new DatasetBackward(gradients, dx);
    }

    /**
     * {@return the batch with dx, in the type and shape of x (double for integers); lazy} There are fewer rows than in
     * the batch where the options of the tensor skip rows with nulls.
     *
     * @throws BatchNormException if this is closed
     */
    public Dataset<Row> output() {
        return dx.dataset();
    }

    @Override
    public void close() {
        dx.close();
    }
}
