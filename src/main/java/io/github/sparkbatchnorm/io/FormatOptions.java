package io.github.sparkbatchnorm.io;

import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.Dtype;
import org.jspecify.annotations.Nullable;

/**
 * What {@link StateFormat} needs to know beside a state or a file. Every setting has a default; a format ignores those
 * that it has no use for. Immutable, so that threads can share it.
 */
public final class FormatOptions {
    /** No prefix, float32, and the format's own eps and momentum. */
    public static final FormatOptions DEFAULT = new FormatOptions(null, Dtype.FLOAT32, null, false, null, null, 0);

    private final @Nullable String prefix;
    private final Dtype dtype;
    private final @Nullable Double eps;
    private final boolean hasMomentum;
    private final @Nullable Double momentum;
    private final @Nullable Long sampleCount;
    private final int spatialAxes;

    private FormatOptions(
            @Nullable String prefix,
            Dtype dtype,
            @Nullable Double eps,
            boolean hasMomentum,
            @Nullable Double momentum,
            @Nullable Long sampleCount,
            int spatialAxes) {
        this.prefix = prefix;
        this.dtype = dtype;
        this.eps = eps;
        this.hasMomentum = hasMomentum;
        this.momentum = momentum;
        this.sampleCount = sampleCount;
        this.spatialAxes = spatialAxes;
    }

    /**
     * Names the layer whose tensors are meant, in a file of tensors with names. Without this setting a file is written
     * with the bare keys, and the only batch norm in a file is read.
     *
     * @param newPrefix what stands before {@code .weight} and the other keys, such as {@code layer1.0.bn1}; empty for
     *     the bare keys
     * @return options with all else as here
     */
    public FormatOptions withPrefix(String newPrefix) {
        return new FormatOptions(newPrefix, dtype, eps, hasMomentum, momentum, sampleCount, spatialAxes);
    }

    /**
     * Sets the type of the numbers that are written. A file that is read says its own.
     *
     * @param newDtype float32 by default, as the parameters of most models
     * @return options with all else as here
     */
    public FormatOptions withDtype(Dtype newDtype) {
        return new FormatOptions(prefix, newDtype, eps, hasMomentum, momentum, sampleCount, spatialAxes);
    }

    /**
     * Sets the eps of the state that is read; no format that is read has it.
     *
     * @param newEps finite, 0 or more; by default 1e-5, as in PyTorch, and 0 for {@link StateFormat#SKLEARN}
     * @return options with all else as here
     * @throws IllegalArgumentException if eps is out of range
     */
    public FormatOptions withEps(double newEps) {
        double checked = BatchNormConfig.DEFAULT.withEps(newEps).eps();
        return new FormatOptions(prefix, dtype, checked, hasMomentum, momentum, sampleCount, spatialAxes);
    }

    /**
     * Sets the momentum of the state that is read; no format that is read has it.
     *
     * @param newMomentum the weight of the new value, from 0 to 1; by default 0.1, as in PyTorch, and the cumulative
     *     average for {@link StateFormat#SKLEARN}
     * @return options with all else as here
     * @throws IllegalArgumentException if momentum is out of range
     */
    public FormatOptions withMomentum(double newMomentum) {
        Double checked = BatchNormConfig.DEFAULT.withMomentum(newMomentum).momentum();
        return new FormatOptions(prefix, dtype, eps, true, checked, sampleCount, spatialAxes);
    }

    /**
     * Gives the state that is read the plain average over all batches, in place of a momentum.
     *
     * @return options with all else as here
     */
    public FormatOptions withCumulativeAverage() {
        return new FormatOptions(prefix, dtype, eps, true, null, sampleCount, spatialAxes);
    }

    /**
     * Sets the number of samples that the running statistics come from, which a state does not know:
     * {@code n_samples_seen_} of {@link StateFormat#SKLEARN}, null by default.
     *
     * @param newSampleCount 0 or more
     * @return options with all else as here
     * @throws IllegalArgumentException if the number is below 0
     */
    public FormatOptions withSampleCount(long newSampleCount) {
        if (newSampleCount < 0) {
            throw new IllegalArgumentException("the sample count is " + newSampleCount + "; expected 0 or more");
        }
        return new FormatOptions(prefix, dtype, eps, hasMomentum, momentum, newSampleCount, spatialAxes);
    }

    /**
     * Sets the number of axes after the channels in the input of an {@link StateFormat#ONNX} model.
     *
     * @param newSpatialAxes 0 for an input of shape {@code [N, C]}, the default; 2 for images, {@code [N, C, H, W]}; at
     *     most 3
     * @return options with all else as here
     * @throws IllegalArgumentException if the number is not from 0 to 3
     */
    public FormatOptions withSpatialAxes(int newSpatialAxes) {
        if (newSpatialAxes < 0 || newSpatialAxes > 3) {
            throw new IllegalArgumentException("the number of spatial axes is " + newSpatialAxes + "; expected 0 to 3");
        }
        return new FormatOptions(prefix, dtype, eps, hasMomentum, momentum, sampleCount, newSpatialAxes);
    }

    @Nullable
    String prefix() {
        return prefix;
    }

    Dtype dtype() {
        return dtype;
    }

    @Nullable
    Long sampleCount() {
        return sampleCount;
    }

    int spatialAxes() {
        return spatialAxes;
    }

    /** The settings of a state that is read: these, and where one was not given, the format's. */
    BatchNormConfig config(BatchNormConfig format) {
        BatchNormConfig config = eps == null ? format : format.withEps(eps);
        if (!hasMomentum) {
            return config;
        }
        return momentum == null ? config.withCumulativeAverage() : config.withMomentum(momentum);
    }
}
