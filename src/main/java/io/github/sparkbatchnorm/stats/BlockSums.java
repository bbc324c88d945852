package io.github.sparkbatchnorm.stats;

import org.jspecify.annotations.Nullable;

/**
 * Exact sums of the values of a block, rows by lanes, and of their products with factors, at about the speed of plain
 * ones. For squares the factors are the values themselves.
 *
 * <p>A lane holds at most {@link #ROWS} values of one channel. With {@code 2^e} the power of two at its largest
 * magnitude ({@code 2^f} for the factors), adding and subtracting {@code 1.5 * 2^k} splits a number at a fixed bit
 * without a branch; the parts of up to 128 numbers then fit 53 bits together, so that plain additions of them are
 * exact. That holds where the smallest magnitude other than 0 is not too far below; a lane where it is, or that has
 * values that are not finite or out of range, is added value by value.
 *
 * <ul>
 *   <li>{@code float}, from {@code 2^(e-21)}: values are multiples of {@code 2^(e-44)} and need no split. Products have
 *       48 bits and are split at {@code 2^(e+f-43)}.
 *   <li>{@code double}, from {@code 2^(e-19)}: values are split at {@code 2^(e-44)}, products into the rounded one,
 *       split at {@code 2^(e+f-43)}, and its error, split at {@code 2^(e+f-96)}.
 * </ul>
 *
 * <p>The loops are those of {@link LaneLoops}. Not thread-safe: the arrays are scratch.
 *
 * @see <a href="https://doi.org/10.1137/050645671">Rump, Ogita, Oishi, Accurate Floating-Point Summation Part I, 2008,
 *     algorithm 3.2 (ExtractVector)</a>
 */
final class BlockSums {
    /** Most values of a lane. */
    static final int ROWS = 128;
    /** Most lanes that are summed together. */
    static final int LANES = 128;
    /** Lanes that a run of one channel is folded into. */
    private static final int RUN_LANES = 8;
    /** Values of a run that are copied at a time: some blocks, few enough for the first-level cache. */
    static final int PIECE = 4 * ROWS * RUN_LANES;

    /** Bits below the largest magnitude, or product, where each part ends. */
    private static final int SUM_HIGH = 44;

    private static final int SUM_LOW = 71;
    private static final int PRODUCT_HIGH = 43;
    private static final int PRODUCT_LOW = 90;
    private static final int ERROR_HIGH = 96;
    private static final int ERROR_LOW = 142;

    /** One for each thread: scratch for a block at hand. */
    private static final ThreadLocal<BlockSums> CURRENT = ThreadLocal.withInitial(() -> new BlockSums(LaneLoops.BEST));

    private final LaneLoops loops;
    private final LaneSums parts = new LaneSums();
    private final LaneRanges values = new LaneRanges();
    private final LaneRanges otherFactors = new LaneRanges();

    /** An array of samples that is free to use; null if there is none. */
    private @Nullable Object spare;

    private final float[] floatPiece = new float[PIECE];
    private final double[] doublePiece = new double[PIECE];

    // The block at hand.
    private Object x = new float[0];
    private Object y = x;
    private boolean isFloat;
    /** {@link #values} for squares. */
    private LaneRanges factors = values;

    private int first;
    private int stride;
    private int rows;
    private int lanes;
    /** Lanes that the last row has. */
    private int lastLanes;

    /** @param loops all give the same bits */
    BlockSums(LaneLoops loops) {
        this.loops = loops;
    }

    /** This thread's. */
    static BlockSums current() {
        return CURRENT.get();
    }

    /** An array of {@link #PIECE} values for a part of a run that is copied and summed at once. */
    Object piece(boolean floats) {
        return floats ? floatPiece : doublePiece;
    }

    /** Keeps an array that is no longer needed, for whoever needs one next in this thread. */
    void keepSpare(Object array) {
        spare = array;
    }

    /** The array that was kept, if it is of that class. */
    @Nullable
    Object takeSpare(Class<?> wanted) {
        Object kept = spare;
        if (kept == null || kept.getClass() != wanted) {
            return null;
        }
        spare = null;
        return kept;
    }

    /**
     * Adds stacked samples to sums.
     *
     * @param newX {@code float[]} or {@code double[]}
     * @param newY the factors, of the same type; x itself for squares
     * @param filled how many of them: whole rows and perhaps a part of one
     * @param row length of a row, at most {@link #ROWS} of them: a multiple of {@code unit.length()}
     * @param unit tells the channel of a value
     */
    void addStack(Object newX, Object newY, int filled, int row, SampleShape unit, ChannelSink out) {
        setArrays(newX, newY);
        for (int start = 0; start < Math.min(row, filled); start += LANES) {
            int rest = filled - start;
            setBlock(
                    start,
                    row,
                    (rest + row - 1) / row,
                    Math.min(LANES, row - start),
                    rest % row == 0 ? row : rest % row);
            findRanges();
            int run = unit.hasAlternatingChannels() ? 1 : unit.spatialSize();
            for (int j = 0; j < lanes; j = endOfRun(start + j, run) - start) {
                shareMagnitude(j, Math.min(lanes, endOfRun(start + j, run) - start));
            }
            sum();
            for (int j = 0; j < lanes; j = endOfRun(start + j, run) - start) {
                int channel = unit.channelOf((start + j) % unit.length());
                addLanes(j, Math.min(lanes, endOfRun(start + j, run) - start), channel, out);
            }
        }
    }

    private static int endOfRun(int lane, int run) {
        return (lane / run + 1) * run;
    }

    /**
     * Adds consecutive values of one channel to sums.
     *
     * @param newX {@code float[]} or {@code double[]}
     * @param newY the factors, of the same type; x itself for squares
     */
    void addRun(Object newX, Object newY, int offset, int length, int channel, ChannelSink out) {
        setArrays(newX, newY);
        int end = offset + length;
        for (int start = offset; start < end; ) {
            int rowsLeft = (end - start) / RUN_LANES;
            if (rowsLeft == 0) {
                setBlock(start, RUN_LANES, 1, end - start, end - start);
            } else {
                setBlock(start, RUN_LANES, Math.min(ROWS, rowsLeft), RUN_LANES, RUN_LANES);
            }
            addPiece(channel, out);
            start += rows == 1 ? lanes : rows * RUN_LANES;
        }
    }

    private void addPiece(int channel, ChannelSink out) {
        findRanges();
        shareMagnitude(0, lanes);
        sum();
        addLanes(0, lanes, channel, out);
    }

    /** Gives lanes of one channel, from one to before another, the largest magnitude of them. */
    private void shareMagnitude(int from, int to) {
        double magnitude = 0;
        double factorMagnitude = 0;
        for (int j = from; j < to; j++) {
            magnitude = Math.max(magnitude, values.magnitude(j));
            factorMagnitude = Math.max(factorMagnitude, factors.magnitude(j));
        }
        for (int j = from; j < to; j++) {
            setMagnitudes(j, magnitude, factorMagnitude);
        }
    }

    /** Adds the sums of lanes of one channel. */
    private void addLanes(int from, int to, int channel, ChannelSink out) {
        LaneTotal total = new LaneTotal(from);
        for (int j = from; j < to; j++) {
            if (isExact(j)) {
                out.widen(channel, values.min[j], values.max[j]);
                total.add(j);
            } else {
                addSlowly(j, channel, out);
            }
        }
        total.deposit(out.exact.values(channel), out.exact.products(channel));
    }

    private void setArrays(Object newX, Object newY) {
        x = newX;
        y = newY;
        isFloat = x instanceof float[];
        factors = x == y ? values : otherFactors;
    }

    private void setBlock(int newFirst, int newStride, int newRows, int newLanes, int newLastLanes) {
        first = newFirst;
        stride = newStride;
        rows = newRows;
        lanes = newRows == 1 ? Math.min(newLanes, newLastLanes) : newLanes;
        lastLanes = Math.min(lanes, newLastLanes);
    }

    private void findRanges() {
        findRange(x, values);
        if (factors != values) {
            findRange(y, factors);
        }
    }

    private void findRange(Object of, LaneRanges out) {
        if (of instanceof float[] floats) {
            loops.range(floats, first, stride, rows, 0, lastLanes, out);
            loops.range(floats, first, stride, rows - 1, lastLanes, lanes, out);
        } else {
            double[] doubles = (double[]) of;
            loops.range(doubles, first, stride, rows, 0, lastLanes, out);
            loops.range(doubles, first, stride, rows - 1, lastLanes, lanes, out);
        }
    }

    private void setMagnitudes(int j, double magnitude, double factorMagnitude) {
        values.setMagnitude(j, magnitude, isFloat);
        if (factors != values) {
            factors.setMagnitude(j, factorMagnitude, isFloat);
        }
        int e = values.exponent[j];
        int ef = e + factors.exponent[j];
        parts.splitSum[j] = 1.5 * LaneRanges.powerOfTwo(52 - SUM_HIGH + e);
        parts.splitProduct[j] = 1.5 * LaneRanges.powerOfTwo(52 - PRODUCT_HIGH + ef);
        parts.splitError[j] = 1.5 * LaneRanges.powerOfTwo(52 - ERROR_HIGH + ef);
    }

    private void sum() {
        if (isFloat) {
            loops.sum((float[]) x, (float[]) y, first, stride, rows, 0, lastLanes, parts);
            loops.sum((float[]) x, (float[]) y, first, stride, rows - 1, lastLanes, lanes, parts);
        } else {
            loops.sum((double[]) x, (double[]) y, first, stride, rows, 0, lastLanes, parts);
            loops.sum((double[]) x, (double[]) y, first, stride, rows - 1, lastLanes, lanes, parts);
        }
    }

    private boolean isExact(int j) {
        return values.isExact(j) && factors.isExact(j);
    }

    private void addSlowly(int j, int channel, ChannelSink out) {
        int end = first + j + (j < lastLanes ? rows : rows - 1) * stride;
        for (int i = first + j; i < end; i += stride) {
            if (isFloat) {
                out.add(channel, ((float[]) x)[i], ((float[]) y)[i]);
            } else {
                out.add(channel, ((double[]) x)[i], ((double[]) y)[i]);
            }
        }
    }

    /** Sums of lanes that split at the same bits, so that they add up as integers: 53 bits each, of few lanes. */
    private final class LaneTotal {
        private final int e;
        private final int ef;
        private long sumHigh;
        private long sumLow;
        private long productHigh;
        private long productLow;
        private long errorHigh;
        private long errorLow;

        LaneTotal(int first) {
            e = values.exponent[first];
            ef = e + factors.exponent[first];
        }

        void add(int j) {
            sumHigh += (long) (parts.sumHigh[j] * LaneRanges.powerOfTwo(SUM_HIGH - e));
            productHigh += (long) (parts.productHigh[j] * LaneRanges.powerOfTwo(PRODUCT_HIGH - ef));
            productLow += (long) (parts.productLow[j] * LaneRanges.powerOfTwo(PRODUCT_LOW - ef));
            if (!isFloat) {
                sumLow += (long) (parts.sumLow[j] * LaneRanges.powerOfTwo(SUM_LOW - e));
                errorHigh += (long) (parts.errorHigh[j] * LaneRanges.powerOfTwo(ERROR_HIGH - ef));
                errorLow += (long) (parts.errorLow[j] * LaneRanges.powerOfTwo(ERROR_LOW - ef));
            }
        }

        void deposit(ExactSum sum, ExactSum products) {
            addUnits(sum, sumHigh, e - SUM_HIGH);
            addUnits(sum, sumLow, e - SUM_LOW);
            addUnits(products, productHigh, ef - PRODUCT_HIGH);
            addUnits(products, productLow, ef - PRODUCT_LOW);
            addUnits(products, errorHigh, ef - ERROR_HIGH);
            addUnits(products, errorLow, ef - ERROR_LOW);
        }

        private static void addUnits(ExactSum sum, long units, int unit) {
            if (units != 0) {
                sum.add(units, unit);
            }
        }
    }
}
