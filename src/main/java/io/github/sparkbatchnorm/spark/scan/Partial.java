package io.github.sparkbatchnorm.spark.scan;

import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.GradientSums;
import java.io.Serializable;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The partial of one task for one batch, or for the data set: what travels from executors to the driver.
 *
 * @param moments null if the plan takes none, or there was no value
 * @param gradients null if the plan takes none, or there was no pair
 * @param report findings in the rows
 */
record Partial(@Nullable ChannelMoments moments, @Nullable GradientSums gradients, ScanReport report)
        implements Serializable {
    private static final long serialVersionUID = 1L;

    /** The partial of no rows. */
    static final Partial EMPTY = new Partial(null, null, ScanReport.NONE);

    /** A partial of findings alone. */
    static Partial of(ScanReport report) {
        return new Partial(null, null, report);
    }

    /** C; 0 if there was no value. */
    int channels() {
        if (moments != null) {
            return moments.channels();
        }
        return gradients == null ? 0 : gradients.channels();
    }

    /** Whether a channel has a value; without moments, whether there was a pair. */
    boolean hasValues() {
        return moments == null ? gradients != null : !moments.isEmpty();
    }

    /** The moments of a partial that has values, where the plan takes moments. */
    ChannelMoments requireMoments() {
        return Objects.requireNonNull(moments);
    }

    /** The sums of gradients of a partial that has values, where the plan takes them. */
    GradientSums requireGradients() {
        return Objects.requireNonNull(gradients);
    }

    /** About the bytes of the sums. */
    long bytes() {
        return (moments == null ? 0 : moments.bytes()) + (gradients == null ? 0 : gradients.bytes());
    }

    /**
     * The partial of the rows of both. Different numbers of channels give no sums: the report then tells of an error.
     */
    Partial combine(Partial other) {
        ScanReport both = report.combine(other.report);
        if (channels() != 0 && other.channels() != 0 && channels() != other.channels()) {
            return of(both);
        }
        return new Partial(combine(moments, other.moments), combine(gradients, other.gradients), both);
    }

    private static @Nullable ChannelMoments combine(@Nullable ChannelMoments a, @Nullable ChannelMoments b) {
        if (a == null || b == null) {
            return a == null ? b : a;
        }
        return a.combine(b);
    }

    private static @Nullable GradientSums combine(@Nullable GradientSums a, @Nullable GradientSums b) {
        if (a == null || b == null) {
            return a == null ? b : a;
        }
        return a.combine(b);
    }

    /** Adds many partials in place. */
    static final class Accumulator {
        private ChannelMoments.@Nullable Accumulator moments;
        private GradientSums.@Nullable Accumulator gradients;
        private ScanReport report = ScanReport.NONE;

        /**
         * Adds a partial; its sums only if they have the channels of those before: else the report tells of an error.
         */
        void add(Partial partial) {
            report = report.combine(partial.report);
            if (partial.moments != null) {
                add(partial.moments);
            }
            if (partial.gradients != null) {
                add(partial.gradients);
            }
        }

        private void add(ChannelMoments more) {
            ChannelMoments.Accumulator sums = moments;
            if (sums == null) {
                sums = new ChannelMoments.Accumulator(more.channels());
                moments = sums;
            }
            if (sums.channels() == more.channels()) {
                sums.addAll(more);
            }
        }

        private void add(GradientSums more) {
            GradientSums.Accumulator sums = gradients;
            if (sums == null) {
                sums = new GradientSums.Accumulator(more.channels(), false);
                gradients = sums;
            }
            if (sums.channels() == more.channels()) {
                sums.addAll(more);
            }
        }

        Partial snapshot() {
            return new Partial(
                    moments == null ? null : moments.snapshot(),
                    gradients == null ? null : gradients.snapshot(),
                    report);
        }
    }
}
