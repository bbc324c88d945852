package io.github.sparkbatchnorm.spark;

import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.GradientSums;
import org.jspecify.annotations.Nullable;

/** What the rows of one batch are added to: moments of the samples, sums of their gradients, or both. */
final class RowAccumulator {
    private final ChannelMoments.@Nullable Accumulator moments;
    private final GradientSums.@Nullable Accumulator gradients;

    RowAccumulator(int channels, ScanPlan plan) {
        moments = plan.moments() ? new ChannelMoments.Accumulator(channels) : null;
        gradients = plan.gradients() ? new GradientSums.Accumulator(channels, plan.ignoresNonFinite()) : null;
    }

    /** Adds a sample and, if gradients are summed, its gradients. */
    void add(Sample x, Sample dy) {
        if (moments != null) {
            x.addTo(moments);
        }
        if (gradients != null) {
            x.addTo(gradients, dy);
        }
    }

    /** Says that rows of another batch come next, though more of this one may follow. */
    void pause() {
        if (moments != null) {
            moments.pause();
        }
    }

    Partial snapshot(Findings findings, Findings gradientFindings) {
        return new Partial(
                moments == null ? null : moments.snapshot(),
                gradients == null ? null : gradients.snapshot(),
                findings,
                gradientFindings);
    }

    /** Bytes of the Java heap in use, about. */
    long heapBytes() {
        return (moments == null ? 0 : moments.heapBytes()) + (gradients == null ? 0 : gradients.heapBytes());
    }
}
