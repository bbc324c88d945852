package io.github.sparkbatchnorm.stats;

import java.util.Arrays;

/** One side of the products of {@link BlockSums}: a block of values, where its lanes split, and whether they may. */
final class BlockSide {
    /** How many bits the exponents of the doubles of a lane may be apart. */
    private static final int DOUBLE_RANGE = 19;
    /** Beyond these exponents a part of a product of doubles could under- or overflow. */
    private static final int MAX_EXPONENT = 430;

    /** Values of row r at the start of {@code block[r]}, so that all loops run over equal indices. */
    final double[][] block = new double[BlockSums.ROWS][BlockSums.LANES];

    /** Of each lane; that of a lane out of range is 0. */
    final int[] exponent = new int[BlockSums.LANES];

    /** What splits the values of each lane; NaN for a lane out of range. */
    final double[] split = new double[BlockSums.LANES];

    final double[] min = new double[BlockSums.LANES];
    final double[] max = new double[BlockSums.LANES];
    private final double[] smallest = new double[BlockSums.LANES];
    /** What the splits lost, where they must lose nothing: of floats. */
    final double[] lost = new double[BlockSums.LANES];

    private final float[] narrow = new float[BlockSums.LANES];

    /** Loads a row of the block from a {@code float[]} or {@code double[]}. */
    void load(Object from, int offset, int row, int width) {
        if (from instanceof float[]) {
            System.arraycopy(from, offset, narrow, 0, width);
            LaneLoops.widen(narrow, block[row], width);
        } else {
            System.arraycopy(from, offset, block[row], 0, width);
        }
    }

    /** Finds the range of each lane. */
    void findRange(int rows, int lanes, int lastLanes, boolean single) {
        Arrays.fill(min, 0, lanes, Double.POSITIVE_INFINITY);
        Arrays.fill(max, 0, lanes, Double.NEGATIVE_INFINITY);
        Arrays.fill(smallest, 0, lanes, Double.POSITIVE_INFINITY);
        Arrays.fill(lost, 0, lanes, 0.0);
        for (int r = 0; r < rows; r++) {
            int width = r == rows - 1 ? lastLanes : lanes;
            LaneLoops.range(block[r], width, min, max);
            if (!single) {
                LaneLoops.smallest(block[r], width, smallest);
            }
        }
    }

    /** The largest magnitude of a lane. */
    double magnitude(int lane) {
        return Math.max(-min[lane], max[lane]);
    }

    /** Sets where a lane splits. */
    void setSplit(int lane, double magnitude) {
        int e = magnitude == 0 ? 0 : Math.getExponent(magnitude);
        boolean inRange = Math.abs(e) <= MAX_EXPONENT; // NaN is not: its exponent is that of infinity
        exponent[lane] = inRange ? e : 0;
        split[lane] = inRange ? 1.5 * powerOfTwo(52 - BlockSums.SUM_HIGH + e) : Double.NaN;
    }

    /** Whether the block's sums are exact in a lane; for floats after all rows went through {@code lost}. */
    boolean isExact(int lane, int rows, int lastLanes, boolean single) {
        if (single) {
            return lost[lane] == 0; // NaN is not
        }
        if (Double.isNaN(split[lane])) {
            return false;
        }
        double nonZero =
                smallest[lane] == 0 ? smallestNonZero(lane, lane < lastLanes ? rows : rows - 1) : smallest[lane];
        return nonZero >= powerOfTwo(exponent[lane] - DOUBLE_RANGE);
    }

    private double smallestNonZero(int lane, int rows) {
        double result = Double.POSITIVE_INFINITY;
        for (int r = 0; r < rows; r++) {
            double magnitude = Math.abs(block[r][lane]);
            if (magnitude != 0 && magnitude < result) {
                result = magnitude;
            }
        }
        return result;
    }

    static double powerOfTwo(int e) {
        return Double.longBitsToDouble((long) (e + 1023) << 52);
    }
}
