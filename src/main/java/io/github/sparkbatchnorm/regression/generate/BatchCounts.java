package io.github.sparkbatchnorm.regression.generate;

/**
 * What a batch has of everything; of the values, for each channel.
 *
 * @param rows n
 * @param nullRows z, those without a sample
 * @param values m, of a channel
 * @param nonFinite how many of them are NaN, +infinity, -infinity, in turn
 * @param absent how many of them are 0 because a sparse sample does not name them
 */
record BatchCounts(long rows, long nullRows, long values, long nonFinite, long absent) {
    /** The values of one channel in ten that a sparse sample does not name. */
    private static final int ABSENT_OF_TEN = 9;

    /** The counts of a batch of some rows. */
    static BatchCounts of(GeneratorOptions options, long rows) {
        long nullRows = options.nullEvery() == 0 ? 0 : rows / options.nullEvery();
        long values = (rows - nullRows) * options.shape().spatialSize();
        long nonFinite = options.nonFiniteEvery() == 0 ? 0 : values / options.nonFiniteEvery();
        long absent = options.kind() == Kind.SPARSE
                ? Math.min(values / 10 * ABSENT_OF_TEN + values % 10 * ABSENT_OF_TEN / 10, values - nonFinite)
                : 0;
        return new BatchCounts(rows, nullRows, values, nonFinite, absent);
    }

    /** The number of the first value that comes from the grid. */
    long firstOfGrid() {
        return nonFinite + absent;
    }
}
