package io.github.sparkbatchnorm.spark.rows;

import io.github.sparkbatchnorm.spark.codec.BatchKey;
import io.github.sparkbatchnorm.spark.codec.RowSample;
import java.util.Arrays;

/**
 * A number that the batch of a row and a few of its values give. The sum over rows, modulo 2<sup>64</sup>, is the same
 * for the same rows in every order and partitioning, and almost surely another one for other rows: a row more or less,
 * a row in another batch, another value among those that count.
 */
public final class RowFingerprint {
    /** How many values of a row count: the first, the last, and others at even distances. */
    private static final int VALUES = 4;

    private static final long FACTOR = 0x9E3779B97F4A7C15L;
    private static final long INDEX_FACTOR = 0xC2B2AE3D27D4EB4FL;

    private RowFingerprint() {}

    /**
     * {@return the sum over the rows of a sample, which are one, or those of a columnar batch that are read together}
     *
     * @param key of their batch
     * @param pair the values
     * @param withGradients whether the gradients count, too; of one row only
     */
    public static long of(BatchKey key, RowPair pair, boolean withGradients) {
        RowSample x = pair.sample();
        long ofBatch = key.number() ^ key.text().hashCode();
        if (x.rows() > 1) {
            return ofRows(ofBatch, x);
        }
        long number = of(ofBatch, x);
        return finished(withGradients ? of(number, pair.gradients()) : number);
    }

    private static long of(long start, RowSample sample) {
        int values = sample.valueCount();
        int[] indices = sample.indices();
        long number = mixed(start, values);
        int few = Math.min(VALUES, values);
        for (int i = 0; i < few; i++) {
            int place = place(i, few, values);
            long index = indices == null ? 0 : indices[place] * INDEX_FACTOR;
            number = mixed(number ^ index, Double.doubleToLongBits(sample.value(place)));
        }
        return number;
    }

    /** The sum over rows that are read together, channel by channel: the same as over each alone. */
    private static long ofRows(long start, RowSample sample) {
        int rows = sample.rows();
        int values = sample.valueCount() / rows;
        long[] numbers = new long[rows];
        Arrays.fill(numbers, mixed(start, values));
        int few = Math.min(VALUES, values);
        for (int i = 0; i < few; i++) {
            double[] ofRows = sample.values(place(i, few, values) * rows, rows);
            for (int r = 0; r < rows; r++) {
                numbers[r] = mixed(numbers[r], Double.doubleToLongBits(ofRows[r]));
            }
        }
        long sum = 0;
        for (long number : numbers) {
            sum += finished(number);
        }
        return sum;
    }

    private static int place(int i, int few, int values) {
        return few == 1 ? 0 : (int) ((values - 1L) * i / (few - 1));
    }

    private static long mixed(long number, long more) {
        long product = (number ^ more) * FACTOR;
        return product ^ product >>> 32;
    }

    private static long finished(long number) {
        return mixed(number, FACTOR);
    }
}
