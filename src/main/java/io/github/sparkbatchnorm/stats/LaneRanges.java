package io.github.sparkbatchnorm.stats;

/** One side of the products of {@link BlockSums}: the range of the values in each lane, and what follows from it. */
final class LaneRanges {
    /** How many bits the exponents of the floats of a lane may be apart. */
    private static final int FLOAT_RANGE = 21;
    /** How many bits the exponents of the doubles of a lane may be apart. */
    private static final int DOUBLE_RANGE = 19;
    /** Beyond these exponents a part of a product of doubles could under- or overflow. */
    private static final int MAX_EXPONENT = 430;

    /** If there are NaN, at least one of minimum and maximum is. */
    final double[] min = new double[BlockSums.LANES];

    final double[] max = new double[BlockSums.LANES];
    /** Smallest magnitude other than 0; anything where all are 0. */
    final double[] smallest = new double[BlockSums.LANES];

    /** Of the magnitude that a lane splits for; 0 for a lane out of range. */
    final int[] exponent = new int[BlockSums.LANES];

    private final boolean[] exact = new boolean[BlockSums.LANES];

    /** The largest magnitude of a lane; NaN if there is NaN. */
    double magnitude(int lane) {
        return Math.max(-min[lane], max[lane]);
    }

    /** Sets the magnitude that a lane splits for, not less than its own. */
    void setMagnitude(int lane, double magnitude, boolean isFloat) {
        int e = magnitude == 0 ? 0 : Math.getExponent(magnitude);
        boolean inRange = Math.abs(e) <= MAX_EXPONENT; // NaN is not: its exponent is that of infinity
        exponent[lane] = inRange ? e : 0;
        exact[lane] = inRange
                && (magnitude(lane) == 0 || smallest[lane] >= powerOfTwo(e - (isFloat ? FLOAT_RANGE : DOUBLE_RANGE)));
    }

    /** Whether the block's sums are exact in a lane. */
    boolean isExact(int lane) {
        return exact[lane];
    }

    static double powerOfTwo(int e) {
        return Double.longBitsToDouble((long) (e + 1023) << 52);
    }
}
