package io.github.sparkbatchnorm.stats;

import java.lang.reflect.Array;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Gathers dense samples, and the factors of their values, into blocks for {@link BlockSums}.
 *
 * <p>Where a sample has a long run of values of each channel, every run is summed at once and nothing waits. Other
 * samples are stacked, flat index under flat index, up to 128 high; short ones several to a row, since a flat index has
 * the same channel in each. Where channels come last, a stacked unit is one vector of channels, whatever the spatial
 * size. Samples of unsigned bytes are not stacked but counted, and those of integers summed at once. Not thread-safe.
 */
final class SampleBlocks {
    /** From this length on, a run of one channel is summed by itself. */
    private static final int LONG_RUN = 128;
    /** Most values that wait, except that one row always may. */
    private static final int MAX_WAITING = 1 << 18;
    /** The part of a block that is worth summing before samples of other accumulators come. */
    private static final int RELEASE_DIVISOR = 4;

    private final ChannelSink out;
    private final Workspace workspace;

    /** Whether the stacked samples are floats, like the last one; else they are doubles. */
    private boolean isFloat = true;
    /** The stacked samples. */
    private Object waiting = BlockSums.Block.newArray(true, 0);
    /** Their factors; the same array for squares. */
    private Object waitingFactors = waiting;

    private int filled;

    /** Counts of bytes; null until a sample of bytes comes. */
    private @Nullable ByteCounts bytes;

    /** The shape of a stacked unit where channels alternate. */
    private final SampleShape alternating;
    /** The shape of the units that wait. */
    private SampleShape unit;
    /** Length of a row of the block: as many units as lanes hold, at least one. */
    private int row;
    /** Length of a full block. */
    private int capacity;

    SampleBlocks(int channels, ChannelSink out, Workspace workspace) {
        this.out = out;
        this.workspace = workspace;
        alternating = SampleShape.channelsLast(channels);
        setUnit(alternating);
    }

    /**
     * Adds one sample.
     *
     * @param sample {@code float[]} or {@code double[]}
     * @param factors the factor of each value, an array of the same type and length; the sample itself for squares
     */
    void add(Object sample, Object factors, SampleShape shape) {
        if (isOfLongRuns(shape)) {
            BlockSums sums = workspace.blockSums();
            int spatial = shape.spatialSize();
            for (int c = 0; c < shape.channels(); c++) {
                sums.addRun(sample, factors, c * spatial, spatial, c, out);
            }
        } else {
            SampleValues x = new ArrayValues(sample);
            stack(x, sample == factors ? x : new ArrayValues(factors), shape);
        }
    }

    /** Adds one sample for sums of squares. Its values are copied once: to the block, or run by run to be summed. */
    void add(SampleValues sample, SampleShape shape) {
        ByteBuffer unsigned = sample.unsignedBytes();
        if (unsigned != null && shape.hasAlternatingChannels() && shape.channels() <= ByteCounts.MAX_CHANNELS) {
            count(unsigned, shape);
        } else if (isOfLongRuns(shape)) {
            addRuns(sample, shape);
        } else {
            stack(sample, sample, shape);
        }
    }

    /**
     * Adds one sample of integers for sums of squares, each exactly, at once. Minimum and maximum become unknown if
     * there is one that no double equals. All channels have slots.
     */
    void add(long[] sample, SampleShape shape) {
        boolean last = shape.isChannelsLast();
        int stride = last ? shape.channels() : 1;
        int length = shape.spatialSize();
        for (int c = 0; c < shape.channels(); c++) {
            int first = last ? c : c * length;
            IntegerSums sums = new IntegerSums();
            sums.add(sample, first, stride, length);
            sums.deposit(c, out);
            out.extremesUnknown |= !sums.haveKnownExtremes(sample, first, stride, length);
        }
    }

    private static boolean isOfLongRuns(SampleShape shape) {
        return !shape.hasAlternatingChannels() && shape.spatialSize() >= LONG_RUN;
    }

    private void count(ByteBuffer unsigned, SampleShape shape) {
        if (bytes == null) {
            bytes = new ByteCounts(shape.channels());
        }
        bytes.add(unsigned.array(), unsigned.arrayOffset() + unsigned.position(), unsigned.remaining(), out);
    }

    private void addRuns(SampleValues sample, SampleShape shape) {
        BlockSums sums = workspace.blockSums();
        Object piece = workspace.piece(sample.isFloat());
        int spatial = shape.spatialSize();
        for (int c = 0; c < shape.channels(); c++) {
            for (int done = 0; done < spatial; done += BlockSums.PIECE) {
                int length = Math.min(BlockSums.PIECE, spatial - done);
                sample.copyTo(c * spatial + done, piece, 0, length);
                sums.addRun(piece, piece, 0, length, c, out);
            }
        }
    }

    private void stack(SampleValues sample, SampleValues factors, SampleShape shape) {
        boolean squares = sample == factors;
        begin(sample.isFloat(), squares, shape.hasAlternatingChannels() ? alternating : shape);
        for (int done = 0; done < shape.length(); ) {
            int part = Math.min(shape.length() - done, capacity - filled);
            waiting = reserve(waiting, filled + part);
            sample.copyTo(done, waiting, filled, part);
            if (squares) {
                waitingFactors = waiting;
            } else {
                waitingFactors = reserve(waitingFactors, filled + part);
                factors.copyTo(done, waitingFactors, filled, part);
            }
            filled += part;
            done += part;
            if (filled == capacity) {
                flush();
            }
        }
    }

    /** Sums the samples that wait if they are of another kind than the next one. */
    private void begin(boolean newIsFloat, boolean squares, SampleShape sampleUnit) {
        if (newIsFloat != isFloat || squares != (waiting == waitingFactors) || !sampleUnit.equals(unit)) {
            flush();
            setUnit(sampleUnit);
            isFloat = newIsFloat;
            waiting = BlockSums.Block.newArray(isFloat, 0);
            waitingFactors = squares ? waiting : BlockSums.Block.newArray(isFloat, 0);
        }
    }

    private void setUnit(SampleShape sampleUnit) {
        unit = sampleUnit;
        row = Math.max(1, BlockSums.LANES / unit.length()) * unit.length();
        capacity = row * Math.min(BlockSums.ROWS, Math.max(1, MAX_WAITING / row));
    }

    /** An array for {@code size} values that begins with the values of another that wait. */
    private Object reserve(Object array, int size) {
        int length = Array.getLength(array);
        if (length >= size) {
            return array;
        }
        if (length == 0) {
            Object left = workspace.takeBuffer(isFloat, size);
            if (left != null) {
                return left;
            }
        }
        Object longer = BlockSums.Block.newArray(isFloat, Math.min(capacity, Math.max(4 * length, size)));
        System.arraycopy(array, 0, longer, 0, filled);
        return longer;
    }

    /** Sums the samples that wait and leaves their buffer to the workspace, if at least a quarter of it is full. */
    void releaseBuffer() {
        if (filled > 0 && filled >= capacity / RELEASE_DIVISOR && waiting == waitingFactors) {
            flush();
            workspace.keepBuffer(waiting);
            waiting = BlockSums.Block.newArray(isFloat, 0);
            waitingFactors = waiting;
        }
    }

    /** Sums the samples that wait. */
    void flush() {
        if (filled > 0) {
            workspace.blockSums().addStack(waiting, waitingFactors, filled, rowOfWaiting(), unit, out);
            filled = 0;
        }
        if (bytes != null) {
            bytes.flush(out);
        }
    }

    /** Length of a row of the samples that wait: of few units as short as it can be, since each lane is summed up. */
    private int rowOfWaiting() {
        int units = (filled + unit.length() - 1) / unit.length();
        return Math.min(row, (units + BlockSums.ROWS - 1) / BlockSums.ROWS * unit.length());
    }

    /** About how many bytes of the Java heap wait here; the workspace is not among them. */
    long heapBytes() {
        long values = Array.getLength(waiting) + (waiting == waitingFactors ? 0L : Array.getLength(waitingFactors));
        return values * (isFloat ? Float.BYTES : Double.BYTES) + (bytes == null ? 0 : bytes.heapBytes());
    }

    /** The values of a sample in a {@code float[]} or {@code double[]}. */
    record ArrayValues(Object array) implements SampleValues {
        @Override
        public boolean isFloat() {
            return array instanceof float[];
        }

        @Override
        public void copyTo(int from, Object to, int offset, int length) {
            System.arraycopy(array, from, to, offset, length);
        }
    }

    /**
     * Exact sums of integers of one channel, and of their squares of up to {@code 2^126}, in words of 32 bits whose
     * carries wait: an array has fewer than {@code 2^31} integers, so that a long holds the sum of a word of each.
     */
    private static final class IntegerSums {
        private static final long WORD = 0xFFFF_FFFFL;
        private static final int WORD_BITS = 32;
        /** Up to this magnitude a double equals every integer. */
        private static final long ALL_DOUBLES = 1L << 53;

        private long min = Long.MAX_VALUE;
        private long max = Long.MIN_VALUE;
        private long sumLow;
        private long sumHigh;
        private long square0;
        private long square1;
        private long square2;
        private long square3;

        private void add(long[] x, int first, int stride, int length) {
            for (int n = 0, i = first; n < length; n++, i += stride) {
                long v = x[i];
                min = Math.min(min, v);
                max = Math.max(max, v);
                sumLow += v & WORD;
                sumHigh += v >> WORD_BITS;
                long low = v * v;
                long high = Math.multiplyHigh(v, v);
                square0 += low & WORD;
                square1 += low >>> WORD_BITS;
                square2 += high & WORD;
                square3 += high >> WORD_BITS;
            }
        }

        private void deposit(int channel, ChannelSink out) {
            out.widen(channel, (double) min, (double) max);
            if (min < 0 || max > 0) {
                add(out.exact.values(channel), sumLow, sumHigh);
                add(out.exact.products(channel), square0, square1, square2, square3);
            }
        }

        private static void add(ExactSum sum, long... words) {
            for (int i = 0; i < words.length; i++) {
                if (words[i] != 0) {
                    sum.add(words[i], i * WORD_BITS);
                }
            }
        }

        /**
         * Whether a double equals each of the integers: not of the extremes alone, so that parts merge in any order.
         */
        private boolean haveKnownExtremes(long[] x, int first, int stride, int length) {
            if (min >= -ALL_DOUBLES && max <= ALL_DOUBLES) {
                return true;
            }
            for (int n = 0, i = first; n < length; n++, i += stride) {
                if (!isDouble(x[i])) {
                    return false;
                }
            }
            return true;
        }

        private static boolean isDouble(long v) {
            double nearest = v;
            return (long) nearest == v && nearest != 0x1p63; // which the cast makes the largest long
        }
    }
}
