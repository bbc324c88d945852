package io.github.sparkbatchnorm.spark.scan;

import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.ChannelGradients;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import io.github.sparkbatchnorm.stats.GradientSums;
import java.io.Serializable;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** With which statistics gradients are made of their sums. */
public final class GradientRule implements Serializable {
    private static final long serialVersionUID = 1L;

    private final double eps;
    private final @Nullable BatchNormState running;
    private final @Nullable ChannelStatistics known;

    private GradientRule(double eps, @Nullable BatchNormState running, @Nullable ChannelStatistics known) {
        this.eps = eps;
        this.running = running;
        this.known = known;
    }

    /** With those of each batch, which the same scan finds. */
    static GradientRule ofBatches(double eps) {
        return new GradientRule(eps, null, null);
    }

    /** With those of the one batch, which a forward pass found. */
    public static GradientRule ofBatch(ChannelStatistics statistics, double eps) {
        return new GradientRule(eps, null, statistics);
    }

    /** With the running ones of a state. */
    public static GradientRule ofRunning(BatchNormState state) {
        return new GradientRule(state.config().eps(), state, null);
    }

    /** Whether the scan has to find the statistics. */
    boolean needsMoments() {
        return running == null && known == null;
    }

    /** @param found by the scan, if the rule needs them */
    ChannelGradients gradients(GradientSums sums, @Nullable ChannelStatistics found) {
        return running != null
                ? ChannelGradients.ofRunning(sums, running)
                : ChannelGradients.ofBatch(sums, Objects.requireNonNull(known == null ? found : known), eps);
    }
}
