package io.github.sparkbatchnorm.spark.scan;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.spark.tensor.TensorColumn;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** The distributed gradients of weight and bias: one scan of a tensor column and of the gradients dy of its output. */
public final class GradientPass {
    private GradientPass() {}

    /**
     * Scans a data set; gradients are with the statistics of each batch, which the same scan finds.
     *
     * @param gradients dy: {@link TensorColumn#gradients}
     * @param expectedChannels C that a state tells, 0 if nothing does
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
            int expectedChannels) {
        ScanInput input = ScanInput.of(data, tensor, gradients);
        DatasetGradients result = run(input, policy, GradientRule.ofBatches(eps), expectedChannels);
        for (DatasetGradients.Batch batch : result.batches()) {
            BatchNormState.requireMoreThanOneValue(Objects.requireNonNull(batch.statistics()), batch.label());
        }
        return result;
    }

    /**
     * Scans a data set; gradients are with the running statistics of a state, for each batch.
     *
     * @param gradients dy: {@link TensorColumn#gradients}
     * @throws BatchNormException as {@link #withBatchStatistics}
     */
    public static DatasetGradients withRunningStatistics(
            Dataset<Row> data,
            TensorColumn tensor,
            TensorColumn gradients,
            NonFinitePolicy policy,
            BatchNormState state) {
        ScanInput input = ScanInput.of(data, tensor, gradients);
        return run(input, policy, GradientRule.ofRunning(state), state.numFeatures());
    }

    public static DatasetGradients run(
            ScanInput input, NonFinitePolicy policy, GradientRule rule, int expectedChannels) {
        ScanPass.Outcome outcome = new ScanPass(input, policy, rule)
                .run("gradients of " + input.tensor().describe(), expectedChannels);
        List<DatasetGradients.Batch> batches = new ArrayList<>();
        for (int i = 0; i < outcome.batches().size(); i++) {
            BatchResult result = outcome.batches().get(i);
            batches.add(new DatasetGradients.Batch(
                    result.key(),
                    outcome.labels().get(i),
                    result.statistics(),
                    Objects.requireNonNull(result.gradients())));
        }
        return new DatasetGradients(outcome.channels(), outcome.rows(), outcome.sparse(), batches);
    }
}
