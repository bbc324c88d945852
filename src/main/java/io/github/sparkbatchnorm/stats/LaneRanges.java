package io.github.sparkbatchnorm.stats;

/**
 * The range of the values, or of the factors, in each lane of a block; and the exponent that each lane is summed with.
 * Scratch of one {@link BlockSums}.
 */
final class LaneRanges {
    /** The minimum of each lane. A NaN in a lane makes its minimum or its maximum NaN. */
    final double[] min = new double[BlockSums.LANES];

    /** The maximum of each lane. */
    final double[] max = new double[BlockSums.LANES];

    /** The smallest magnitude other than 0 of each lane; anything if all its values are 0. */
    final double[] smallest = new double[BlockSums.LANES];

    /** The exponent e that each lane is summed with: that of a magnitude not below its own; 0 if it is out of range. */
    final int[] exponent = new int[BlockSums.LANES];

    private final boolean[] exact = new boolean[BlockSums.LANES];

    /** The largest magnitude of a lane; NaN if the lane has a NaN. */
    double magnitude(int lane) {
        return Math.max(-min[lane], max[lane]);
    }

    /**
     * Sets the exponent that a lane is summed with.
     *
     * @param magnitude a magnitude not below the lane's own; NaN or an infinity for a lane that is not finite
     */
    void setExponent(int lane, double magnitude, boolean isFloat) {
        int e = magnitude == 0 ? 0 : Math.getExponent(magnitude);
        boolean inRange = Math.abs(e) <= BlockSums.MAX_EXPONENT; // NaN has the exponent of an infinity, 1024
        int span = isFloat ? BlockSums.FLOAT_SPAN : BlockSums.DOUBLE_SPAN;
        exponent[lane] = inRange ? e : 0;
        exact[lane] = inRange && (magnitude(lane) == 0 || smallest[lane] >= BlockSums.powerOfTwo(e - span));
    }

    /** Whether the bounds of {@link BlockSums} hold in a lane. */
    boolean isExact(int lane) {
        return exact[lane];
    }
}
