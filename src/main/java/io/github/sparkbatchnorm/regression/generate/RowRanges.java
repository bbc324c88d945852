package io.github.sparkbatchnorm.regression.generate;

import java.io.Serializable;

/**
 * Which rows are in which partition: neighbours, in the order of the partitions. The first has {@code skew} times the
 * rows of each other one, rounded down; the others differ by at most 1.
 *
 * @param rows of all partitions
 * @param partitions 1 or more
 * @param skew 1 or more
 */
record RowRanges(long rows, int partitions, double skew) implements Serializable {
    private static final long serialVersionUID = 1L;

    /** The number of the first row of a partition, or, for the one after the last, the number of rows. */
    long from(long partition) {
        if (partition == 0) {
            return 0;
        }
        long first = firstSize();
        int others = partitions - 1;
        if (others == 0) {
            return rows;
        }
        long each = (rows - first) / others;
        long larger = (rows - first) % others;
        return first + (partition - 1) * each + Math.min(partition - 1, larger);
    }

    private long firstSize() {
        return Math.min(rows, (long) (rows * (skew / (skew + (partitions - 1)))));
    }
}
