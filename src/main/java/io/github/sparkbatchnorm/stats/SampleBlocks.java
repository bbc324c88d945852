package io.github.sparkbatchnorm.stats;

import java.util.Arrays;

/**
 * Gathers dense samples, and the factors of their values, into blocks for {@link BlockSums}.
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

    private final LaneTarget out;

    /** Stacked samples, {@code float[]} or {@code double[]}: that of the last sample. */
    private Object waiting = new float[0];

    /** Their factors; the same array for squares. */
    private Object waitingFactors = waiting;

    private int filled;

    /** The shape of a stacked unit. */
    private SampleShape unit;

    SampleBlocks(int channels, LaneTarget out) {
        this.out = out;
        this.unit = SampleShape.channelsLast(channels);
    }

    /**
     * Adds a sample given as {@code float[]} or {@code double[]}.
     *
     * @param factors of its values, of the same type and length; the sample itself for squares
     */
    void add(Object sample, Object factors, SampleShape shape) {
        int spatial = shape.spatialSize();
        if (shape.hasAlternatingChannels()) {
            stack(sample, factors, shape.length(), SampleShape.channelsLast(shape.channels()));
        } else if (spatial < LONG_RUN) {
            stack(sample, factors, shape.length(), shape);
        } else {
            BlockSums sums = BlockSums.current();
            for (int c = 0; c < shape.channels(); c++) {
                sums.addRun(sample, factors, c * spatial, spatial, c, out);
            }
        }
    }

    private void stack(Object sample, Object factors, int length, SampleShape sampleUnit) {
        boolean squares = sample == factors;
        if (sample.getClass() != waiting.getClass()
                || squares != (waiting == waitingFactors)
                || !sampleUnit.equals(unit)) {
            flush();
            unit = sampleUnit;
            waiting = none(sample);
            waitingFactors = squares ? waiting : none(sample);
        }
        int row = row();
        int capacity = row * Math.min(BlockSums.ROWS, Math.max(1, MAX_WAITING / row));
        for (int done = 0; done < length; ) {
            int part = Math.min(length - done, capacity - filled);
            waiting = reserve(waiting, filled + part, capacity);
            System.arraycopy(sample, done, waiting, filled, part);
            if (squares) {
                waitingFactors = waiting;
            } else {
                waitingFactors = reserve(waitingFactors, filled + part, capacity);
                System.arraycopy(factors, done, waitingFactors, filled, part);
            }
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

    private static Object none(Object like) {
        return like instanceof float[] ? new float[0] : new double[0];
    }

    private static Object reserve(Object array, int size, int capacity) {
        if (array instanceof float[] floats) {
            return floats.length < size ? Arrays.copyOf(floats, room(floats.length, size, capacity)) : floats;
        }
        double[] doubles = (double[]) array;
        return doubles.length < size ? Arrays.copyOf(doubles, room(doubles.length, size, capacity)) : doubles;
    }

    private static int room(int length, int size, int capacity) {
        return Math.min(capacity, Math.max(4 * length, size));
    }

    /** Sums what waits. */
    void flush() {
        if (filled > 0) {
            BlockSums.current().addStack(waiting, waitingFactors, filled, row(), unit, out);
            filled = 0;
        }
    }

    long heapBytes() {
        return heapBytes(waiting) + (waiting == waitingFactors ? 0 : heapBytes(waitingFactors));
    }

    private static long heapBytes(Object array) {
        return array instanceof float[] floats
                ? (long) Float.BYTES * floats.length
                : (long) Double.BYTES * ((double[]) array).length;
    }
}
