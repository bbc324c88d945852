package io.github.sparkbatchnorm.layer;

import java.util.function.DoublePredicate;
import org.jspecify.annotations.Nullable;

/** The rules that the values of a state obey. A message names the key that breaks one. */
final class StateRules {
    private StateRules() {}

    /** @throws IllegalArgumentException naming the first key that does not fit */
    static void check(
            BatchNormConfig config,
            int numFeatures,
            double @Nullable [] weight,
            double @Nullable [] bias,
            double @Nullable [] runningMean,
            double @Nullable [] runningVar,
            long numBatchesTracked) {
        checkParameters(config, numFeatures, weight, bias);
        if (config.trackRunningStats()) {
            checkPresence("running_mean", runningMean, true, "track_running_stats is true");
        }
        String other = "running_mean is " + (runningMean == null ? "absent" : "present");
        checkPresence("running_var", runningVar, runningMean != null, other);
        if (numBatchesTracked < 0 || (runningMean == null && numBatchesTracked > 0)) {
            throw new IllegalArgumentException("num_batches_tracked is " + numBatchesTracked + "; expected "
                    + (runningMean == null ? "0, since there are no running statistics" : "0 or more"));
        }
        checkValues("running_mean", runningMean, numFeatures, v -> true, "");
        checkValues("running_var", runningVar, numFeatures, v -> !(v < 0), "0 or more");
    }

    /** @throws IllegalArgumentException naming the first of weight and bias that does not fit */
    static void checkParameters(
            BatchNormConfig config, int numFeatures, double @Nullable [] weight, double @Nullable [] bias) {
        checkNumFeatures(numFeatures);
        checkPresence("weight", weight, config.affine(), "affine is " + config.affine());
        checkPresence("bias", bias, config.affine(), "affine is " + config.affine());
        checkValues("weight", weight, numFeatures, v -> true, "");
        checkValues("bias", bias, numFeatures, v -> true, "");
    }

    /** @throws IllegalArgumentException naming the low part that does not fit its mean */
    static void checkLow(double[] low, double[] mean) {
        checkValues("running_mean_low", low, mean.length, v -> true, "");
        for (int c = 0; c < mean.length; c++) {
            double most = Double.isFinite(mean[c]) ? Math.ulp(mean[c]) / 2 : 0;
            if (!(Math.abs(low[c]) <= most)) {
                throw new IllegalArgumentException("running_mean_low[" + c + "] is " + low[c] + "; expected at most "
                        + most + ", half an ulp of running_mean");
            }
        }
    }

    /** @throws IllegalArgumentException naming the part that is of another number of channels */
    static void checkProvenance(Provenance from, int numFeatures) {
        checkProvenance("count", from.count().length, numFeatures);
        if (from.columns() != null) {
            checkProvenance("columns", from.columns().size(), numFeatures);
        }
        if (from.shape() != null && from.shape().channels() != numFeatures) {
            throw new IllegalArgumentException("provenance.shape is " + from.shape() + " with "
                    + from.shape().channels() + " channels; expected " + numFeatures + ", as num_features says");
        }
    }

    private static void checkProvenance(String key, int length, int numFeatures) {
        if (length != numFeatures) {
            throw new IllegalArgumentException("provenance." + key + " has " + length + " values; expected "
                    + numFeatures + ", as num_features says");
        }
    }

    static void checkNumFeatures(int numFeatures) {
        if (numFeatures < 1) {
            throw new IllegalArgumentException("num_features is " + numFeatures + "; expected 1 or more");
        }
    }

    private static void checkPresence(String key, double @Nullable [] values, boolean expected, String reason) {
        if ((values != null) != expected) {
            throw new IllegalArgumentException(key + " is " + (expected ? "absent" : "present") + ", but " + reason
                    + "; expected it to be " + (expected ? "present" : "absent"));
        }
    }

    private static void checkValues(
            String key, double @Nullable [] values, int length, DoublePredicate valid, String range) {
        if (values == null) {
            return;
        }
        if (values.length != length) {
            throw new IllegalArgumentException(
                    key + " has " + values.length + " values; expected " + length + ", as num_features says");
        }
        for (int c = 0; c < length; c++) {
            if (!valid.test(values[c])) {
                throw new IllegalArgumentException(key + "[" + c + "] is " + values[c] + "; expected " + range);
            }
        }
    }
}
