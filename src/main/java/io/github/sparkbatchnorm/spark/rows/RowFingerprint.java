package io.github.sparkbatchnorm.spark.rows;

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

    // Odd factors, of different places in a row.
    private static final long FACTOR = 0x9E3779B97F4A7C15L;
    private static final long[] FACTORS = {
        0xC2B2AE3D27D4EB4FL, 0xD6E8FEB86659FD93L, 0xA0761D6478BD642FL, 0xE7037ED1A0B428DBL
    };
    private static final long INDEX_FACTOR = 0x8EBC6AF09C88C6E3L;

    private RowFingerprint() {}

    /**
     * {@return the sum over the rows of a sample, which are one, or those of a columnar batch that are read together}
     *
     * @param batch a number of their batch; 0 if there are none
     * @param pair the values
     * @param withGradients whether the gradients count, too; of one row only
     */
    public static long of(long batch, RowPair pair, boolean withGradients) {
        RowSample x = pair.sample();
        if (x.rows() > 1) {
            return ofRows(batch, x);
        }
        long number = of(batch, x);
        return withGradients ? of(number, pair.gradients()) : number;
    }

    private static long of(long start, RowSample sample) {
        int values = sample.valueCount();
        int[] indices = sample.indices();
        long number = begun(start, values);
        int few = Math.min(VALUES, values);
        for (int i = 0; i < few; i++) {
            int place = place(i, values);
            long index = indices == null ? 0 : indices[place] * INDEX_FACTOR;
            number += (index ^ Double.doubleToLongBits(sample.value(place))) * FACTORS[i];
        }
        return finished(number);
    }

    /** The sum over rows that are read together, channel by channel: the same as over each alone. */
    private static long ofRows(long start, RowSample sample) {
        int rows = sample.rows();
        int values = sample.valueCount() / rows;
        long[] numbers = new long[rows];
        Arrays.fill(numbers, begun(start, values));
        int few = Math.min(VALUES, values);
        for (int i = 0; i < few; i++) {
            double[] ofRows = sample.values(place(i, values) * rows, rows);
            long factor = FACTORS[i];
            for (int r = 0; r < rows; r++) {
                numbers[r] += Double.doubleToLongBits(ofRows[r]) * factor;
            }
        }
        long sum = 0;
        for (long number : numbers) {
            sum += finished(number);
        }
        return sum;
    }

    /** Where the i-th of the values is that count. */
    private static int place(int i, int values) {
        return values <= VALUES ? i : (int) ((values - 1L) * i / (VALUES - 1));
    }

    private static long begun(long start, int values) {
        return (start ^ values) * FACTOR;
    }

    private static long finished(long number) {
        long product = (number ^ number >>> 32) * FACTOR;
        return product ^ product >>> 29;
    }
}
