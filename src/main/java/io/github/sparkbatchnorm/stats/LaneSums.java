package io.github.sparkbatchnorm.stats;

/**
 * Where the numbers of each lane of a block are split, and the sums of their parts.
 *
 * <p>Adding and subtracting {@code 1.5 * 2^k} splits a number at the bit of weight {@code 2^(k-52)}.
 */
final class LaneSums {
    /** Of values that are doubles; floats need no split. */
    final double[] splitSum = new double[BlockSums.LANES];

    final double[] splitProduct = new double[BlockSums.LANES];
    final double[] splitError = new double[BlockSums.LANES];

    final double[] sumHigh = new double[BlockSums.LANES];
    /** Of doubles, as the errors of their products. */
    final double[] sumLow = new double[BlockSums.LANES];

    final double[] productHigh = new double[BlockSums.LANES];
    final double[] productLow = new double[BlockSums.LANES];
    final double[] errorHigh = new double[BlockSums.LANES];
    final double[] errorLow = new double[BlockSums.LANES];
}
