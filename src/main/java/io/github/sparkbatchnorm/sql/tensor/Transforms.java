package io.github.sparkbatchnorm.sql.tensor;

import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.ChannelTransform;
import io.github.sparkbatchnorm.layer.InverseTransform;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.layer.SampleTransform;
import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.jspecify.annotations.Nullable;

/**
 * The transforms of moments and of arrays of statistics that come with the rows. Those of the last rows are kept: rows
 * mostly have the statistics of the row before, or those of one of some groups. Mutable; for one thread at a time.
 */
final class Transforms {
    /** Channels of all transforms that are kept: each takes 32 bytes, and its moments some 100 bytes more. */
    private static final int MAX_CHANNELS = 100_000;

    private final boolean inverse;
    private final Map<Key, SampleTransform> known = new LinkedHashMap<>(16, 0.75f, true);
    private @Nullable Key lastKey;
    private @Nullable SampleTransform last;
    private long channels;

    Transforms(boolean inverse) {
        this.inverse = inverse;
    }

    /** What a transform is made of. */
    private record Key(byte[] moments, NonFinitePolicy policy, double eps, double[] arrays) {
        private static final double[] NONE = {};
        private static final byte[] NO_MOMENTS = {};

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Key that
                    && policy == that.policy
                    && Double.compare(eps, that.eps) == 0
                    && Arrays.equals(moments, that.moments)
                    && Arrays.equals(arrays, that.arrays);
        }

        @Override
        public int hashCode() {
            return 31 * Arrays.hashCode(moments) + Arrays.hashCode(arrays);
        }
    }

    /**
     * The transform of a batch with these moments, as training makes it.
     *
     * @param record whose bytes are checked
     * @throws BatchNormException if a channel has one value only
     * @throws IllegalArgumentException if it is no record, or eps cannot be
     */
    SampleTransform ofMoments(byte[] record, NonFinitePolicy policy, double eps) {
        Key key = new Key(record, policy, eps, Key.NONE);
        SampleTransform found = known(key);
        return found == null ? keep(key, batch(ChannelMoments.fromRecord(record), policy, config(eps))) : found;
    }

    private SampleTransform batch(ChannelMoments moments, NonFinitePolicy policy, BatchNormConfig config) {
        ChannelStatistics statistics =
                policy == NonFinitePolicy.IGNORE ? moments.finiteStatistics() : moments.statistics();
        try {
            BatchNormState.requireMoreThanOneValue(statistics, null);
        } catch (BatchNormException e) {
            throw new BatchNormException(
                    e.getMessage() + ": leave out groups of one row, for example by HAVING count(*) > 1 where the"
                            + " moments are made, or give mean and variance as arrays",
                    e);
        }
        BatchNormState state = BatchNormState.initial(moments.channels(), config);
        return inverse
                ? InverseTransform.ofBatch(statistics, state, policy)
                : ChannelTransform.ofBatch(statistics, state, policy);
    }

    /**
     * The transform of running statistics, as evaluation makes it.
     *
     * @param weight null, with bias, for none
     * @throws BatchNormException if the lengths differ, or a value cannot be
     * @throws IllegalArgumentException if eps cannot be
     */
    SampleTransform ofArrays(
            ArrayData mean,
            ArrayData variance,
            NonFinitePolicy policy,
            double eps,
            @Nullable ArrayData weight,
            @Nullable ArrayData bias) {
        double[] means = doubles("mean", mean);
        double[] variances = doubles("variance", variance);
        double[] weights = weight == null ? null : doubles("weight", weight);
        double[] biases = bias == null ? null : doubles("bias", bias);
        requireLength("variance", variances, means.length);
        requireLength("weight", weights, means.length);
        requireLength("bias", biases, means.length);
        Key key = new Key(Key.NO_MOMENTS, policy, eps, all(means, variances, weights, biases));
        SampleTransform found = known(key);
        return found == null ? keep(key, running(means, variances, policy, eps, weights, biases)) : found;
    }

    private SampleTransform running(
            double[] mean,
            double[] variance,
            NonFinitePolicy policy,
            double eps,
            double @Nullable [] weight,
            double @Nullable [] bias) {
        BatchNormConfig config = config(eps).withAffine(weight != null);
        BatchNormState state;
        try {
            state = BatchNormState.of(config, mean.length, weight, bias, mean, variance, 1);
        } catch (IllegalArgumentException e) {
            throw new BatchNormException(String.valueOf(e.getMessage()).replace("running_var", "variance"), e);
        }
        return inverse ? InverseTransform.ofRunning(state, policy) : ChannelTransform.ofRunning(state, policy);
    }

    private static BatchNormConfig config(double eps) {
        return BatchNormConfig.DEFAULT.withEps(eps);
    }

    private static void requireLength(String name, double @Nullable [] values, int channels) {
        if (values != null && values.length != channels) {
            throw new BatchNormException("mean has length " + channels + " and " + name + " has length " + values.length
                    + "; expected C, the number of channels of x, of each");
        }
    }

    private static double[] doubles(String name, ArrayData array) {
        if (array.numElements() == 0) {
            throw new BatchNormException(name + " is empty; expected a number for each channel");
        }
        for (int i = 0; i < array.numElements(); i++) {
            if (array.isNullAt(i)) {
                throw new BatchNormException(name + " has a null element; expected a number for each channel");
            }
        }
        return array.toDoubleArray();
    }

    /** All numbers in one array; lengths go before them, so that other arrays give another one. */
    private static double[] all(
            double[] mean, double[] variance, double @Nullable [] weight, double @Nullable [] bias) {
        double[] w = weight == null ? Key.NONE : weight;
        double[] b = bias == null ? Key.NONE : bias;
        double[] all = new double[3 + mean.length + variance.length + w.length + b.length];
        all[0] = mean.length;
        all[1] = variance.length;
        all[2] = w.length;
        int at = 3;
        for (double[] part : new double[][] {mean, variance, w, b}) {
            System.arraycopy(part, 0, all, at, part.length);
            at += part.length;
        }
        return all;
    }

    private @Nullable SampleTransform known(Key key) {
        if (key.equals(lastKey)) {
            return last;
        }
        SampleTransform found = known.get(key);
        if (found != null) {
            lastKey = key;
            last = found;
        }
        return found;
    }

    private SampleTransform keep(Key key, SampleTransform made) {
        if (channels + made.channels() > MAX_CHANNELS) {
            known.clear();
            channels = 0;
        }
        known.put(key, made);
        channels += made.channels();
        lastKey = key;
        last = made;
        return made;
    }
}
