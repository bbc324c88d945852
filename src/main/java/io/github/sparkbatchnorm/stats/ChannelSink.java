package io.github.sparkbatchnorm.stats;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What an accumulator knows of each channel but the count of its values, by {@linkplain ChannelSlots slot}: the exact
 * sums of its values and of their products with factors, and more. Not thread-safe.
 *
 * <p>{@link BlockSums} and {@link ByteCounts} add to a sink whose channels all have slots: channel c is slot c.
 */
abstract class ChannelSink {
    final ExactSums exact;

    /**
     * Whether minimum and maximum are unknown, and stay so: something was subtracted from what was added, or an integer
     * that no double equals was added.
     */
    boolean extremesUnknown;

    ChannelSink(int slots) {
        exact = new ExactSums(slots);
    }

    /** Takes in the minimum and the maximum of finite values whose sums were added. By default nothing is kept. */
    void widen(int slot, double min, double max) {}

    /** Adds the values of one lane of a block value by value, whatever they are. */
    abstract void addEach(BlockSums.Block block, int lane, int channel);

    /** Moves everything to other slots. */
    abstract void move(ChannelSlots.Move move);

    /** How many of a slot's values are not to be counted. */
    long ignored(int slot) {
        return 0;
    }

    /** Adds a record that {@link #writeTo} wrote. */
    abstract void addFrom(ByteBuffer in, int slot);

    /** The number of bytes that {@link #writeTo} will write; makes the sums canonical. */
    abstract int canonicalSize(int slot);

    /** Writes the canonical record of a slot, without its count. {@link #canonicalSize} must have been called. */
    abstract void writeTo(ByteBuffer out, int slot);

    /** About how many bytes of the Java heap this takes. */
    abstract long heapBytes();

    /**
     * Two exact sums for each slot, of values and of products. A sum is made when its slot gets the first value other
     * than 0, so that a channel of zeros costs little. Not thread-safe.
     */
    static final class ExactSums {
        /** About the size of an {@link ExactSum} with its limbs. */
        private static final int EXACT_SUM_BYTES = 100;

        private @Nullable ExactSum[] values;
        private @Nullable ExactSum[] products;
        private int made;

        ExactSums(int slots) {
            values = new ExactSum[slots];
            products = new ExactSum[slots];
        }

        /** Moves the sums to other slots. */
        void move(ChannelSlots.Move move) {
            values = move.of(values);
            products = move.of(products);
        }

        /** The sum of values of a slot. */
        ExactSum values(int slot) {
            return touch(values, slot);
        }

        /** The sum of products of a slot. */
        ExactSum products(int slot) {
            return touch(products, slot);
        }

        private ExactSum touch(@Nullable ExactSum[] sums, int slot) {
            ExactSum sum = sums[slot];
            if (sum == null) {
                sum = new ExactSum();
                sums[slot] = sum;
                made++;
            }
            return sum;
        }

        /** Adds the two sums that {@link #writeTo} wrote. */
        void addFrom(ByteBuffer in, int slot) {
            if (ExactSum.isZeroAt(in)) {
                ExactSum.skip(in);
            } else {
                values(slot).addFrom(in);
            }
            if (ExactSum.isZeroAt(in)) {
                ExactSum.skip(in);
            } else {
                products(slot).addFrom(in);
            }
        }

        /** Makes a slot's sums their negatives. */
        void negate(int slot) {
            negate(values[slot]);
            negate(products[slot]);
        }

        private static void negate(@Nullable ExactSum sum) {
            if (sum != null) {
                sum.negate();
            }
        }

        /** The number of bytes that {@link #writeTo} will write; makes the sums canonical. */
        int canonicalSize(int slot) {
            return canonicalSize(values[slot]) + canonicalSize(products[slot]);
        }

        private static int canonicalSize(@Nullable ExactSum sum) {
            return sum == null ? ExactSum.ZERO_SIZE : sum.canonicalSize();
        }

        /** Writes the canonical form of a slot's sums. {@link #canonicalSize} must have been called. */
        void writeTo(ByteBuffer out, int slot) {
            writeTo(out, values[slot]);
            writeTo(out, products[slot]);
        }

        private static void writeTo(ByteBuffer out, @Nullable ExactSum sum) {
            if (sum == null) {
                ExactSum.writeZeroTo(out);
            } else {
                sum.writeTo(out);
            }
        }

        /** About how many bytes of the Java heap the sums take. */
        long heapBytes() {
            return 8L * values.length + (long) EXACT_SUM_BYTES * made;
        }
    }
}
