package io.github.sparkbatchnorm.stats;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Where an accumulator holds a channel's numbers: in slots, taken in the order in which channels are first named, until
 * there are so many that each channel is a slot of its own. So what sparse samples never name takes no memory, and
 * dense samples find a channel without a search.
 */
final class ChannelSlots {
    private static final int FIRST_CAPACITY = 16;

    /** The part of the channels from which on each has a slot: a slot that is found by hashing costs a little more. */
    private static final int ALL_DIVISOR = 4;

    /** 2^32 over the golden ratio. */
    private static final int HASH_FACTOR = 0x9E37_79B9;

    private static final int[] NONE = {};

    private final int channels;
    private boolean all;
    private int used;
    /** The channel of each slot in use. */
    private int[] channelOf = NONE;
    /** For each hash of a channel its slot and 1, or 0; the length is a power of two, at least twice the capacity. */
    private int[] table = NONE;

    ChannelSlots(int channels) {
        this.channels = channels;
    }

    int channels() {
        return channels;
    }

    /** Whether each channel is a slot of its own. */
    boolean hasAll() {
        return all;
    }

    /** Slots in use. */
    int used() {
        return all ? channels : used;
    }

    /** The slot of a channel; -1 if it has none. */
    int find(int channel) {
        if (all) {
            return channel;
        }
        if (used == 0) {
            return -1;
        }
        for (int i = place(channel); table[i] != 0; i = (i + 1) & (table.length - 1)) {
            int slot = table[i] - 1;
            if (channelOf[slot] == channel) {
                return slot;
            }
        }
        return -1;
    }

    private int place(int channel) {
        return (channel * HASH_FACTOR) >>> (Integer.numberOfLeadingZeros(table.length) + 1);
    }

    /** Makes room for another channel where there is none; null if there is. */
    @Nullable
    Move makeRoom() {
        if (all || used < channelOf.length) {
            return null;
        }
        int capacity = Math.max(FIRST_CAPACITY, 2 * used);
        if (capacity > channels / ALL_DIVISOR) {
            return takeAll();
        }
        int[] same = new int[used];
        Arrays.setAll(same, slot -> slot);
        channelOf = Arrays.copyOf(channelOf, capacity);
        table = new int[Integer.highestOneBit(capacity) * 4];
        for (int slot = 0; slot < used; slot++) {
            put(slot);
        }
        return new Move(same, capacity);
    }

    /** Gives each channel a slot. */
    Move takeAll() {
        Move move = new Move(Arrays.copyOf(channelOf, used), channels);
        all = true;
        channelOf = NONE;
        table = NONE;
        return move;
    }

    /** Gives a channel that has none a slot. There must be room. */
    int take(int channel) {
        if (all) {
            return channel;
        }
        channelOf[used] = channel;
        put(used);
        return used++;
    }

    private void put(int slot) {
        int i = place(channelOf[slot]);
        while (table[i] != 0) {
            i = (i + 1) & (table.length - 1);
        }
        table[i] = slot + 1;
    }

    /** The channels that have slots, ascending. */
    int[] named() {
        int[] named = new int[used()];
        if (all) {
            Arrays.setAll(named, channel -> channel);
        } else {
            System.arraycopy(channelOf, 0, named, 0, used);
            Arrays.sort(named);
        }
        return named;
    }

    /** Bytes of the Java heap in use, about. */
    long heapBytes() {
        return (long) Integer.BYTES * (channelOf.length + table.length);
    }

    /**
     * How numbers that are held by slot move to other slots.
     *
     * @param to for each slot in use the new one
     * @param capacity slots afterwards
     */
    record Move(int[] to, int capacity) {
        long[] of(long[] held) {
            long[] moved = new long[capacity];
            for (int slot = 0; slot < to.length; slot++) {
                moved[to[slot]] = held[slot];
            }
            return moved;
        }

        /** @param none what new slots hold */
        double[] of(double[] held, double none) {
            double[] moved = new double[capacity];
            if (none != 0) {
                Arrays.fill(moved, none);
            }
            for (int slot = 0; slot < to.length; slot++) {
                moved[to[slot]] = held[slot];
            }
            return moved;
        }

        @Nullable
        ExactSum[] of(@Nullable ExactSum[] held) {
            @Nullable ExactSum[] moved = new ExactSum[capacity];
            for (int slot = 0; slot < to.length; slot++) {
                moved[to[slot]] = held[slot];
            }
            return moved;
        }
    }
}
