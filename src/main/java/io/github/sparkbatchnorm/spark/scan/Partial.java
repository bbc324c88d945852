package io.github.sparkbatchnorm.spark.scan;

import io.github.sparkbatchnorm.spark.tensor.Findings;
import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.GradientSums;
import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/** What one task knows of one batch, or of the data set: what travels from executors to the driver. */
public final class Partial implements Serializable {
    private static final long serialVersionUID = 1L;

    private final @Nullable ChannelMoments moments;
    private final @Nullable GradientSums gradients;
    private final Findings findings;
    private final Findings gradientFindings;

    Partial(
            @Nullable ChannelMoments moments,
            @Nullable GradientSums gradients,
            Findings findings,
            Findings gradientFindings) {
        this.moments = moments;
        this.gradients = gradients;
        this.findings = findings;
        this.gradientFindings = gradientFindings;
    }

    /** Of nothing. */
    static Partial empty() {
        return new Partial(null, null, Findings.NONE, Findings.NONE);
    }

    /** Null if there was no value, or moments are not wanted. */
    @Nullable
    ChannelMoments moments() {
        return moments;
    }

    /** Null if there was no pair, or gradients are not wanted. */
    @Nullable
    GradientSums gradients() {
        return gradients;
    }

    Findings findings() {
        return findings;
    }

    /** What was found in the gradients alone. */
    Findings gradientFindings() {
        return gradientFindings;
    }

    /** C; 0 if there was no value. */
    int channels() {
        if (moments != null) {
            return moments.channels();
        }
        return gradients == null ? 0 : gradients.channels();
    }

    /** About the bytes of the numbers. */
    long bytes() {
        return (moments == null ? 0 : moments.bytes()) + (gradients == null ? 0 : gradients.bytes());
    }

    /** Without the numbers. */
    Partial withoutSums() {
        return new Partial(null, null, findings, gradientFindings);
    }

    /** Both together. Different numbers of channels give no sums: the findings then tell of an error. */
    Partial combine(Partial other) {
        Findings both = findings.combine(other.findings);
        Findings bothGradients = gradientFindings.combine(other.gradientFindings);
        if (channels() != 0 && other.channels() != 0 && channels() != other.channels()) {
            return new Partial(null, null, both, bothGradients);
        }
        return new Partial(
                moments == null || other.moments == null
                        ? (moments == null ? other.moments : moments)
                        : moments.combine(other.moments),
                gradients == null || other.gradients == null
                        ? (gradients == null ? other.gradients : gradients)
                        : gradients.combine(other.gradients),
                both,
                bothGradients);
    }
}
