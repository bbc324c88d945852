package io.github.sparkbatchnorm.stats;

import java.io.Serializable;
import java.util.Arrays;

/**
 * Shape of one sample and which of its axes is the channel.
 *
 * <p>A sample is stored flat in C order: {@code [C]}, {@code [C,L]}, {@code [C,H,W]} or {@code [C,D,H,W]} with the
 * channels first, or the same with {@code C} as the last axis. The batch axis is not part of it.
 */
public final class SampleShape implements Serializable {
    private static final long serialVersionUID = 1L;

    /** The largest number of axes of a sample: {@code [C,D,H,W]}. */
    public static final int MAX_RANK = 4;

    private final int[] dims;
    private final boolean channelsLast;
    private final int length;
    private final int channels;
    private final int spatialSize;

    private SampleShape(int[] dims, boolean channelsLast) {
        this.dims = dims.clone();
        this.channelsLast = channelsLast;
        if (dims.length < 1 || dims.length > MAX_RANK) {
            throw new IllegalArgumentException("shape " + Arrays.toString(dims) + " has " + dims.length
                    + " axes; expected 1 to " + MAX_RANK + ", such as [C], [C, L], [C, H, W] or [C, D, H, W]");
        }
        long product = 1;
        for (int d : dims) {
            if (d < 1) {
                throw new IllegalArgumentException(
                        "shape " + Arrays.toString(dims) + " has an axis of size " + d + "; expected 1 or more");
            }
            product *= d;
            if (product > Integer.MAX_VALUE) {
                throw new IllegalArgumentException("shape " + Arrays.toString(dims)
                        + " has more values than an array can hold; expected at most " + Integer.MAX_VALUE);
            }
        }
        this.length = (int) product;
        this.channels = channelsLast ? dims[dims.length - 1] : dims[0];
        this.spatialSize = length / channels;
    }

    /**
     * The shape whose first axis is the channel.
     *
     * @throws IllegalArgumentException if there are not 1 to 4 axes, each of size 1 or more, with a product that fits
     *     an array
     */
    public static SampleShape channelsFirst(int... dims) {
        return new SampleShape(dims, false);
    }

    /**
     * The shape whose last axis is the channel.
     *
     * @throws IllegalArgumentException if there are not 1 to 4 axes, each of size 1 or more, with a product that fits
     *     an array
     */
    public static SampleShape channelsLast(int... dims) {
        return new SampleShape(dims, true);
    }

    /** C, the number of channels. */
    public int channels() {
        return channels;
    }

    /** Values of one channel in one sample: the product of the other axes, 1 for {@code [C]}. */
    public int spatialSize() {
        return spatialSize;
    }

    /** Values of one sample. */
    public int length() {
        return length;
    }

    /** Number of axes, the batch axis not counted. */
    public int rank() {
        return dims.length;
    }

    /** Whether the channel is the last axis. */
    public boolean isChannelsLast() {
        return channelsLast;
    }

    /** Sizes of the axes, a fresh array. */
    public int[] dims() {
        return dims.clone();
    }

    /**
     * Whether each value is of the channel after that of the one before, round and round: one value of each channel, or
     * channels last.
     */
    public boolean hasAlternatingChannels() {
        return channelsLast || spatialSize == 1;
    }

    /** The channel of the value at a place in the flat sample, {@code 0 <= index < length()}. */
    public int channelOf(int index) {
        return channelsLast ? index % channels : index / spatialSize;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof SampleShape that && Arrays.equals(dims, that.dims) && channelsLast == that.channelsLast;
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(dims) + Boolean.hashCode(channelsLast);
    }

    /** The axes in brackets, such as {@code [3, 32, 32]}. */
    @Override
    public String toString() {
        return Arrays.toString(dims);
    }
}
