package io.github.sparkbatchnorm.spark;

import io.github.sparkbatchnorm.stats.ChannelMoments;
import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/** What one task knows of one batch, or of the data set: what travels from executors to the driver. */
final class Partial implements Serializable {
    private static final long serialVersionUID = 1L;

    private final @Nullable ChannelMoments moments;
    private final Findings findings;

    Partial(@Nullable ChannelMoments moments, Findings findings) {
        this.moments = moments;
        this.findings = findings;
    }

    /** Null if there was no value. */
    @Nullable
    ChannelMoments moments() {
        return moments;
    }

    Findings findings() {
        return findings;
    }

    /** Both together. Moments of different numbers of channels give none: the findings then tell of an error. */
    Partial combine(Partial other) {
        return new Partial(combine(moments, other.moments), findings.combine(other.findings));
    }

    private static @Nullable ChannelMoments combine(@Nullable ChannelMoments a, @Nullable ChannelMoments b) {
        if (a == null || b == null) {
            return a == null ? b : a;
        }
        return a.channels() == b.channels() ? a.combine(b) : null;
    }
}
