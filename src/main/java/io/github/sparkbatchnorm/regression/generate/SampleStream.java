package io.github.sparkbatchnorm.regression.generate;

/**
 * Makes the samples of a tensor, x or dy: after {@link #make}, the {@link #named} first of {@link #values} are those of
 * a sample, in C order, and {@link #indices} says which. Only sparse samples name fewer than all. Not thread-safe.
 */
final class SampleStream {
    private static final double[] NON_FINITE = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY};

    private final long key;
    private final int spatialSize;
    private final ChannelGrid[] grids;
    private final double[] values;
    private final int[] indices;
    private int named;

    /**
     * Creates a stream.
     *
     * @param part the name of the tensor: tensors of other names have other values
     */
    SampleStream(GeneratorOptions options, String part) {
        key = Key.of(options, part);
        spatialSize = options.shape().spatialSize();
        grids = new ChannelGrid[options.shape().channels()];
        for (int c = 0; c < grids.length; c++) {
            grids[c] = options.profile().grid(options.dtype(), c);
        }
        values = new double[options.shape().length()];
        indices = new int[values.length];
    }

    /** The permutations of the values of a channel in a batch, one for each offset. */
    AffineBijection bijection(BatchCounts counts) {
        return AffineBijection.of(Math.max(1, counts.values()), key);
    }

    /**
     * Makes a sample.
     *
     * @param batch the number of its batch
     * @param row r, its number among the rows of the batch that are not null
     * @param counts of the batch
     * @param bijection the one for these counts
     */
    void make(long batch, long row, BatchCounts counts, AffineBijection bijection) {
        long keyOfBatch = Key.mix(key, batch);
        long start = bijection.product(row * spatialSize);
        long nonFinite = counts.nonFinite();
        long firstOfGrid = counts.firstOfGrid();
        long shift = BatchLayout.shift(batch);
        int next = 0;
        int index = 0;
        for (int c = 0; c < grids.length; c++) {
            ChannelGrid grid = grids[c];
            long number = bijection.plus(start, bijection.offset(Key.mix(keyOfBatch, c)));
            for (int s = 0; s < spatialSize; s++) {
                if (number >= firstOfGrid) {
                    values[next] = grid.value(number + shift);
                    indices[next++] = index;
                } else if (number < nonFinite) {
                    values[next] = NON_FINITE[(int) (number % NON_FINITE.length)];
                    indices[next++] = index;
                }
                index++;
                number = bijection.next(number);
            }
        }
        named = next;
    }

    /** The values of the sample; the array is that of the next sample, too. */
    double[] values() {
        return values;
    }

    /** The flat indices of the values, ascending; the array is that of the next sample, too. */
    int[] indices() {
        return indices;
    }

    /** How many values the sample names. */
    int named() {
        return named;
    }
}
