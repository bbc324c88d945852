package io.github.sparkbatchnorm.spark.scan;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.spark.tensor.TensorColumn;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import java.util.OptionalInt;
import java.util.function.Function;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** The distributed gradients of weight and bias: one scan of a tensor column and of the gradients dy of its output. */
public final class GradientPass {
    private GradientPass() {}

    /**
     * Scans a data set, at once, for gradients with the statistics of each batch, which the same scan finds.
     *
     * @param data rows with the tensor and the gradients
     * @param tensor x: the tensor column or the channel columns, resolved in the schema of the data
     * @param gradients dy: {@link TensorColumn#gradients}
     * @param policy what happens to x and dy that are not finite: {@code IGNORE} leaves the pair out, {@code FAIL}
     *     refuses it; with the others the gradients of the channel are not finite either
     * @param eps added to each variance, at least 0
     * @param expectedChannels C that a state tells; empty if nothing does
     * @return the gradients of each global batch, with its statistics; none without rows
     * @throws BatchNormException if rows cannot be used, if there are none and nothing tells the number of channels, if
     *     that is not the expected one, if there are more batches than a driver takes, or if a channel of a batch has
     *     one value only
     */
    public static DatasetGradients withBatchStatistics(
            Dataset<Row> data,
            TensorColumn tensor,
            TensorColumn gradients,
            NonFinitePolicy policy,
            double eps,
            OptionalInt expectedChannels) {
        ScanPass.Outcome<BatchResult.WithStatistics> outcome =
                run(ScanInput.of(data, tensor, gradients), new ScanPlan.BatchGradients(policy, eps), expectedChannels);
        for (ScanPass.LabelledBatch<BatchResult.WithStatistics> batch : outcome.batches()) {
            BatchNormState.requireMoreThanOneValue(batch.result().statistics(), batch.label());
        }
        return gradients(
                outcome,
                batch -> new DatasetGradients.Batch(
                        batch.result().key(),
                        batch.label(),
                        batch.result().statistics(),
                        batch.result().gradients()));
    }

    /**
     * Scans a data set, at once, for gradients with the running statistics of a state, for each batch.
     *
     * @param data rows with the tensor and the gradients
     * @param tensor x: the tensor column or the channel columns, resolved in the schema of the data
     * @param gradients dy: {@link TensorColumn#gradients}
     * @param policy what happens to x and dy that are not finite, as in {@link #withBatchStatistics}
     * @param state running statistics and eps
     * @return the gradients of each global batch, without statistics; none without rows
     * @throws BatchNormException as {@link #withBatchStatistics}
     */
    public static DatasetGradients withRunningStatistics(
            Dataset<Row> data,
            TensorColumn tensor,
            TensorColumn gradients,
            NonFinitePolicy policy,
            BatchNormState state) {
        return withRunningStatistics(ScanInput.of(data, tensor, gradients), policy, state);
    }

    /**
     * Scans an input, at once, for gradients with the running statistics of a state; no API.
     *
     * @param input samples and their gradients
     * @param policy what happens to x and dy that are not finite
     * @param state running statistics and eps
     * @return the gradients of each global batch, without statistics; none without rows
     */
    public static DatasetGradients withRunningStatistics(
            ScanInput input, NonFinitePolicy policy, BatchNormState state) {
        return gradients(run(input, new ScanPlan.RunningGradients(policy, state), OptionalInt.of(state.numFeatures())));
    }

    /**
     * Scans an input of one batch, at once, for gradients with statistics that a forward pass found; no API.
     *
     * @param input samples and their gradients
     * @param policy what happens to x and dy that are not finite
     * @param statistics of the samples of the input
     * @param eps added to each variance, at least 0
     * @return the gradients of the batch, without statistics; none without rows
     */
    public static DatasetGradients withKnownStatistics(
            ScanInput input, NonFinitePolicy policy, ChannelStatistics statistics, double eps) {
        return gradients(run(
                input, new ScanPlan.KnownGradients(policy, statistics, eps), OptionalInt.of(statistics.channels())));
    }

    private static <R extends BatchResult> ScanPass.Outcome<R> run(
            ScanInput input, ScanPlan<R> plan, OptionalInt expectedChannels) {
        return new ScanPass<>(input, plan).run("gradients of " + input.tensor().describe(), expectedChannels);
    }

    private static DatasetGradients gradients(ScanPass.Outcome<BatchResult.Gradients> outcome) {
        return gradients(
                outcome,
                batch -> new DatasetGradients.Batch(
                        batch.result().key(),
                        batch.label(),
                        null,
                        batch.result().gradients()));
    }

    private static <R> DatasetGradients gradients(
            ScanPass.Outcome<R> outcome, Function<ScanPass.LabelledBatch<R>, DatasetGradients.Batch> batch) {
        return new DatasetGradients(
                outcome.channels(),
                outcome.rows(),
                outcome.sparse(),
                outcome.batches().stream().map(batch).toList());
    }
}
