package io.github.sparkbatchnorm.stats;

/**
 * The sums of the parts of each lane of a block, and the numbers that split values into these parts. {@link BlockSums}
 * says what the parts are. Scratch of one {@code BlockSums}.
 */
final class LaneSums {
    /** Splits values that are doubles; floats need no split. */
    final double[] splitSum = new double[BlockSums.LANES];

    /** Splits products. */
    final double[] splitProduct = new double[BlockSums.LANES];

    /** Splits the rounding errors of products of doubles; products of floats have none. */
    final double[] splitError = new double[BlockSums.LANES];

    final double[] sumHigh = new double[BlockSums.LANES];
    /** Set for doubles only, like the sums of errors. */
    final double[] sumLow = new double[BlockSums.LANES];

    final double[] productHigh = new double[BlockSums.LANES];
    final double[] productLow = new double[BlockSums.LANES];
    final double[] errorHigh = new double[BlockSums.LANES];
    final double[] errorLow = new double[BlockSums.LANES];
}
