package io.github.sparkbatchnorm.spark.training;

import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.ChannelGradients;
import io.github.sparkbatchnorm.layer.ChannelTransform;
import io.github.sparkbatchnorm.layer.ForwardStatistics;
import io.github.sparkbatchnorm.layer.GradientTransform;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.spark.scan.BatchResult;
import io.github.sparkbatchnorm.spark.scan.ScanInput;
import io.github.sparkbatchnorm.spark.scan.ScanOutcome;
import io.github.sparkbatchnorm.spark.scan.ScanPass;
import io.github.sparkbatchnorm.spark.scan.ScanPlan;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * The part of a forward pass that its backward pass needs.
 *
 * @param state of the layer before the forward pass
 * @param policy of the layer
 * @param statistics of the batch; null if the running ones are used
 */
record LayerPass(BatchNormState state, NonFinitePolicy policy, @Nullable ChannelStatistics statistics) {

    ChannelTransform transform() {
        return statistics == null
                ? ChannelTransform.ofRunning(state, policy)
                : ChannelTransform.ofBatch(statistics, state, policy);
    }

    ForwardStatistics forwardStatistics() {
        return statistics == null
                ? ForwardStatistics.ofRunning(state)
                : ForwardStatistics.ofBatch(statistics, state.config().eps());
    }

    GradientTransform gradientTransform(ChannelGradients gradients) {
        return statistics == null
                ? GradientTransform.ofRunning(state, policy)
                : GradientTransform.ofBatch(gradients, statistics, state, policy);
    }

    /** Runs a job for the gradients of weight and bias; zeros where there are no rows. */
    ChannelGradients gradients(ScanInput input) {
        ScanPlan<BatchResult.Gradients> plan = statistics == null
                ? new ScanPlan.RunningGradients(policy, state)
                : new ScanPlan.KnownGradients(policy, statistics, state.config().eps());
        ScanOutcome<BatchResult.Gradients> found = new ScanPass<>(input, plan).run(OptionalInt.of(state.numFeatures()));
        return found.batches().isEmpty()
                ? ChannelGradients.zero(state.numFeatures())
                : found.batches().get(0).result().gradients();
    }
}
