package io.github.sparkbatchnorm.layer;

import io.github.sparkbatchnorm.stats.ChannelStatistics;
import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The configuration, weight, bias and running statistics of a batch norm layer. Immutable, so that threads can share
 * it. Equality is by bits, and leaves the {@linkplain #provenance provenance} out.
 *
 * <p>The keys are PyTorch's. A layer that is not affine has no {@code weight} (gamma) and no {@code bias} (beta). A
 * layer that never tracked has no buffers: {@code running_mean}, {@code running_var} (unbiased) and
 * {@code num_batches_tracked}. A layer that no longer tracks keeps them.
 *
 * <p>A running mean is a double-double: PyTorch's {@code running_mean} and a low part, so that evaluation is as exact
 * as training however large the mean is beside the spread.
 */
public final class BatchNormState implements Serializable {
    private static final long serialVersionUID = 1L;

    private final BatchNormConfig config;
    private final int numFeatures;
    private final double @Nullable [] weight;
    private final double @Nullable [] bias;
    private final @Nullable RunningStatistics running;
    private final @Nullable Provenance provenance;

    private BatchNormState(
            BatchNormConfig config,
            int numFeatures,
            double @Nullable [] weight,
            double @Nullable [] bias,
            @Nullable RunningStatistics running,
            @Nullable Provenance provenance) {
        this.config = config;
        this.numFeatures = numFeatures;
        this.weight = weight;
        this.bias = bias;
        this.running = running;
        this.provenance = provenance;
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
        return new BatchNormState(
                config,
                numFeatures,
                config.affine() ? filled(numFeatures, 1) : null,
                config.affine() ? filled(numFeatures, 0) : null,
                config.trackRunningStats() ? RunningStatistics.initial(numFeatures) : null,
                null);
    }

    /**
     * The state of a layer with given values. The arrays are copied. The low parts of the running means are 0.
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
        RunningStatistics running = runningMean == null || runningVar == null
                ? null
                : new RunningStatistics(
                        runningMean.clone(), new double[numFeatures], runningVar.clone(), numBatchesTracked);
        return new BatchNormState(config, numFeatures, copy(weight), copy(bias), running, null);
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
        return running == null ? null : running.mean().clone();
    }

    /**
     * A copy of the low parts of the running means, as double-doubles: at most half an ulp of the running mean.
     *
     * @return an array of length C; null if the layer has no running statistics
     */
    public double @Nullable [] runningMeanLow() {
        return running == null ? null : running.meanLow().clone();
    }

    /** {@return whether a running mean has a low part other than 0, which one double loses} */
    public boolean hasRunningMeanLow() {
        return running != null && running.hasMeanLow();
    }

    /**
     * A copy of the running variances, which are unbiased.
     *
     * @return an array of length C; null if the layer has none
     */
    public double @Nullable [] runningVar() {
        return running == null ? null : running.var().clone();
    }

    /** {@return the number of batches that the running statistics have seen} */
    public long numBatchesTracked() {
        return running == null ? 0 : running.numBatchesTracked();
    }

    /** {@return where the running statistics come from; empty if that is not known} */
    public Optional<Provenance> provenance() {
        return Optional.ofNullable(provenance);
    }

    /** {@return whether the layer has running statistics, which evaluation then uses} */
    public boolean hasRunningStatistics() {
        return running != null;
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
        StateRules.checkParameters(config, numFeatures, newWeight, newBias);
        return new BatchNormState(config, numFeatures, newWeight.clone(), newBias.clone(), running, provenance);
    }

    /**
     * A copy of this state with low parts of its running means.
     *
     * @param low an array of length C
     * @return a state with these, and all else as here
     * @throws IllegalArgumentException if the layer has no running statistics, the length is not num_features, or a low
     *     part is more than half an ulp of its mean, or not 0 where that is not finite
     */
    public BatchNormState withRunningMeanLow(double[] low) {
        if (running == null) {
            throw new IllegalArgumentException(
                    "running_mean_low is present, but running_mean is absent; expected it to be absent");
        }
        StateRules.checkLow(low, running.mean());
        return new BatchNormState(config, numFeatures, weight, bias, running.withMeanLow(low), provenance);
    }

    /**
     * A copy of this state with a provenance.
     *
     * @param from where the running statistics come from; null if that is not known
     * @return a state with that, and all else as here
     * @throws IllegalArgumentException if it is of another number of channels
     */
    public BatchNormState withProvenance(@Nullable Provenance from) {
        if (from != null) {
            StateRules.checkProvenance(from, numFeatures);
        }
        return new BatchNormState(config, numFeatures, weight, bias, running, from);
    }

    /**
     * A copy of this state whose channels are in the order of some column names.
     *
     * @param columns the names of the columns that are a channel each
     * @return this if the provenance has no names or the same ones in the same order; else a state with the channels of
     *     these names
     * @throws IllegalArgumentException naming the columns that the state misses, or has beyond these
     */
    public BatchNormState forColumns(List<String> columns) {
        List<String> own = provenance == null ? null : provenance.columns();
        if (provenance == null || own == null || own.equals(columns)) {
            return this;
        }
        int[] order = ChannelOrder.of(own, columns);
        return new BatchNormState(
                config,
                numFeatures,
                weight == null ? null : ChannelOrder.of(weight, order),
                bias == null ? null : ChannelOrder.of(bias, order),
                running == null ? null : running.inOrder(order),
                ChannelOrder.of(provenance, columns, order));
    }

    /**
     * A copy of this state that no longer tracks.
     *
     * @return a state whose running statistics stay as they are here, whatever batches follow
     */
    public BatchNormState withoutTracking() {
        BatchNormConfig untracked = config.withTrackRunningStats(false);
        return new BatchNormState(untracked, numFeatures, weight, bias, running, provenance);
    }

    /**
     * The state after training on global batches, in their order. Each batch changes it to
     *
     * <pre>
     * num_batches_tracked += 1
     * f = momentum, or 1 / num_batches_tracked for the cumulative average
     * running_mean = running_mean + f * (mean - running_mean)    both as double-doubles
     * running_var  = (1 - f) * running_var  + f * sampleVariance
     * </pre>
     *
     * <p>Where a mean is not finite, running_mean is {@code (1 - f) * running_mean + f * mean}: NaN stays, also where f
     * = 1, as in PyTorch.
     *
     * <p>A channel without a value in a batch keeps its running statistics. A batch without any value is not counted.
     * With {@link NonFinitePolicy#SKIP_BATCH} a batch with a value that is not finite changes nothing. A layer that
     * does not track stays as it is. Where the running statistics change, the provenance is not known any more.
     *
     * @param batches the statistics of each global batch
     * @param policy the policy under which these were found
     * @return a state with other running statistics, and all else as here
     * @throws IllegalArgumentException if a batch has another number of channels
     * @throws BatchNormException if a channel of a batch has one value only
     */
    public BatchNormState afterBatches(Iterable<ChannelStatistics> batches, NonFinitePolicy policy) {
        RunningStatistics after = running;
        for (ChannelStatistics batch : batches) {
            checkChannels(batch);
            requireMoreThanOneValue(batch, null);
            boolean skipped = isEmpty(batch) || (policy == NonFinitePolicy.SKIP_BATCH && batch.hasNonFinite());
            if (after != null && config.trackRunningStats() && !skipped) {
                after = after.after(batch, config.momentum());
            }
        }
        return after == null || after.numBatchesTracked() == numBatchesTracked()
                ? this
                : new BatchNormState(config, numFeatures, weight, bias, after, null);
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
                && Objects.equals(running, that.running)
                && Arrays.equals(weight, that.weight)
                && Arrays.equals(bias, that.bias);
    }

    @Override
    public int hashCode() {
        return Objects.hash(config, numFeatures, running);
    }

    @Override
    public String toString() {
        return "BatchNormState[" + numFeatures + " features, " + numBatchesTracked() + " batches tracked]";
    }
}
