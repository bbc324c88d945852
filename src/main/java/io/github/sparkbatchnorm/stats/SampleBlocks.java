package io.github.sparkbatchnorm.stats;

import java.util.Arrays;

/**
 * Gathers dense samples into blocks for {@link BlockSums}.
 *
 * <p>A channel that is a long run of values in each sample is summed run by run, and nothing waits. Otherwise samples
 * are stacked, flat index under flat index, up to 128 high; short ones several to a row, since the channel of a flat
 * index is the same in each. Where channels come last, a stacked unit is one vector of channels, whatever the spatial
 * size.
 */
final class SampleBlocks {
    /** From this length on, a run of one channel is summed by itself. */
    private static final int LONG_RUN = 128;
    /** Most values that wait, but for one row. */
    private static final int MAX_WAITING = 1 << 18;

    private final ChannelSums out;

    /** Stacked samples, {@code float[]} or {@code double[]}: that of the last sample. */
    private Object waiting = new float[0];

    private int filled;

    /** The shape of a stacked unit. */
    private SampleShape unit;

    SampleBlocks(int channels, ChannelSums out) {
        this.out = out;
        this.unit = SampleShape.channelsLast(channels);
    }

    /** Adds a sample given as {@code float[]} or {@code double[]}. */
    void add(Object sample, SampleShape shape) {
        int spatial = shape.spatialSize();
        if (shape.isChannelsLast() || spatial == 1) {
            stack(sample, shape.length(), SampleShape.channelsLast(shape.channels()));
        } else if (spatial < LONG_RUN) {
            stack(sample, shape.length(), shape);
        } else {
            BlockSums sums = BlockSums.current();
            for (int c = 0; c < shape.channels(); c++) {
                sums.addRun(sample, c * spatial, spatial, c, out);
            }
        }
    }

    private void stack(Object sample, int length, SampleShape sampleUnit) {
        if (sample.getClass() != waiting.getClass() || !sampleUnit.equals(unit)) {
            flush();
            unit = sampleUnit;
            waiting = sample instanceof float[] ? new float[0] : new double[0];
        }
        int row = row();
        int capacity = row * Math.min(BlockSums.ROWS, Math.max(1, MAX_WAITING / row));
        for (int done = 0; done < length; ) {
            int part = Math.min(length - done, capacity - filled);
            reserve(filled + part, capacity);
            System.arraycopy(sample, done, waiting, filled, part);
            filled += part;
            done += part;
            if (filled == capacity) {
                flush();
            }
        }
    }

    /** Length of a row of the block: as many units as lanes hold, at least one. */
    private int row() {
        return Math.max(1, BlockSums.LANES / unit.length()) * unit.length();
    }

    private void reserve(int size, int capacity) {
        if (waiting instanceof float[] floats) {
            if (floats.length < size) {
                waiting = Arrays.copyOf(floats, Math.min(capacity, Math.max(4 * floats.length, size)));
            }
        } else if (waiting instanceof double[] doubles && doubles.length < size) {
            waiting = Arrays.copyOf(doubles, Math.min(capacity, Math.max(4 * doubles.length, size)));
        }
    }

    /** Sums what waits. */
    void flush() {
        if (filled > 0) {
            BlockSums.current().addStack(waiting, filled, row(), unit, out);
            filled = 0;
        }
    }

    /** Sums what waits and gives its memory back. */
    void release() {
        flush();
        waiting = new float[0];
    }

    long heapBytes() {
        return waiting instanceof float[] floats
                ? (long) Float.BYTES * floats.length
                : (long) Double.BYTES * ((double[]) waiting).length;
    }
}
