package io.github.sparkbatchnorm.layer;

import io.github.sparkbatchnorm.stats.ChannelStatistics;
import java.io.Serializable;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The configuration, weight, bias and running statistics of a batch norm layer. Immutable, so that threads can share
 * it. Equality is by bits.
 *
 * <p>The keys are PyTorch's. A layer that is not affine has no {@code weight} (gamma) and no {@code bias} (beta). A
 * layer that never tracked has no buffers: {@code running_mean}, {@code running_var} (unbiased) and
 * {@code num_batches_tracked}. A layer that no longer tracks keeps them.
 */
public final class BatchNormState implements Serializable {
    private static final long serialVersionUID = 1L;

    private final BatchNormConfig config;
    private final int numFeatures;
    private final double @Nullable [] weight;
    private final double @Nullable [] bias;
    private final double @Nullable [] runningMean;
    private final double @Nullable [] runningVar;
    private final long numBatchesTracked;

    private BatchNormState(
            BatchNormConfig config,
            int numFeatures,
            double @Nullable [] weight,
            double @Nullable [] bias,
            double @Nullable [] runningMean,
            double @Nullable [] runningVar,
            long numBatchesTracked) {
        this.config = config;
        this.numFeatures = numFeatures;
        this.weight = weight;
        this.bias = bias;
        this.runningMean = runningMean;
        this.runningVar = runningVar;
        this.numBatchesTracked = numBatchesTracked;
    }

    /**
     * The state of a fresh layer: weight 1, bias 0, running mean 0, running variance 1, no batch tracked.
     *
     * @param numFeatures C, the number of channels: 1 or more
     * @param config which of these the layer has
     * @return a state that nothing has trained
     * @throws IllegalArgumentException if numFeatures is below 1
     */
    public static BatchNormState initial(int numFeatures, BatchNormConfig config) {
        StateRules.checkNumFeatures(numFeatures);
        boolean tracked = config.trackRunningStats();
        return new BatchNormState(
                config,
                numFeatures,
                config.affine() ? filled(numFeatures, 1) : null,
                config.affine() ? filled(numFeatures, 0) : null,
                tracked ? filled(numFeatures, 0) : null,
                tracked ? filled(numFeatures, 1) : null,
                0);
    }

    /**
     * The state of a layer with given values. The arrays are copied.
     *
     * @param config eps, momentum, and what the layer has
     * @param numFeatures C, the number of channels and the length of each array: 1 or more
     * @param weight gamma; null if and only if the layer is not affine
     * @param bias beta; null if and only if the layer is not affine
     * @param runningMean null if the layer has no buffers; a layer that tracks has them
     * @param runningVar unbiased, 0 or more, or NaN; null if and only if runningMean is null
     * @param numBatchesTracked 0 or more; 0 if the layer has no buffers
     * @return a state of these values
     * @throws IllegalArgumentException naming the key that does not fit
     */
    public static BatchNormState of(
            BatchNormConfig config,
            int numFeatures,
            double @Nullable [] weight,
            double @Nullable [] bias,
            double @Nullable [] runningMean,
            double @Nullable [] runningVar,
            long numBatchesTracked) {
        StateRules.check(config, numFeatures, weight, bias, runningMean, runningVar, numBatchesTracked);
        return new BatchNormState(
                config, numFeatures, copy(weight), copy(bias), copy(runningMean), copy(runningVar), numBatchesTracked);
    }

    private static double[] filled(int length, double value) {
        double[] values = new double[length];
        Arrays.fill(values, value);
        return values;
    }

    /** {@return eps, momentum, and whether the layer is affine and tracks} */
    public BatchNormConfig config() {
        return config;
    }

    /** {@return C, the number of channels} */
    public int numFeatures() {
        return numFeatures;
    }

    /**
     * A channel's weight (gamma).
     *
     * @param channel from 0
     * @return 1 if the layer is not affine
     */
    public double weight(int channel) {
        return weight == null ? 1 : weight[channel];
    }

    /**
     * A channel's bias (beta).
     *
     * @param channel from 0
     * @return 0 if the layer is not affine
     */
    public double bias(int channel) {
        return bias == null ? 0 : bias[channel];
    }

    /**
     * A copy of the weights (gamma).
     *
     * @return an array of length C; null if the layer is not affine
     */
    public double @Nullable [] weight() {
        return copy(weight);
    }

    /**
     * A copy of the biases (beta).
     *
     * @return an array of length C; null if the layer is not affine
     */
    public double @Nullable [] bias() {
        return copy(bias);
    }

    /**
     * A copy of the running means.
     *
     * @return an array of length C; null if the layer has none
     */
    public double @Nullable [] runningMean() {
        return copy(runningMean);
    }

    /**
     * A copy of the running variances, which are unbiased.
     *
     * @return an array of length C; null if the layer has none
     */
    public double @Nullable [] runningVar() {
        return copy(runningVar);
    }

    /** {@return the number of batches that the running statistics have seen} */
    public long numBatchesTracked() {
        return numBatchesTracked;
    }

    /** {@return whether the layer has running statistics, which evaluation then uses} */
    public boolean hasRunningStatistics() {
        return runningMean != null;
    }

    /**
     * A copy of this state with other weight and bias, such as after a step of an optimizer.
     *
     * @param newWeight gamma, an array of length C
     * @param newBias beta, an array of length C
     * @return a state with these, and all else as here
     * @throws IllegalArgumentException if the layer is not affine, or a length is not num_features
     */
    public BatchNormState withParameters(double[] newWeight, double[] newBias) {
        return of(config, numFeatures, newWeight, newBias, runningMean, runningVar, numBatchesTracked);
    }

    /**
     * A copy of this state that no longer tracks.
     *
     * @return a state whose running statistics stay as they are here, whatever batches follow
     */
    public BatchNormState withoutTracking() {
        BatchNormConfig untracked = config.withTrackRunningStats(false);
        return of(untracked, numFeatures, weight, bias, runningMean, runningVar, numBatchesTracked);
    }

    /**
     * The state after training on global batches, in their order. Each batch changes it to
     *
     * <pre>
     * num_batches_tracked += 1
     * f = momentum, or 1 / num_batches_tracked for the cumulative average
     * running_mean = (1 - f) * running_mean + f * mean
     * running_var  = (1 - f) * running_var  + f * sampleVariance
     * </pre>
     *
     * <p>The formula holds for values that are not finite too: NaN stays, also where f = 1, as in PyTorch.
     *
     * <p>A channel without a value in a batch keeps its running statistics. A batch without any value is not counted.
     * With {@link NonFinitePolicy#SKIP_BATCH} a batch with a value that is not finite changes nothing. A layer that
     * does not track stays as it is.
     *
     * @param batches the statistics of each global batch
     * @param policy the policy under which these were found
     * @return a state with other running statistics, and all else as here
     * @throws IllegalArgumentException if a batch has another number of channels
     * @throws BatchNormException if a channel of a batch has one value only
     */
    public BatchNormState afterBatches(Iterable<ChannelStatistics> batches, NonFinitePolicy policy) {
        double[] mean = copy(runningMean);
        double[] var = copy(runningVar);
        long tracked = numBatchesTracked;
        for (ChannelStatistics batch : batches) {
            checkChannels(batch);
            requireMoreThanOneValue(batch, null);
            boolean skipped = isEmpty(batch) || (policy == NonFinitePolicy.SKIP_BATCH && batch.hasNonFinite());
            if (!config.trackRunningStats() || mean == null || var == null || skipped) {
                continue;
            }
            tracked++;
            double f = config.momentum() == null ? 1.0 / tracked : config.momentum();
            for (int c = 0; c < numFeatures; c++) {
                if (batch.count(c) > 0) {
                    mean[c] = (1 - f) * mean[c] + f * batch.mean(c);
                    var[c] = (1 - f) * var[c] + f * batch.sampleVariance(c);
                }
            }
        }
        return new BatchNormState(config, numFeatures, weight, bias, mean, var, tracked);
    }

    private static boolean isEmpty(ChannelStatistics batch) {
        for (int c = 0; c < batch.channels(); c++) {
            if (batch.count(c) > 0) {
                return false;
            }
        }
        return true;
    }

    void checkChannels(ChannelStatistics batch) {
        if (batch.channels() != numFeatures) {
            throw new IllegalArgumentException(
                    "a batch of " + batch.channels() + " channels; expected num_features, " + numFeatures);
        }
    }

    /**
     * Checks that a batch can be normalized with its own statistics: no channel has exactly one value.
     *
     * @param batch the statistics of a global batch
     * @param label names the batch in the message; null without a batch column
     * @throws BatchNormException if a channel has exactly one value, in PyTorch's words
     */
    public static void requireMoreThanOneValue(ChannelStatistics batch, @Nullable Object label) {
        for (int c = 0; c < batch.channels(); c++) {
            if (batch.count(c) == 1) {
                throw new BatchNormException("Expected more than 1 value per channel when training, got input size [1, "
                        + batch.channels() + "]" + (label == null ? "" : " (batch " + label + ")"));
            }
        }
    }

    private static double @Nullable [] copy(double @Nullable [] values) {
        return values == null ? null : values.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof BatchNormState that
                && config.equals(that.config)
                && numFeatures == that.numFeatures
                && numBatchesTracked == that.numBatchesTracked
                && Arrays.equals(weight, that.weight)
                && Arrays.equals(bias, that.bias)
                && Arrays.equals(runningMean, that.runningMean)
                && Arrays.equals(runningVar, that.runningVar);
    }

    @Override
    public int hashCode() {
        return Objects.hash(config, numBatchesTracked, Arrays.hashCode(runningMean), Arrays.hashCode(runningVar));
    }

    @Override
    public String toString() {
        return "BatchNormState[" + numFeatures + " features, " + numBatchesTracked + " batches tracked]";
    }
}
