package io.github.sparkbatchnorm.regression.generate;

import java.io.Serializable;

/**
 * Which row belongs to which batch. The first {@code rows mod batches} batches have one row more than the others.
 *
 * @param rows 1 or more
 * @param batches 1 to rows
 * @param interleaved whether row i belongs to batch i modulo batches; else the rows of a batch are neighbours
 */
record BatchLayout(long rows, long batches, boolean interleaved) implements Serializable {
    private static final long serialVersionUID = 1L;

    /** How many batches in a row have statistics of their own. */
    static final int SHIFTS = 7;

    /** An odd number: about 0.618 of the largest period of a grid, so that multiples of it are spread out. */
    private static final long SHIFT = 40_503;

    /** The batches of options; without a batch column all rows are one. */
    static BatchLayout of(GeneratorOptions options) {
        return new BatchLayout(options.rows(), Math.max(1, options.batches()), options.interleaved());
    }

    /** The number of rows of the smaller batches. */
    long smallSize() {
        return rows / batches;
    }

    /** How many batches have one row more. */
    long largeBatches() {
        return rows % batches;
    }

    /** Whether a batch has one row more than the smaller ones. */
    boolean isLarge(long batch) {
        return batch < largeBatches();
    }

    /**
     * What a batch adds to the numbers of its values before the grid takes them: so batches of one size differ in their
     * statistics. There are few such numbers, and the first batch adds 0.
     */
    static long shift(long batch) {
        return batch % SHIFTS * SHIFT;
    }

    /** The batch of a row. */
    long batchOf(long row) {
        if (interleaved) {
            return row % batches;
        }
        long inLarge = largeBatches() * (smallSize() + 1);
        return row < inLarge ? row / (smallSize() + 1) : largeBatches() + (row - inLarge) / smallSize();
    }

    /** The place of a row in its batch, from 0. */
    long placeOf(long row) {
        if (interleaved) {
            return row / batches;
        }
        long inLarge = largeBatches() * (smallSize() + 1);
        return row < inLarge ? row % (smallSize() + 1) : (row - inLarge) % smallSize();
    }
}
