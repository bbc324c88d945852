package io.github.sparkbatchnorm.stats;

import java.util.Arrays;

/**
 * Exact sums and sums of squares of a block, rows by lanes, at about the speed of plain ones.
 *
 * <p>A lane holds at most {@link #ROWS} values of one channel. With {@code 2^e} the power of two at its largest
 * magnitude, adding and subtracting {@code 1.5 * 2^k} splits a number at a fixed bit without a branch; the parts of up
 * to 128 numbers then fit 53 bits together, so that plain additions of them are exact. What must hold for that is
 * checked for each lane; a lane that fails (values too far apart, not finite, out of range) is added value by value.
 *
 * <ul>
 *   <li>{@code float}: exact where each value is a multiple of {@code 2^(e-44)}, which a witness tells: what the split
 *       loses. Squares have 48 bits and are split at {@code 2^(2e-43)}.
 *   <li>{@code double}: values are split at {@code 2^(e-44)}, squares into the rounded product, split at
 *       {@code 2^(2e-43)}, and its error, split at {@code 2^(2e-96)}. Exact where the smallest magnitude other than 0
 *       is at least {@code 2^(e-19)}.
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
    private static final int RUN_LANES = 64;

    /** Beyond these exponents a part of a double's square could under- or overflow. */
    private static final int MAX_EXPONENT = 430;

    /** Bits below the largest magnitude, or its square, where each part ends. */
    private static final int SUM_HIGH = 44;

    private static final int SUM_LOW = 71;
    private static final int SQUARE_HIGH = 43;
    private static final int SQUARE_LOW = 90;
    private static final int ERROR_HIGH = 96;
    private static final int ERROR_LOW = 142;
    private static final int DOUBLE_RANGE = 19;

    /** One for each thread: scratch for a block at hand. */
    private static final ThreadLocal<BlockSums> CURRENT = ThreadLocal.withInitial(BlockSums::new);

    /** The block: values of row r at the start of {@code block[r]}, so that all loops run over equal indices. */
    private final double[][] block = new double[ROWS][LANES];

    private final float[] narrow = new float[LANES];
    private int rows;
    private int lanes;
    private int lastLanes;

    private final double[] min = new double[LANES];
    private final double[] max = new double[LANES];
    private final double[] smallest = new double[LANES];
    private final double[] lost = new double[LANES];
    private final int[] exponent = new int[LANES];
    private final double[] splitSum = new double[LANES];
    private final double[] splitSquare = new double[LANES];
    private final double[] splitError = new double[LANES];
    private final double[] sumHigh = new double[LANES];
    private final double[] sumLow = new double[LANES];
    private final double[] squareHigh = new double[LANES];
    private final double[] squareLow = new double[LANES];
    private final double[] errorHigh = new double[LANES];
    private final double[] errorLow = new double[LANES];

    private BlockSums() {}

    /** This thread's. */
    static BlockSums current() {
        return CURRENT.get();
    }

    /**
     * Adds stacked samples to sums.
     *
     * @param values {@code float[]} or {@code double[]}
     * @param filled how many of them: whole rows and perhaps a part of one
     * @param row length of a row, at most {@link #ROWS} of them: a multiple of {@code unit.length()}
     * @param unit tells the channel of a value
     */
    void addStack(Object values, int filled, int row, SampleShape unit, ChannelSums out) {
        boolean single = values instanceof float[];
        for (int first = 0; first < Math.min(row, filled); first += LANES) {
            lanes = Math.min(LANES, row - first);
            rows = (filled - first + row - 1) / row;
            lastLanes = Math.min(lanes, filled - first - (rows - 1) * row);
            lanes = rows == 1 ? lastLanes : lanes;
            for (int r = 0; r < rows; r++) {
                load(values, first + r * row, r);
            }
            findRange(single);
            for (int j = 0; j < lanes; j++) {
                setSplit(j, Math.max(-min[j], max[j]));
            }
            sum(single);
            for (int j = 0; j < lanes; j++) {
                int channel = unit.channelOf((first + j) % unit.length());
                if (isExact(j, single)) {
                    out.widen(channel, min[j], max[j]);
                    deposit(j, single, out.sum(channel), out.squares(channel));
                } else {
                    addSlowly(j, channel, out);
                }
            }
        }
    }

    /**
     * Adds consecutive values of one channel to sums.
     *
     * @param values {@code float[]} or {@code double[]}
     */
    void addRun(Object values, int offset, int length, int channel, ChannelSums out) {
        for (int done = 0; done < length; done += ROWS * RUN_LANES) {
            addPiece(values, offset + done, Math.min(length - done, ROWS * RUN_LANES), channel, out);
        }
    }

    private void addPiece(Object values, int offset, int length, int channel, ChannelSums out) {
        boolean single = values instanceof float[];
        lanes = Math.min(RUN_LANES, length);
        rows = (length + lanes - 1) / lanes;
        lastLanes = length - (rows - 1) * lanes;
        for (int r = 0; r < rows; r++) {
            load(values, offset + r * lanes, r);
        }
        findRange(single);
        double least = min[0];
        double greatest = max[0];
        for (int j = 1; j < lanes; j++) {
            least = Math.min(least, min[j]);
            greatest = Math.max(greatest, max[j]);
        }
        for (int j = 0; j < lanes; j++) {
            setSplit(j, Math.max(-least, greatest));
        }
        sum(single);
        LaneTotal total = new LaneTotal();
        for (int j = 0; j < lanes; j++) {
            if (isExact(j, single)) {
                out.widen(channel, min[j], max[j]);
                total.add(j, single);
            } else {
                addSlowly(j, channel, out);
            }
        }
        total.deposit(out.sum(channel), out.squares(channel));
    }

    private int width(int row) {
        return row == rows - 1 ? lastLanes : lanes;
    }

    /** Loads a row of the block. */
    private void load(Object values, int from, int r) {
        if (values instanceof float[]) {
            System.arraycopy(values, from, narrow, 0, width(r));
            LaneLoops.widen(narrow, block[r], width(r));
        } else {
            System.arraycopy(values, from, block[r], 0, width(r));
        }
    }

    private void addSlowly(int lane, int channel, ChannelSums out) {
        for (int r = 0; r < rows; r++) {
            if (lane < width(r)) {
                out.add(channel, block[r][lane]);
            }
        }
    }

    /** Sums of lanes that split at the same bits, so that they add up as integers: 53 bits each, at most 64 of them. */
    private final class LaneTotal {
        private final int e = exponent[0];
        private long sumHighUnits;
        private long sumLowUnits;
        private long squareHighUnits;
        private long squareLowUnits;
        private long errorHighUnits;
        private long errorLowUnits;

        void add(int j, boolean single) {
            sumHighUnits += (long) (sumHigh[j] * powerOfTwo(SUM_HIGH - e));
            squareHighUnits += (long) (squareHigh[j] * powerOfTwo(SQUARE_HIGH - 2 * e));
            squareLowUnits += (long) (squareLow[j] * powerOfTwo(SQUARE_LOW - 2 * e));
            if (!single) {
                sumLowUnits += (long) (sumLow[j] * powerOfTwo(SUM_LOW - e));
                errorHighUnits += (long) (errorHigh[j] * powerOfTwo(ERROR_HIGH - 2 * e));
                errorLowUnits += (long) (errorLow[j] * powerOfTwo(ERROR_LOW - 2 * e));
            }
        }

        void deposit(ExactSum sum, ExactSum squares) {
            addUnits(sum, sumHighUnits, e - SUM_HIGH);
            addUnits(sum, sumLowUnits, e - SUM_LOW);
            addUnits(squares, squareHighUnits, 2 * e - SQUARE_HIGH);
            addUnits(squares, squareLowUnits, 2 * e - SQUARE_LOW);
            addUnits(squares, errorHighUnits, 2 * e - ERROR_HIGH);
            addUnits(squares, errorLowUnits, 2 * e - ERROR_LOW);
        }

        private static void addUnits(ExactSum sum, long units, int unit) {
            if (units != 0) {
                sum.add(units, unit);
            }
        }
    }

    private void deposit(int j, boolean single, ExactSum sum, ExactSum squares) {
        addPart(sum, sumHigh[j]);
        addPart(squares, squareHigh[j]);
        addPart(squares, squareLow[j]);
        if (!single) {
            addPart(sum, sumLow[j]);
            addPart(squares, errorHigh[j]);
            addPart(squares, errorLow[j]);
        }
    }

    private static void addPart(ExactSum sum, double part) {
        if (part != 0) {
            sum.add(part);
        }
    }

    private void findRange(boolean single) {
        Arrays.fill(min, 0, lanes, Double.POSITIVE_INFINITY);
        Arrays.fill(max, 0, lanes, Double.NEGATIVE_INFINITY);
        Arrays.fill(smallest, 0, lanes, Double.POSITIVE_INFINITY);
        for (int r = 0; r < rows; r++) {
            LaneLoops.range(block[r], width(r), min, max);
            if (!single) {
                LaneLoops.smallest(block[r], width(r), smallest);
            }
        }
    }

    /** Sets where a lane splits; one out of range gets NaN, and then is not exact. */
    private void setSplit(int j, double magnitude) {
        int e = magnitude == 0 ? 0 : Math.getExponent(magnitude);
        if (Math.abs(e) > MAX_EXPONENT) { // also NaN, whose exponent is that of infinity
            exponent[j] = 0;
            splitSum[j] = Double.NaN;
            splitSquare[j] = Double.NaN;
            splitError[j] = Double.NaN;
        } else {
            exponent[j] = e;
            splitSum[j] = 1.5 * powerOfTwo(52 - SUM_HIGH + e);
            splitSquare[j] = 1.5 * powerOfTwo(52 - SQUARE_HIGH + 2 * e);
            splitError[j] = 1.5 * powerOfTwo(52 - ERROR_HIGH + 2 * e);
        }
    }

    private static double powerOfTwo(int e) {
        return Double.longBitsToDouble((long) (e + 1023) << 52);
    }

    private boolean isExact(int j, boolean single) {
        if (single) {
            return lost[j] == 0; // NaN is not
        }
        double nonZero = smallest[j] == 0 ? smallestNonZero(j) : smallest[j];
        return nonZero >= powerOfTwo(exponent[j] - DOUBLE_RANGE) && !Double.isNaN(splitSum[j]);
    }

    private double smallestNonZero(int lane) {
        double result = Double.POSITIVE_INFINITY;
        for (int r = 0; r < rows; r++) {
            if (lane < width(r)) {
                double magnitude = Math.abs(block[r][lane]);
                if (magnitude != 0 && magnitude < result) {
                    result = magnitude;
                }
            }
        }
        return result;
    }

    private void sum(boolean single) {
        for (double[] parts : new double[][] {lost, sumHigh, sumLow, squareHigh, squareLow, errorHigh, errorLow}) {
            Arrays.fill(parts, 0, lanes, 0.0);
        }
        for (int r = 0; r < rows; r++) {
            int width = width(r);
            if (single) {
                LaneLoops.sumAndLost(block[r], width, splitSum, sumHigh, lost);
            } else {
                LaneLoops.sumParts(block[r], width, splitSum, sumHigh, sumLow);
                LaneLoops.sumErrors(block[r], width, splitError, errorHigh, errorLow);
            }
            LaneLoops.sumSquares(block[r], width, splitSquare, squareHigh, squareLow);
        }
    }
}
