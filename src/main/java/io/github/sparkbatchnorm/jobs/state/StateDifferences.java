package io.github.sparkbatchnorm.jobs.state;

import io.github.sparkbatchnorm.jobs.console.SignificantDigits;
import io.github.sparkbatchnorm.layer.BatchNormState;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** The differences between two states, as text. They are equal by {@link BatchNormState#equals} if there is none. */
final class StateDifferences {
    private final Map<String, String> differences = new LinkedHashMap<>();
    private final IntFunction<String> channelName;

    private StateDifferences(IntFunction<String> channelName) {
        this.channelName = channelName;
    }

    /**
     * Compares all but the provenance.
     *
     * @param channelName the name of a channel
     * @return what differs, by key, in the order of a state file
     */
    static Map<String, String> of(BatchNormState a, BatchNormState b, IntFunction<String> channelName) {
        StateDifferences found = new StateDifferences(channelName);
        found.compare("num_features", a.numFeatures(), b.numFeatures());
        found.compare("eps", a.config().eps(), b.config().eps());
        found.compare(
                "momentum", orNone(a.config().momentum()), orNone(b.config().momentum()));
        found.compare("affine", a.config().affine(), b.config().affine());
        found.compare(
                "track_running_stats",
                a.config().trackRunningStats(),
                b.config().trackRunningStats());
        found.compare("weight", a.weight(), b.weight());
        found.compare("bias", a.bias(), b.bias());
        found.compare("running_mean", a.runningMean(), b.runningMean());
        found.compare("running_mean_low", a.runningMeanLow(), b.runningMeanLow());
        found.compare("running_var", a.runningVar(), b.runningVar());
        found.compare("num_batches_tracked", tracked(a), tracked(b));
        return found.differences;
    }

    private static Object orNone(@Nullable Object value) {
        return value == null ? "none" : value;
    }

    private static Object tracked(BatchNormState state) {
        return state.hasRunningStatistics() ? state.numBatchesTracked() : "none";
    }

    private void compare(String key, Object a, Object b) {
        if (!Objects.equals(a, b)) {
            differences.put(key, a + " and " + b);
        }
    }

    /** Compares values channel by channel; nothing if the states have different numbers of channels. */
    private void compare(String key, double @Nullable [] a, double @Nullable [] b) {
        if (a == null || b == null) {
            compare(key, presence(a), presence(b));
        } else if (a.length == b.length) {
            compareChannels(key, a, b);
        }
    }

    private static Object presence(double @Nullable [] values) {
        return values == null ? "absent" : "present";
    }

    private void compareChannels(String key, double[] a, double[] b) {
        int differing = 0;
        int first = -1;
        int unlikeNaN = 0;
        long ulps = 0;
        double largest = 0;
        for (int c = 0; c < a.length; c++) {
            if (Double.compare(a[c], b[c]) == 0) {
                continue;
            }
            differing++;
            first = first < 0 ? c : first;
            if (Double.isNaN(a[c]) || Double.isNaN(b[c])) {
                unlikeNaN++;
            } else {
                long apart = ulps(a[c], b[c]);
                ulps = Long.compareUnsigned(apart, ulps) > 0 ? apart : ulps;
                largest = Math.max(largest, Math.abs(a[c] - b[c]));
            }
        }
        if (differing > 0) {
            String size = differing == unlikeNaN
                    ? ""
                    : "; by up to " + Long.toUnsignedString(ulps) + " ulp, " + SignificantDigits.format(largest);
            String nan = unlikeNaN == 0 ? "" : "; NaN in one file only: " + unlikeNaN;
            differences.put(
                    key, differing + " of " + a.length + " channels, first " + channelName.apply(first) + size + nan);
        }
    }

    /** The number of steps from double to double between two numbers, as an unsigned long; both zeros are one place. */
    private static long ulps(double a, double b) {
        long x = place(a);
        long y = place(b);
        return x < y ? y - x : x - y;
    }

    private static long place(double value) {
        long bits = Double.doubleToLongBits(value);
        return bits < 0 ? Long.MIN_VALUE - bits : bits;
    }
}
