package io.github.sparkbatchnorm.spark.training;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormMode;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.spark.codec.TensorColumn;
import io.github.sparkbatchnorm.spark.scan.BatchResult;
import io.github.sparkbatchnorm.spark.scan.ScanInput;
import io.github.sparkbatchnorm.spark.scan.ScanOutcome;
import io.github.sparkbatchnorm.spark.scan.ScanPass;
import io.github.sparkbatchnorm.spark.scan.ScanPlan;
import io.github.sparkbatchnorm.spark.tensor.TensorOptions;
import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.io.Serializable;
import java.util.List;
import java.util.OptionalInt;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.jspecify.annotations.Nullable;

/**
 * A synchronized batch norm layer for training loops on Spark: forward and backward over global batches that lie
 * distributed, as a {@link JavaRDD} of samples or a column of a {@link Dataset}.
 *
 * <pre>
 * training:   mean, var over the global batch;  y = (x - mean) / sqrt(var + eps) * weight + bias
 * evaluation: the same with running_mean and running_var, or with the batch's own if there are none
 * </pre>
 *
 * <p>A sample is one element: {@code [C]}, {@code [C,L]}, {@code [C,H,W]} or {@code [C,D,H,W]}, or the same with the
 * channels last. One job finds the statistics of a batch, and another the gradients; outputs are lazy. Statistics and
 * gradients are exact sums, so that the same samples give the same bits on any number of partitions and executors.
 *
 * <p><b>Give it a batch that is deterministic and cached.</b> The samples are read by the statistics pass and again by
 * whatever computes the output; a batch that is sampled or shuffled anew each time would be normalized with the
 * statistics of another.
 *
 * <p>The layer holds nothing but its {@linkplain #state() state}: what a forward pass broadcasts is released when that
 * is closed. Serializable. Not thread-safe.
 *
 * @see <a href="https://arxiv.org/abs/1502.03167">Ioffe and Szegedy, Batch Normalization, 2015, Algorithms 1 and 2</a>
 */
public final class BatchNormLayer implements Serializable {
    private static final long serialVersionUID = 1L;

    private final NonFinitePolicy policy;
    private BatchNormState state;

    /**
     * A layer that goes on from a state; NaN and infinities propagate.
     *
     * @param state weight, bias, running statistics and configuration, such as {@link BatchNormState#initial}
     */
    public BatchNormLayer(BatchNormState state) {
        this(state, NonFinitePolicy.PROPAGATE);
    }

    /**
     * A layer that goes on from a state.
     *
     * @param state weight, bias, running statistics and configuration, such as {@link BatchNormState#initial}
     * @param policy what happens to values that are not finite, in forward and backward passes
     */
    public BatchNormLayer(BatchNormState state, NonFinitePolicy policy) {
        this.state = state;
        this.policy = policy;
    }

    /** {@return weight, bias and running statistics as they are now} */
    public BatchNormState state() {
        return state;
    }

    /**
     * Replaces weight and bias, such as after a step of an optimizer.
     *
     * @param weight gamma of each channel, of length C
     * @param bias beta of each channel, of length C
     * @throws IllegalArgumentException if the layer is not affine, or the lengths are not the number of channels
     */
    public void setParameters(double[] weight, double[] bias) {
        state = state.withParameters(weight, bias);
    }

    /**
     * Forward pass over a global batch of samples. In training mode the running statistics are updated, once; a failure
     * leaves them as they are. An empty batch changes nothing.
     *
     * @param samples {@code float[]} or {@code double[]}, flat in C order; deterministic and cached
     * @param shape of each sample
     * @param mode {@code TRAIN} normalizes with the statistics of the batch and updates the running ones; {@code EVAL}
     *     uses the running statistics if there are any, and changes nothing
     * @param <T> {@code float[]} or {@code double[]}
     * @return the pass, to be closed when its output is not needed any more
     * @throws IllegalArgumentException if the shape has another number of channels than the layer
     * @throws BatchNormException if a sample is null or of another length, or if batch statistics are needed and a
     *     channel has one value only
     */
    public <T> RddForward<T> forward(JavaRDD<T> samples, SampleShape shape, BatchNormMode mode) {
        checkChannels(shape.channels());
        TensorColumn tensor = TensorColumn.ofArrays("samples", shape);
        ChannelStatistics statistics = usesRunning(mode) ? null : statistics(ScanInput.of(samples, tensor, null));
        BatchNormState after = after(statistics, mode);
        RddForward<T> forward = RddForward.of(samples, tensor, shape, new LayerPass(state, policy, statistics));
        state = after;
        return forward;
    }

    /**
     * Forward pass over a global batch that is a tensor column. In training mode the running statistics are updated,
     * once; a failure leaves them as they are. An empty batch changes nothing.
     *
     * @param batch all of it is one global batch; deterministic and cached
     * @param tensor the tensor column and how it is read; neither channel columns nor a batch column
     * @param outputColumn the column that the output has more than the batch
     * @param mode {@code TRAIN} normalizes with the statistics of the batch and updates the running ones; {@code EVAL}
     *     uses the running statistics if there are any, and changes nothing
     * @return the pass, to be closed when its output is not needed any more
     * @throws IllegalArgumentException if the options do not fit the batch
     * @throws BatchNormException if rows cannot be used, or if batch statistics are needed and a channel has one value
     *     only
     */
    public DatasetForward forward(Dataset<Row> batch, TensorOptions tensor, String outputColumn, BatchNormMode mode) {
        if (tensor.isChannelPerColumn() || tensor.batchColumn().isPresent()) {
            throw new IllegalArgumentException((tensor.isChannelPerColumn() ? "channel columns" : "a batch column")
                    + " given; a layer takes one tensor column of one global batch");
        }
        TensorColumn column = TensorColumn.of(batch.schema(), tensor);
        column.knownChannels().ifPresent(this::checkChannels);
        TensorColumn.requireNew(batch.schema(), outputColumn);
        ChannelStatistics statistics = usesRunning(mode) ? null : statistics(ScanInput.of(batch, column, null));
        BatchNormState after = after(statistics, mode);
        DatasetForward forward =
                DatasetForward.of(batch, column, new LayerPass(state, policy, statistics), outputColumn);
        state = after;
        return forward;
    }

    private boolean usesRunning(BatchNormMode mode) {
        return mode == BatchNormMode.EVAL && state.hasRunningStatistics();
    }

    private void checkChannels(int channels) {
        if (channels != state.numFeatures()) {
            throw new IllegalArgumentException(
                    "samples of " + channels + " channels; expected " + state.numFeatures() + ", as the layer has");
        }
    }

    private ChannelStatistics statistics(ScanInput input) {
        ScanOutcome<BatchResult.Statistics> found =
                new ScanPass<>(input, new ScanPlan.Statistics(policy)).run(OptionalInt.of(state.numFeatures()));
        if (found.batches().isEmpty()) {
            return ChannelMoments.empty(state.numFeatures()).statistics();
        }
        ChannelStatistics batch = found.batches().get(0).result().statistics();
        BatchNormState.requireMoreThanOneValue(batch, null);
        return batch;
    }

    /**
     * The state after a pass.
     *
     * @param batch the statistics of the batch; null if running ones are used
     */
    private BatchNormState after(@Nullable ChannelStatistics batch, BatchNormMode mode) {
        return batch == null || mode == BatchNormMode.EVAL ? state : state.afterBatches(List.of(batch), policy);
    }

    @Override
    public String toString() {
        return "BatchNormLayer[" + state + "]";
    }
}
