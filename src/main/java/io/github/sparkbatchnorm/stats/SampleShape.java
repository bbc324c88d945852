package io.github.sparkbatchnorm.stats;

import java.io.Serializable;
import java.util.Arrays;

/**
 * The shape of one sample, and which of its axes is the channel. Immutable; threads may share it.
 *
 * <p>A sample is flat, in C order: {@code [C]}, {@code [C,L]}, {@code [C,H,W]} or {@code [C,D,H,W]} with channels
 * first, or {@code [L,C]}, {@code [H,W,C]} or {@code [D,H,W,C]} with channels last. The batch axis is not part of the
 * shape.
 */
public final class SampleShape implements Serializable {
    private static final long serialVersionUID = 1L;

    /** The place of the channels among the axes of a sample. */
    public enum Layout {
        /** The first axis is C, as in PyTorch. */
        CHANNELS_FIRST,
        /** The last axis is C, as in images. */
        CHANNELS_LAST;

        /** The words {@code channels-first} and {@code channels-last}. */
        @Override
        public String toString() {
            return this == CHANNELS_FIRST ? "channels-first" : "channels-last";
        }
    }

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
     * {@return a shape}
     *
     * @param layout the place of the channels
     * @param dims sizes of the axes
     * @throws IllegalArgumentException if there are not 1 to 4 axes, each of size 1 or more, with a product that fits
     *     an array
     */
    public static SampleShape of(Layout layout, int... dims) {
        return new SampleShape(dims, layout == Layout.CHANNELS_LAST);
    }

    /**
     * {@return a shape whose first axis is the channel}
     *
     * @param dims sizes of the axes
     * @throws IllegalArgumentException if there are not 1 to 4 axes, each of size 1 or more, with a product that fits
     *     an array
     */
    public static SampleShape channelsFirst(int... dims) {
        return new SampleShape(dims, false);
    }

    /**
     * {@return a shape whose last axis is the channel}
     *
     * @param dims sizes of the axes
     * @throws IllegalArgumentException if there are not 1 to 4 axes, each of size 1 or more, with a product that fits
     *     an array
     */
    public static SampleShape channelsLast(int... dims) {
        return new SampleShape(dims, true);
    }

    /** {@return C, the number of channels} */
    public int channels() {
        return channels;
    }

    /** {@return the number of values of one channel in one sample: the product of the other axes, 1 for {@code [C]}} */
    public int spatialSize() {
        return spatialSize;
    }

    /** {@return the number of values of one sample} */
    public int length() {
        return length;
    }

    /** {@return the number of axes, without the batch axis: 1 to 4} */
    public int rank() {
        return dims.length;
    }

    /** {@return whether the channel is the last axis} */
    public boolean isChannelsLast() {
        return channelsLast;
    }

    /** {@return the place of the channels} */
    public Layout layout() {
        return channelsLast ? Layout.CHANNELS_LAST : Layout.CHANNELS_FIRST;
    }

    /** {@return the sizes of the axes, in a fresh array} */
    public int[] dims() {
        return dims.clone();
    }

    /**
     * {@return whether the channels of consecutive values are 0, 1, ... C - 1, 0, 1, ...} They are if the sample has
     * one value of each channel, or if channels come last.
     */
    public boolean hasAlternatingChannels() {
        return channelsLast || spatialSize == 1;
    }

    /**
     * {@return the channel of a value}
     *
     * @param index flat index, {@code 0 <= index < length()}; not checked
     */
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
