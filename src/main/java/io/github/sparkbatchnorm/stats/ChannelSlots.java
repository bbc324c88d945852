package io.github.sparkbatchnorm.stats;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The slots in which an accumulator holds the numbers of channels. Channels take slots in the order in which they are
 * first named, until there are so many that channel c gets slot c. So channels that sparse samples never name take no
 * memory, and dense samples find a channel without a search. Not thread-safe.
 */
final class ChannelSlots {
    private static final int FIRST_CAPACITY = 16;

    /** From this part of the channels on all get slots: a slot that is found by hashing costs a little more. */
    private static final int ALL_DIVISOR = 4;

    /** {@code 2^32} divided by the golden ratio. */
    private static final int HASH_FACTOR = 0x9E37_79B9;

    private static final int[] NONE = {};

    private final int channels;
    private boolean all;
    private int used;
    /** The channel of each slot that is in use. */
    private int[] channelOf = NONE;
    /** A hash table of slots plus 1, 0 where free; its length is a power of two, at least twice the capacity. */
    private int[] table = NONE;

    ChannelSlots(int channels) {
        this.channels = channels;
    }

    int channels() {
        return channels;
    }

    /** Whether channel c has slot c, for all channels. */
    boolean hasAll() {
        return all;
    }

    /** The number of slots in use. */
    int used() {
        return all ? channels : used;
    }

    /** The slot of a channel; -1 if the channel has none. */
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

    /** Makes room for one more channel, and tells how slots move; null if there was room. */
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

    /** Gives channel c slot c, for all channels, and tells how slots move. */
    Move takeAll() {
        Move move = new Move(Arrays.copyOf(channelOf, used), channels);
        all = true;
        channelOf = NONE;
        table = NONE;
        return move;
    }

    /** Gives a slot to a channel that has none. There must be room. */
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

    /** The channels that have slots, in ascending order. */
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

    /** About how many bytes of the Java heap the table takes. */
    long heapBytes() {
        return (long) Integer.BYTES * (channelOf.length + table.length);
    }

    /**
     * A move of the numbers in slots to other slots.
     *
     * @param to the new slot of each slot in use
     * @param capacity number of slots afterwards
     */
    record Move(int[] to, int capacity) {
        long[] of(long[] held) {
            long[] moved = new long[capacity];
            for (int slot = 0; slot < to.length; slot++) {
                moved[to[slot]] = held[slot];
            }
            return moved;
        }

        /** @param none the number in new slots */
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
