package io.github.sparkbatchnorm.spark.training;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.ChannelGradients;
import io.github.sparkbatchnorm.spark.scan.ScanInput;
import io.github.sparkbatchnorm.spark.tensor.TensorColumn;
import io.github.sparkbatchnorm.spark.transform.BatchMap;
import io.github.sparkbatchnorm.spark.transform.GradientDataset;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * A backward pass over a tensor column and its gradients. Keep it open as long as anything made of its output is used:
 * closing releases what the output needs on the executors. What {@link Dataset#checkpoint()} or
 * {@link Dataset#localCheckpoint()} made of the output can be used afterwards; a cached output cannot, since Spark may
 * have to compute a partition again.
 */
public final class DatasetBackward implements AutoCloseable {
    private final ChannelGradients gradients;
    private final GradientDataset dataset;

    DatasetBackward(
            Dataset<Row> batch, TensorColumn tensor, TensorColumn gradientColumn, LayerPass pass, String outputColumn) {
        gradients = pass.gradients(ScanInput.of(batch, tensor, gradientColumn));
        dataset = GradientDataset.of(
                batch, tensor, gradientColumn, BatchMap.all(pass.gradientTransform(gradients)), List.of(outputColumn));
    }

    /**
     * The batch with dx, in the type and shape of x (double for integers); lazy.
     *
     * @throws BatchNormException if this is closed
     */
    public Dataset<Row> output() {
        return dataset.dataset();
    }

    /** dweight, the gradient of the loss with respect to each channel's weight: a sum over the global batch. */
    public double[] weightGradient() {
        return gradients.weight();
    }

    /** dbias, the gradient of the loss with respect to each channel's bias: a sum over the global batch. */
    public double[] biasGradient() {
        return gradients.bias();
    }

    /** Destroys what was broadcast. */
    @Override
    public void close() {
        dataset.close();
    }
}
