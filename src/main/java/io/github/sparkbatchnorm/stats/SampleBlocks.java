package io.github.sparkbatchnorm.stats;

import java.lang.reflect.Array;
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

    /** The part of a block that is worth summing before others come. */
    private static final int PAUSE_DIVISOR = 4;

    private static final float[] NO_FLOATS = {};
    private static final double[] NO_DOUBLES = {};

    private final LaneTarget out;

    /** Stacked samples, {@code float[]} or {@code double[]}: that of the last sample. */
    private Object waiting = NO_FLOATS;

    /** Their factors; the same array for squares. */
    private Object waitingFactors = waiting;

    private int filled;

    /** Shape of a stacked unit where each value is of the next channel. */
    private final SampleShape channels;
    /** The shape of a stacked unit. */
    private SampleShape unit;

    SampleBlocks(int channels, LaneTarget out) {
        this.out = out;
        this.channels = SampleShape.channelsLast(channels);
        this.unit = this.channels;
    }

    /**
     * Adds a sample given as {@code float[]} or {@code double[]}.
     *
     * @param factors of its values, of the same type and length; the sample itself for squares
     */
    void add(Object sample, Object factors, SampleShape shape) {
        int spatial = shape.spatialSize();
        if (shape.hasAlternatingChannels()) {
            stack(sample, factors, shape.length(), channels);
        } else if (spatial < LONG_RUN) {
            stack(sample, factors, shape.length(), shape);
        } else {
            BlockSums sums = BlockSums.current();
            for (int c = 0; c < shape.channels(); c++) {
                sums.addRun(sample, factors, c * spatial, spatial, c, out);
            }
        }
    }

    /** Adds a sample, to be multiplied with itself: copied to where it waits, or is summed at once. */
    void add(SampleValues sample, SampleShape shape) {
        boolean alternate = shape.hasAlternatingChannels();
        if (alternate || shape.spatialSize() < LONG_RUN) {
            begin(sample.isSingle() ? NO_FLOATS : NO_DOUBLES, true, alternate ? channels : shape);
            int capacity = capacity();
            if (shape.length() <= capacity - filled) {
                waiting = reserve(waiting, filled + shape.length(), capacity);
                waitingFactors = waiting;
                sample.copyTo(waiting, filled);
                filled += shape.length();
                if (filled == capacity) {
                    flush();
                }
                return;
            }
        }
        Object copy = BlockSums.current().scratch(sample.isSingle(), shape.length());
        sample.copyTo(copy, 0);
        add(copy, copy, shape);
    }

    private void stack(Object sample, Object factors, int length, SampleShape sampleUnit) {
        boolean squares = sample == factors;
        begin(sample instanceof float[] ? NO_FLOATS : NO_DOUBLES, squares, sampleUnit);
        int capacity = capacity();
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

    /** Makes what waits of a kind: arrays like the given one, which is empty, and units of a shape. */
    private void begin(Object none, boolean squares, SampleShape sampleUnit) {
        if (none.getClass() != waiting.getClass()
                || squares != (waiting == waitingFactors)
                || !sampleUnit.equals(unit)) {
            flush();
            unit = sampleUnit;
            waiting = none;
            waitingFactors = squares ? none : none instanceof float[] ? new float[0] : new double[0];
        }
    }

    private int capacity() {
        int row = row();
        return row * Math.min(BlockSums.ROWS, Math.max(1, MAX_WAITING / row));
    }

    /** Length of a row of the block: as many units as lanes hold, at least one. */
    private int row() {
        return Math.max(1, BlockSums.LANES / unit.length()) * unit.length();
    }

    private static Object reserve(Object array, int size, int capacity) {
        int length = Array.getLength(array);
        if (length >= size) {
            return array;
        }
        if (length == 0) {
            Object spare = BlockSums.current().takeSpare(array.getClass());
            if (spare != null && Array.getLength(spare) >= size) {
                return spare;
            }
        }
        int room = room(length, size, capacity);
        return array instanceof float[] floats ? Arrays.copyOf(floats, room) : Arrays.copyOf((double[]) array, room);
    }

    private static int room(int length, int size, int capacity) {
        return Math.min(capacity, Math.max(4 * length, size));
    }

    /**
     * Says that other blocks come next, though more samples may follow: sums what waits if it is much, and leaves the
     * memory to the others.
     */
    void pause() {
        if (filled > 0 && filled >= capacity() / PAUSE_DIVISOR && waiting == waitingFactors) {
            flush();
            BlockSums.current().keepSpare(waiting);
            waiting = waiting instanceof float[] ? NO_FLOATS : NO_DOUBLES;
            waitingFactors = waiting;
        }
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
