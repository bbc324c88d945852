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

        /** Times the rows at hand that there is room for when one more comes. */
        private static final int GROWTH = 3;

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
            boolean ofFloats = x.isFloat();
            int length = filled + x.shape().length();
            long bytes = (long) length * (ofFloats ? Float.BYTES : Double.BYTES) * (withGradients ? 2 : 1);
            boolean sameType = filled == 0 || ofFloats == values instanceof float[];
            if (bytes > limit || !sameType || (withGradients && dy.isFloat() != ofFloats)) {
                return false;
            }
            values = withRoom(values, length, ofFloats);
            x.copyTo(values, filled);
            if (withGradients) {
                gradients = withRoom(gradients, length, ofFloats);
                dy.copyTo(gradients, filled);
            }
            filled = length;
            return true;
        }

        private static boolean isDense(RowSample sample) {
            return sample.indices() == null
                    && sample.missing() == null
                    && sample.shape().hasAlternatingChannels();
        }

        private Object withRoom(Object array, int length, boolean ofFloats) {
            if (filled > 0 && Array.getLength(array) >= length) {
                return array;
            }
            int most = (int) (limit / (ofFloats ? Float.BYTES : Double.BYTES) / (withGradients ? 2 : 1));
            int room = filled == 0 ? length : Math.min(GROWTH * length, most);
            Object longer = ofFloats ? new float[room] : new double[room];
            if (filled > 0) { // else the array is of no type yet
                System.arraycopy(array, 0, longer, 0, filled);
            }
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
