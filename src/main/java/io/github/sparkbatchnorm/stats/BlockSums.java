package io.github.sparkbatchnorm.stats;

/**
 * Exact sums of the values of a block, and of their products with factors, at about the speed of plain sums. For
 * squares the factors are the values themselves.
 *
 * <p>A lane has at most {@code 2^7} values x of one channel, with factors y. Let {@code 2^e <= max |x| < 2^(e+1)} and
 * {@code 2^f <= max |y| < 2^(f+1)}, each over all lanes of the channel in the block. Adding and subtracting {@code 1.5
 * * 2^(k+52)} rounds a number below {@code 2^(k+51)} to a multiple of {@code 2^k} without a branch; the remainder is
 * exact and at most {@code 2^(k-1)}. So values, rounded products and the rounding errors of products are each split
 * into a high part, a multiple of {@code 2^k}, and a low part. Plain additions of doubles are exact while all numbers
 * are multiples of one unit and their sum is at most {@code 2^53} units:
 *
 * <pre>
 * part          unit         one at most   128 at most   in units
 * sum high      2^(e-44)     2^(e+1)       2^(e+8)       2^52
 * sum low       2^(e-71)     2^(e-45)      2^(e-38)      2^33
 * product high  2^(e+f-43)   2^(e+f+2)     2^(e+f+9)     2^52
 * product low   2^(e+f-90)   2^(e+f-44)    2^(e+f-37)    2^53
 * error high    2^(e+f-96)   2^(e+f-52)    2^(e+f-45)    2^51
 * error low     2^(e+f-142)  2^(e+f-97)    2^(e+f-90)    2^52
 * </pre>
 *
 * <p>The units of the low parts are the last bits that numbers can have:
 *
 * <ul>
 *   <li>{@code double}: each x is 0 or at least {@code 2^(e-19)}, so that it ends at {@code 2^(e-19-52)}; each y
 *       likewise. A rounded product is at least {@code 2^(e+f-38)} and ends at {@code 2^(e+f-38-52)}. Its error ends
 *       where the exact product does, at {@code 2^(e-71) * 2^(f-71)}, and is at most half of the last bit of a product
 *       below {@code 2^(e+f+2)}, which is {@code 2^(e+f-52)}.
 *   <li>{@code float}: each x is 0 or at least {@code 2^(e-21)}, so that it ends at {@code 2^(e-21-23)}, the unit of
 *       the high part: values need no split. Products have 48 bits, end at {@code 2^(e+f-88)} and have no error.
 * </ul>
 *
 * <p>With {@code |e|, |f| <= 430} the smallest unit is {@code 2^(-860-142)} and the largest split is below
 * {@code 2^(860+10)}: nothing under- or overflows. A lane that breaks one of these conditions, or has a value that is
 * not finite, is added value by value.
 *
 * <p>Not thread-safe: the fields are scratch.
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

    /** Largest magnitude of e and f. */
    static final int MAX_EXPONENT = 430;
    /** How far below {@code 2^e} the smallest double of a lane may be, in bits. */
    static final int DOUBLE_SPAN = 19;
    /** How far below {@code 2^e} the smallest float of a lane may be, in bits. */
    static final int FLOAT_SPAN = 21;

    // The unit of each part: so many bits below 2^e or 2^(e+f).
    private static final int SUM_HIGH_UNIT = 44;
    private static final int SUM_LOW_UNIT = DOUBLE_SPAN + 52;
    private static final int PRODUCT_HIGH_UNIT = 43;
    private static final int PRODUCT_LOW_UNIT = 2 * DOUBLE_SPAN + 52;
    private static final int ERROR_HIGH_UNIT = 96;
    private static final int ERROR_LOW_UNIT = 2 * SUM_LOW_UNIT;

    private final LaneLoops loops;
    private final LaneLoops.Sums sums = new LaneLoops.Sums();
    private final LaneLoops.Ranges valueRanges = new LaneLoops.Ranges();
    private final LaneLoops.Ranges otherRanges = new LaneLoops.Ranges();

    /** The ranges of the factors of the block at hand: those of the values for squares. */
    private LaneLoops.Ranges factorRanges = valueRanges;

    /** @param loops any loops: all give the same bits */
    BlockSums(LaneLoops loops) {
        this.loops = loops;
    }

    static double powerOfTwo(int e) {
        return Double.longBitsToDouble((long) (e + 1023) << 52);
    }

    /**
     * Adds stacked samples to sums.
     *
     * @param x the values, {@code float[]} or {@code double[]}
     * @param y the factors, of the same type; x itself for squares
     * @param filled number of values: whole rows and perhaps a part of one
     * @param row length of a row, at most {@link #ROWS} of them: a multiple of {@code unit.length()}
     * @param unit tells the channel of a value
     */
    void addStack(Object x, Object y, int filled, int row, SampleShape unit, ChannelSink out) {
        int run = unit.hasAlternatingChannels() ? 1 : unit.spatialSize();
        for (int start = 0; start < Math.min(row, filled); start += LANES) {
            int left = filled - start;
            int rows = (left + row - 1) / row;
            int lastLanes = Math.min(LANES, Math.min(row - start, left - (rows - 1) * row));
            int lanes = rows == 1 ? lastLanes : Math.min(LANES, row - start);
            Block block = new Block(x, y, start, row, rows, lanes, lastLanes);
            findRanges(block);
            for (int lane = 0; lane < lanes; lane = endOfRun(start + lane, run) - start) {
                setExponents(block, lane, Math.min(lanes, endOfRun(start + lane, run) - start));
            }
            loops.sum(block, sums);
            for (int lane = 0; lane < lanes; lane = endOfRun(start + lane, run) - start) {
                int channel = unit.channelOf((start + lane) % unit.length());
                deposit(block, lane, Math.min(lanes, endOfRun(start + lane, run) - start), channel, out);
            }
        }
    }

    private static int endOfRun(int lane, int run) {
        return (lane / run + 1) * run;
    }

    /**
     * Adds consecutive values of one channel to sums.
     *
     * @param x the values, {@code float[]} or {@code double[]}
     * @param y the factors, of the same type; x itself for squares
     * @param offset index of the first value
     * @param length number of values
     */
    void addRun(Object x, Object y, int offset, int length, int channel, ChannelSink out) {
        int end = offset + length;
        for (int start = offset; start < end; ) {
            int rows = Math.min(ROWS, (end - start) / RUN_LANES);
            Block block = rows == 0
                    ? new Block(x, y, start, RUN_LANES, 1, end - start, end - start)
                    : new Block(x, y, start, RUN_LANES, rows, RUN_LANES, RUN_LANES);
            findRanges(block);
            setExponents(block, 0, block.lanes());
            loops.sum(block, sums);
            deposit(block, 0, block.lanes(), channel, out);
            start += block.rows() * block.lanes();
        }
    }

    private void findRanges(Block block) {
        loops.range(block.x(), block, valueRanges);
        factorRanges = block.isOfSquares() ? valueRanges : otherRanges;
        if (!block.isOfSquares()) {
            loops.range(block.y(), block, factorRanges);
        }
    }

    /** Sets e and f of the lanes {@code from <= lane < to} of one channel, and what their numbers are split with. */
    private void setExponents(Block block, int from, int to) {
        boolean isFloat = block.isFloat();
        boolean hasFactors = !block.isOfSquares();
        double magnitude = 0;
        double factorMagnitude = 0;
        for (int lane = from; lane < to; lane++) {
            magnitude = Math.max(magnitude, valueRanges.magnitude(lane));
            factorMagnitude = Math.max(factorMagnitude, factorRanges.magnitude(lane));
        }
        for (int lane = from; lane < to; lane++) {
            valueRanges.setExponent(lane, magnitude, isFloat);
            if (hasFactors) {
                factorRanges.setExponent(lane, factorMagnitude, isFloat);
            }
            int e = valueRanges.exponent[lane];
            int ef = e + factorRanges.exponent[lane];
            sums.splitSum[lane] = split(e - SUM_HIGH_UNIT);
            sums.splitProduct[lane] = split(ef - PRODUCT_HIGH_UNIT);
            sums.splitError[lane] = split(ef - ERROR_HIGH_UNIT);
        }
    }

    /** What splits numbers into multiples of {@code 2^k} and the remainders. */
    private static double split(int k) {
        return 1.5 * powerOfTwo(k + 52);
    }

    /** Adds the sums of the lanes {@code from <= lane < to}, all of one channel. */
    private void deposit(Block block, int from, int to, int channel, ChannelSink out) {
        boolean isFloat = block.isFloat();
        Total total = new Total(from);
        for (int lane = from; lane < to; lane++) {
            if (valueRanges.isExact(lane) && factorRanges.isExact(lane)) {
                out.widen(channel, valueRanges.min[lane], valueRanges.max[lane]);
                total.add(lane, isFloat);
            } else {
                out.addEach(block, lane, channel);
            }
        }
        total.deposit(out.exact.values(channel), out.exact.products(channel));
    }

    /**
     * Sums of lanes with the same e and f, in units: integers of up to {@code 2^53} each, of {@code 2^7} lanes at most,
     * so that a long holds them.
     */
    private final class Total {
        private final int e;
        private final int ef;
        private long sumHigh;
        private long sumLow;
        private long productHigh;
        private long productLow;
        private long errorHigh;
        private long errorLow;

        Total(int lane) {
            e = valueRanges.exponent[lane];
            ef = e + factorRanges.exponent[lane];
        }

        void add(int lane, boolean isFloat) {
            sumHigh += (long) (sums.sumHigh[lane] * powerOfTwo(SUM_HIGH_UNIT - e));
            productHigh += (long) (sums.productHigh[lane] * powerOfTwo(PRODUCT_HIGH_UNIT - ef));
            productLow += (long) (sums.productLow[lane] * powerOfTwo(PRODUCT_LOW_UNIT - ef));
            if (!isFloat) {
                sumLow += (long) (sums.sumLow[lane] * powerOfTwo(SUM_LOW_UNIT - e));
                errorHigh += (long) (sums.errorHigh[lane] * powerOfTwo(ERROR_HIGH_UNIT - ef));
                errorLow += (long) (sums.errorLow[lane] * powerOfTwo(ERROR_LOW_UNIT - ef));
            }
        }

        void deposit(ExactSum sum, ExactSum products) {
            sum.reserve(e - (sumLow != 0 ? SUM_LOW_UNIT : SUM_HIGH_UNIT), e - SUM_HIGH_UNIT);
            products.reserve(ef - lowestUnitOfProducts(), ef - PRODUCT_HIGH_UNIT);
            addUnits(sum, sumHigh, e - SUM_HIGH_UNIT);
            addUnits(sum, sumLow, e - SUM_LOW_UNIT);
            addUnits(products, productHigh, ef - PRODUCT_HIGH_UNIT);
            addUnits(products, productLow, ef - PRODUCT_LOW_UNIT);
            addUnits(products, errorHigh, ef - ERROR_HIGH_UNIT);
            addUnits(products, errorLow, ef - ERROR_LOW_UNIT);
        }

        private int lowestUnitOfProducts() {
            if (errorLow != 0) {
                return ERROR_LOW_UNIT;
            }
            if (errorHigh != 0) {
                return ERROR_HIGH_UNIT;
            }
            return productLow != 0 ? PRODUCT_LOW_UNIT : PRODUCT_HIGH_UNIT;
        }

        private static void addUnits(ExactSum sum, long units, int unit) {
            if (units != 0) {
                sum.add(units, unit);
            }
        }
    }

    /**
     * Values that are summed together, rows by lanes, each with its factor. Lane j of row r is at index {@code first +
     * r * stride + j} of both arrays.
     *
     * @param x the values, {@code float[]} or {@code double[]}
     * @param y the factors, of the same type; x itself for squares
     * @param first index of lane 0 of row 0
     * @param stride distance of two rows
     * @param rows number of rows, at most {@link #ROWS}
     * @param lanes number of lanes, at most {@link #LANES}
     * @param lastLanes number of lanes of the last row
     */
    record Block(Object x, Object y, int first, int stride, int rows, int lanes, int lastLanes) {
        /** An array of floats or doubles. */
        static Object newArray(boolean isFloat, int length) {
            return isFloat ? new float[length] : new double[length];
        }

        boolean isFloat() {
            return x instanceof float[];
        }

        boolean isOfSquares() {
            return x == y;
        }

        double x(int index) {
            return valueAt(x, index);
        }

        double y(int index) {
            return valueAt(y, index);
        }

        private static double valueAt(Object array, int index) {
            return array instanceof float[] floats ? floats[index] : ((double[]) array)[index];
        }

        /** One past the index of the last value of a lane. */
        int end(int lane) {
            return first + lane + (lane < lastLanes ? rows : rows - 1) * stride;
        }
    }
}
