package io.github.sparkbatchnorm.spark.scan;

import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.GradientSums;
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
        implements BatchPart {
    private static final long serialVersionUID = 1L;

    /** The partial of no rows. */
    static final Partial EMPTY = new Partial(null, null, ScanReport.NONE);

    /** A partial of findings alone. */
    static Partial of(ScanReport report) {
        return new Partial(null, null, report);
    }

    @Override
    public int channels() {
        if (moments != null) {
            return moments.channels();
        }
        return gradients == null ? 0 : gradients.channels();
    }

    @Override
    public void addTo(RowAccumulator sums) {
        sums.add(moments, gradients);
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
}
