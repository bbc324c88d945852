package io.github.sparkbatchnorm.spark.scan;

import io.github.sparkbatchnorm.spark.codec.RowSample;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.lang.reflect.Array;
import org.jspecify.annotations.Nullable;

/**
 * The dense samples of a few rows of a batch, one behind the other. While they are smaller than their sums, a task
 * hands them on in place of these.
 *
 * @param values {@code float[]} or {@code double[]}; the channels alternate
 * @param gradients of these values, an array of the same type and length; null where none are summed
 * @param channels C
 */
record FewRows(Object values, @Nullable Object gradients, int channels) implements BatchPart {
    private static final long serialVersionUID = 1L;

    /** More channels are summed at once: a task that cannot hold their sums is to be refused at its first row. */
    static final int MAX_CHANNELS = 100_000;

    // About twice the bytes that a channel takes in the sums that are sent: to make and merge sums takes more time than
    // to send and sum so many rows.
    private static final int MOMENTS = 200;
    private static final int GRADIENTS = 300;

    @Override
    public void addTo(RowAccumulator sums) {
        SampleShape shape = SampleShape.channelsLast(Array.getLength(values) / channels, channels);
        sums.add(values, gradients, shape);
    }

    /** Collects rows while they are few. Not thread-safe. */
    static final class Accumulator {
        /** About the bytes of this object. */
        private static final int OBJECT_BYTES = 100;

        private final int channels;
        /** The bytes that values and gradients may have. */
        private final long limit;

        private final boolean withGradients;
        private Object values = new double[0];
        private Object gradients = values;
        private int filled;

        Accumulator(int channels, ScanSums sums) {
            this.channels = channels;
            withGradients = sums.gradients();
            limit = (long) channels * ((sums.moments() ? MOMENTS : 0) + (withGradients ? GRADIENTS : 0));
        }

        /**
         * Adds a row, if these stay few dense samples of one type whose channels alternate.
         *
         * @param dy unused where gradients are not summed
         * @return whether the row was added
         */
        boolean add(RowSample x, RowSample dy) {
            if (!isDense(x) || (withGradients && !isDense(dy))) {
                return false;
            }
            int length = filled + x.shape().length();
            Object sample = x.values();
            Object gradient = withGradients ? dy.values() : sample;
            long bytes = (long) length * (sample instanceof float[] ? Float.BYTES : Double.BYTES);
            boolean fits = bytes * (withGradients ? 2 : 1) <= limit;
            if (!fits || !isOfType(sample, filled == 0 ? sample : values) || !isOfType(gradient, sample)) {
                return false;
            }
            values = append(values, sample, length);
            gradients = withGradients ? append(gradients, gradient, length) : gradients;
            filled = length;
            return true;
        }

        private static boolean isDense(RowSample sample) {
            return sample.indices() == null
                    && sample.missing() == null
                    && sample.shape().hasAlternatingChannels();
        }

        private static boolean isOfType(Object array, Object other) {
            return array.getClass() == other.getClass();
        }

        private Object append(Object array, Object sample, int length) {
            Object longer = array;
            if (filled == 0 || Array.getLength(array) < length) {
                longer = Array.newInstance(sample.getClass().getComponentType(), filled == 0 ? length : 2 * length);
                if (filled > 0) { // else the array is of no type yet
                    System.arraycopy(array, 0, longer, 0, filled);
                }
            }
            System.arraycopy(sample, 0, longer, filled, length - filled);
            return longer;
        }

        /** The rows, or null if there are none. */
        @Nullable
        FewRows snapshot() {
            if (filled == 0) {
                return null;
            }
            return new FewRows(cut(values), withGradients ? cut(gradients) : null, channels);
        }

        private Object cut(Object array) {
            if (Array.getLength(array) == filled) {
                return array;
            }
            Object exact = Array.newInstance(array.getClass().getComponentType(), filled);
            System.arraycopy(array, 0, exact, 0, filled);
            return exact;
        }

        /** About the bytes of the Java heap in use. */
        long heapBytes() {
            long length = Array.getLength(values);
            return OBJECT_BYTES
                    + length * (withGradients ? 2 : 1) * (values instanceof float[] ? Float.BYTES : Double.BYTES);
        }
    }
}
