package io.github.sparkbatchnorm.stats;

import java.lang.reflect.Array;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Gathers dense samples, and the factors of their values, into blocks for {@link BlockSums}.
 *
 * <p>A channel that is a long run of values in each sample is summed run by run, and nothing waits. Otherwise samples
 * are stacked, flat index under flat index, up to 128 high; short ones several to a row, since the channel of a flat
 * index is the same in each. Where channels come last, a stacked unit is one vector of channels, whatever the spatial
 * size. Samples of unsigned bytes are not stacked but counted.
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

    private final ChannelSink out;

    /** Stacked samples, {@code float[]} or {@code double[]}: that of the last sample. */
    private Object waiting = NO_FLOATS;

    /** Their factors; the same array for squares. */
    private Object waitingFactors = waiting;

    private int filled;

    /** Counts of bytes; null until there are some. */
    private @Nullable ByteCounts bytes;

    /** Shape of a stacked unit where each value is of the next channel. */
    private final SampleShape channels;
    /** The shape of a stacked unit. */
    private SampleShape unit;
    /** Length of a row of the block: as many units as lanes hold, at least one. */
    private int row;
    /** Length of a full block. */
    private int capacity;

    SampleBlocks(int channels, ChannelSink out) {
        this.out = out;
        this.channels = SampleShape.channelsLast(channels);
        setUnit(this.channels);
    }

    /**
     * Adds a sample given as {@code float[]} or {@code double[]}.
     *
     * @param factors of its values, of the same type and length; the sample itself for squares
     */
    void add(Object sample, Object factors, SampleShape shape) {
        if (isLongRuns(shape)) {
            BlockSums sums = BlockSums.current();
            int spatial = shape.spatialSize();
            for (int c = 0; c < shape.channels(); c++) {
                sums.addRun(sample, factors, c * spatial, spatial, c, out);
            }
        } else {
            SampleValues x = new ArrayValues(sample);
            stack(x, sample == factors ? x : new ArrayValues(factors), shape);
        }
    }

    /** Adds a sample, to be multiplied with itself: copied to where it waits, or run by run to where it is summed. */
    void add(SampleValues sample, SampleShape shape) {
        ByteBuffer unsigned = sample.unsignedBytes();
        if (unsigned != null && shape.hasAlternatingChannels() && shape.channels() <= ByteCounts.MAX_CHANNELS) {
            if (bytes == null) {
                bytes = new ByteCounts(shape.channels());
            }
            bytes.add(unsigned.array(), unsigned.arrayOffset() + unsigned.position(), unsigned.remaining(), out);
            return;
        }
        if (!isLongRuns(shape)) {
            stack(sample, sample, shape);
            return;
        }
        BlockSums sums = BlockSums.current();
        Object piece = sums.piece(sample.isFloat());
        int spatial = shape.spatialSize();
        for (int c = 0; c < shape.channels(); c++) {
            for (int done = 0; done < spatial; done += BlockSums.PIECE) {
                int length = Math.min(BlockSums.PIECE, spatial - done);
                sample.copyTo(c * spatial + done, piece, 0, length);
                sums.addRun(piece, piece, 0, length, c, out);
            }
        }
    }

    private static boolean isLongRuns(SampleShape shape) {
        return !shape.hasAlternatingChannels() && shape.spatialSize() >= LONG_RUN;
    }

    private void stack(SampleValues sample, SampleValues factors, SampleShape shape) {
        boolean squares = sample == factors;
        begin(sample.isFloat() ? NO_FLOATS : NO_DOUBLES, squares, shape.hasAlternatingChannels() ? channels : shape);
        for (int done = 0; done < shape.length(); ) {
            int part = Math.min(shape.length() - done, capacity - filled);
            waiting = reserve(waiting, filled + part, capacity);
            sample.copyTo(done, waiting, filled, part);
            if (squares) {
                waitingFactors = waiting;
            } else {
                waitingFactors = reserve(waitingFactors, filled + part, capacity);
                factors.copyTo(done, waitingFactors, filled, part);
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
            setUnit(sampleUnit);
            waiting = none;
            waitingFactors = squares ? none : none instanceof float[] ? new float[0] : new double[0];
        }
    }

    private void setUnit(SampleShape sampleUnit) {
        unit = sampleUnit;
        row = Math.max(1, BlockSums.LANES / unit.length()) * unit.length();
        capacity = row * Math.min(BlockSums.ROWS, Math.max(1, MAX_WAITING / row));
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
        if (filled > 0 && filled >= capacity / PAUSE_DIVISOR && waiting == waitingFactors) {
            flush();
            BlockSums.current().keepSpare(waiting);
            waiting = waiting instanceof float[] ? NO_FLOATS : NO_DOUBLES;
            waitingFactors = waiting;
        }
    }

    /** Sums what waits. */
    void flush() {
        if (filled > 0) {
            BlockSums.current().addStack(waiting, waitingFactors, filled, row, unit, out);
            filled = 0;
        }
        if (bytes != null) {
            bytes.flush(out);
        }
    }

    long heapBytes() {
        return heapBytes(waiting)
                + (waiting == waitingFactors ? 0 : heapBytes(waitingFactors))
                + (bytes == null ? 0 : bytes.heapBytes());
    }

    private static long heapBytes(Object array) {
        return array instanceof float[] floats
                ? (long) Float.BYTES * floats.length
                : (long) Double.BYTES * ((double[]) array).length;
    }
}
