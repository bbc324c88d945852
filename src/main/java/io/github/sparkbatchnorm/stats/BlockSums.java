package io.github.sparkbatchnorm.stats;

import java.util.Arrays;

/**
 * Exact sums of the values of a block, rows by lanes, and of their products with factors, at about the speed of plain
 * ones. For squares the factors are the values themselves.
 *
 * <p>A lane holds at most {@link #ROWS} values of one channel. With {@code 2^e} the power of two at its largest
 * magnitude ({@code 2^f} for the factors), adding and subtracting {@code 1.5 * 2^k} splits a number at a fixed bit
 * without a branch; the parts of up to 128 numbers then fit 53 bits together, so that plain additions of them are
 * exact. What must hold for that is checked for each lane; a lane that fails (values too far apart, not finite, out of
 * range) is added value by value.
 *
 * <ul>
 *   <li>{@code float}: exact where each value is a multiple of {@code 2^(e-44)}, and each factor of {@code 2^(f-44)},
 *       which a witness tells: what the split loses. Products have 48 bits and are split at {@code 2^(e+f-43)}.
 *   <li>{@code double}: values are split at {@code 2^(e-44)}, products into the rounded one, split at
 *       {@code 2^(e+f-43)}, and its error, split at {@code 2^(e+f-96)}. Exact where the smallest magnitude other than 0
 *       is at least {@code 2^(e-19)}, that of the factors {@code 2^(f-19)}.
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

    /** Bits below the largest magnitude, or product, where each part ends. */
    static final int SUM_HIGH = 44;

    private static final int SUM_LOW = 71;
    private static final int PRODUCT_HIGH = 43;
    private static final int PRODUCT_LOW = 90;
    private static final int ERROR_HIGH = 96;
    private static final int ERROR_LOW = 142;

    /** One for each thread: scratch for a block at hand. */
    private static final ThreadLocal<BlockSums> CURRENT = ThreadLocal.withInitial(BlockSums::new);

    private final BlockSide values = new BlockSide();
    private final BlockSide otherFactors = new BlockSide();

    /** {@link #values} for squares. */
    private BlockSide factors = values;

    private boolean single;
    private int rows;
    private int lanes;
    private int lastLanes;

    private final double[] splitProduct = new double[LANES];
    private final double[] splitError = new double[LANES];
    private final double[] sumHigh = new double[LANES];
    private final double[] sumLow = new double[LANES];
    private final double[] productHigh = new double[LANES];
    private final double[] productLow = new double[LANES];
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
     * @param x {@code float[]} or {@code double[]}
     * @param y the factors, of the same type; x itself for squares
     * @param filled how many of them: whole rows and perhaps a part of one
     * @param row length of a row, at most {@link #ROWS} of them: a multiple of {@code unit.length()}
     * @param unit tells the channel of a value
     */
    void addStack(Object x, Object y, int filled, int row, SampleShape unit, LaneTarget out) {
        setTypes(x, y);
        for (int first = 0; first < Math.min(row, filled); first += LANES) {
            lanes = Math.min(LANES, row - first);
            rows = (filled - first + row - 1) / row;
            lastLanes = Math.min(lanes, filled - first - (rows - 1) * row);
            lanes = rows == 1 ? lastLanes : lanes;
            load(x, y, first, row);
            for (BlockSide side : sides()) {
                side.findRange(rows, lanes, lastLanes, single);
                for (int j = 0; j < lanes; j++) {
                    side.setSplit(j, side.magnitude(j));
                }
            }
            sum();
            for (int j = 0; j < lanes; j++) {
                int channel = unit.channelOf((first + j) % unit.length());
                if (isExact(j)) {
                    out.widen(channel, values.min[j], values.max[j]);
                    deposit(j, out.exact.values(channel), out.exact.products(channel));
                } else {
                    addSlowly(j, channel, out);
                }
            }
        }
    }

    /**
     * Adds consecutive values of one channel to sums.
     *
     * @param x {@code float[]} or {@code double[]}
     * @param y the factors, of the same type; x itself for squares
     */
    void addRun(Object x, Object y, int offset, int length, int channel, LaneTarget out) {
        setTypes(x, y);
        for (int done = 0; done < length; done += ROWS * RUN_LANES) {
            addPiece(x, y, offset + done, Math.min(length - done, ROWS * RUN_LANES), channel, out);
        }
    }

    private void addPiece(Object x, Object y, int offset, int length, int channel, LaneTarget out) {
        lanes = Math.min(RUN_LANES, length);
        rows = (length + lanes - 1) / lanes;
        lastLanes = length - (rows - 1) * lanes;
        load(x, y, offset, lanes);
        for (BlockSide side : sides()) {
            side.findRange(rows, lanes, lastLanes, single);
            double magnitude = 0;
            for (int j = 0; j < lanes; j++) {
                magnitude = Math.max(magnitude, side.magnitude(j));
            }
            for (int j = 0; j < lanes; j++) {
                side.setSplit(j, magnitude);
            }
        }
        sum();
        LaneTotal total = new LaneTotal();
        for (int j = 0; j < lanes; j++) {
            if (isExact(j)) {
                out.widen(channel, values.min[j], values.max[j]);
                total.add(j);
            } else {
                addSlowly(j, channel, out);
            }
        }
        total.deposit(out.exact.values(channel), out.exact.products(channel));
    }

    private void setTypes(Object x, Object y) {
        single = x instanceof float[];
        factors = x == y ? values : otherFactors;
    }

    private BlockSide[] sides() {
        return factors == values ? new BlockSide[] {values} : new BlockSide[] {values, factors};
    }

    private int width(int row) {
        return row == rows - 1 ? lastLanes : lanes;
    }

    private void load(Object x, Object y, int first, int stride) {
        for (int r = 0; r < rows; r++) {
            values.load(x, first + r * stride, r, width(r));
            if (factors != values) {
                factors.load(y, first + r * stride, r, width(r));
            }
        }
    }

    private void addSlowly(int lane, int channel, LaneTarget out) {
        for (int r = 0; r < rows; r++) {
            if (lane < width(r)) {
                out.add(channel, values.block[r][lane], factors.block[r][lane]);
            }
        }
    }

    private boolean isExact(int j) {
        return values.isExact(j, rows, lastLanes, single)
                && (factors == values || factors.isExact(j, rows, lastLanes, single));
    }

    /** Sums of lanes that split at the same bits, so that they add up as integers: 53 bits each, at most 64 of them. */
    private final class LaneTotal {
        private final int e = values.exponent[0];
        private final int ef = e + factors.exponent[0];
        private long sumHighUnits;
        private long sumLowUnits;
        private long productHighUnits;
        private long productLowUnits;
        private long errorHighUnits;
        private long errorLowUnits;

        void add(int j) {
            sumHighUnits += (long) (sumHigh[j] * BlockSide.powerOfTwo(SUM_HIGH - e));
            productHighUnits += (long) (productHigh[j] * BlockSide.powerOfTwo(PRODUCT_HIGH - ef));
            productLowUnits += (long) (productLow[j] * BlockSide.powerOfTwo(PRODUCT_LOW - ef));
            if (!single) {
                sumLowUnits += (long) (sumLow[j] * BlockSide.powerOfTwo(SUM_LOW - e));
                errorHighUnits += (long) (errorHigh[j] * BlockSide.powerOfTwo(ERROR_HIGH - ef));
                errorLowUnits += (long) (errorLow[j] * BlockSide.powerOfTwo(ERROR_LOW - ef));
            }
        }

        void deposit(ExactSum sum, ExactSum products) {
            addUnits(sum, sumHighUnits, e - SUM_HIGH);
            addUnits(sum, sumLowUnits, e - SUM_LOW);
            addUnits(products, productHighUnits, ef - PRODUCT_HIGH);
            addUnits(products, productLowUnits, ef - PRODUCT_LOW);
            addUnits(products, errorHighUnits, ef - ERROR_HIGH);
            addUnits(products, errorLowUnits, ef - ERROR_LOW);
        }

        private static void addUnits(ExactSum sum, long units, int unit) {
            if (units != 0) {
                sum.add(units, unit);
            }
        }
    }

    private void deposit(int j, ExactSum sum, ExactSum products) {
        addPart(sum, sumHigh[j]);
        addPart(products, productHigh[j]);
        addPart(products, productLow[j]);
        if (!single) {
            addPart(sum, sumLow[j]);
            addPart(products, errorHigh[j]);
            addPart(products, errorLow[j]);
        }
    }

    private static void addPart(ExactSum sum, double part) {
        if (part != 0) {
            sum.add(part);
        }
    }

    private void sum() {
        for (double[] parts : new double[][] {sumHigh, sumLow, productHigh, productLow, errorHigh, errorLow}) {
            Arrays.fill(parts, 0, lanes, 0.0);
        }
        for (int j = 0; j < lanes; j++) {
            int ef = values.exponent[j] + factors.exponent[j];
            splitProduct[j] = 1.5 * BlockSide.powerOfTwo(52 - PRODUCT_HIGH + ef);
            splitError[j] = 1.5 * BlockSide.powerOfTwo(52 - ERROR_HIGH + ef);
        }
        for (int r = 0; r < rows; r++) {
            int width = width(r);
            double[] x = values.block[r];
            if (single) {
                LaneLoops.sumAndLost(x, width, values.split, sumHigh, values.lost);
            } else {
                LaneLoops.sumParts(x, width, values.split, sumHigh, sumLow);
            }
            if (factors == values) {
                sumSquares(x, width);
            } else {
                sumProducts(x, factors.block[r], width);
            }
        }
    }

    private void sumSquares(double[] x, int width) {
        LaneLoops.sumSquares(x, width, splitProduct, productHigh, productLow);
        if (!single) {
            LaneLoops.sumSquareErrors(x, width, splitError, errorHigh, errorLow);
        }
    }

    private void sumProducts(double[] x, double[] y, int width) {
        LaneLoops.sumProducts(x, y, width, splitProduct, productHigh, productLow);
        if (single) {
            LaneLoops.lost(y, width, factors.split, factors.lost);
        } else {
            LaneLoops.sumErrors(x, y, width, splitError, errorHigh, errorLow);
        }
    }
}
