package io.github.sparkbatchnorm.stats;

import java.nio.ByteBuffer;
import java.util.function.IntFunction;

/**
 * Counts and sums of all channels of one accumulator. Only the channels that a sample named have a slot of their own;
 * all others hold the same numbers, those of the zeros that sparse samples imply, which are kept once.
 *
 * <p>A channel's count is {@code commonCount + extraCounts[slot]}, less the values that the sink ignored. A channel got
 * an implied zero if {@code sparseCount > namedCounts[slot]}. Not thread-safe.
 *
 * @param <S> the sums
 */
final class SlottedSums<S extends ChannelSink> {
    private static final byte[] NONE = {};
    private static final String TOO_MANY =
            "a channel has more values than a count holds; expected at most " + Long.MAX_VALUE;

    private final IntFunction<S> ofSlots;
    private final int fields;
    private final S sums;
    private final ChannelSlots slots;
    /** For each slot, how many values its channel got beyond those that all channels got. */
    private long[] extraCounts = {};
    /** For each slot, how many values of its channel sparse samples named. */
    private long[] namedCounts = {};
    /** How many values all channels got. */
    private long commonCount;
    /** How many of these came from sparse samples. */
    private long sparseCount;

    /**
     * Creates sums of no values.
     *
     * @param channels C
     * @param fields number of 8-byte fields in a channel's record, the count among them
     * @param ofSlots makes the sums of a given number of slots
     * @throws IllegalArgumentException if there are fewer than 1 channels
     */
    SlottedSums(int channels, int fields, IntFunction<S> ofSlots) {
        if (channels < 1) {
            throw new IllegalArgumentException(channels + " channels; expected 1 or more");
        }
        this.ofSlots = ofSlots;
        this.fields = fields;
        sums = ofSlots.apply(0);
        slots = new ChannelSlots(channels);
    }

    S sums() {
        return sums;
    }

    int channels() {
        return slots.channels();
    }

    /** Counts the values that a dense sample has for each channel, and gives each channel a slot. */
    void countDense(int valuesOfChannel) {
        takeAll();
        commonCount += valuesOfChannel;
    }

    /** Counts the values that a sparse sample has for each channel, its zeros included. */
    void countSparse(int valuesOfChannel) {
        commonCount += valuesOfChannel;
        sparseCount += valuesOfChannel;
    }

    /** Counts a value that a sparse sample names, and returns the slot to add it to. */
    int slotOfNamed(int channel) {
        int slot = slot(channel);
        namedCounts[slot]++;
        return slot;
    }

    /** Counts a value that only this channel gets, and returns the slot to add it to. */
    int slotOfExtra(int channel) {
        int slot = slot(channel);
        extraCounts[slot]++;
        return slot;
    }

    private int slot(int channel) {
        int slot = slots.find(channel);
        if (slot >= 0) {
            return slot;
        }
        ChannelSlots.Move move = slots.makeRoom();
        if (move != null) {
            move(move);
        }
        return slots.take(channel);
    }

    private void takeAll() {
        if (!slots.hasAll()) {
            move(slots.takeAll());
        }
    }

    private void move(ChannelSlots.Move move) {
        sums.move(move);
        extraCounts = move.of(extraCounts);
        namedCounts = move.of(namedCounts);
    }

    /** Adds the records of as many channels. */
    void addAll(ChannelRecords records) {
        ChannelRuns runs = records.runs();
        ByteBuffer in = records.buffer();
        int common = longestUnnamed(records);
        sums.extremesUnknown |= records.extremesUnknown();
        long implied = 0;
        if (common >= 0) {
            // Like a sparse sample that names only the channels of the other runs.
            implied = records.longAt(common, 0);
            commonCount = plus(commonCount, implied);
            sparseCount += implied;
        } else {
            takeAll();
        }
        for (int run = 0; run < runs.count(); run++) {
            if (common < 0 || !records.areSame(run, common)) {
                for (int channel = runs.start(run); channel < runs.end(run); channel++) {
                    int slot = slot(channel);
                    in.position(records.offset(run));
                    extraCounts[slot] = plus(extraCounts[slot], in.getLong() - implied);
                    namedCounts[slot] += implied;
                    sums.addFrom(in, slot);
                }
            }
        }
    }

    private static long plus(long count, long added) {
        long sum = count + added;
        if (added > 0 && sum < count) {
            throw new IllegalArgumentException(TOO_MANY);
        }
        return sum;
    }

    /** The longest run of two or more channels that no sparse sample named; -1 if there is none. */
    private int longestUnnamed(ChannelRecords records) {
        ChannelRuns runs = records.runs();
        int found = -1;
        int length = 1;
        for (int run = 0; !runs.areSingle() && run < runs.count(); run++) {
            if (runs.length(run) > length
                    && records.holds(run, unnamed(records.longAt(run, 0), records.extremesUnknown()))) {
                found = run;
                length = runs.length(run);
            }
        }
        return found;
    }

    /** The record of a channel that got {@code count} implied zeros and nothing else. */
    private byte[] unnamed(long count, boolean extremesUnknown) {
        S none = ofSlots.apply(1);
        none.extremesUnknown = extremesUnknown;
        if (count > 0) {
            none.widen(0, 0.0, 0.0);
        }
        ByteBuffer out = ByteBuffer.allocate(Long.BYTES + none.canonicalSize(0)).putLong(count);
        none.writeTo(out, 0);
        return out.array();
    }

    /** The records of all channels. */
    ChannelRecords records() {
        int channels = channels();
        int[] withSlots = slots.named();
        byte[] others = slots.hasAll() ? NONE : unnamed(commonCount, sums.extremesUnknown);
        long size = (withSlots.length + 1L) * others.length;
        for (int slot = 0; slot < withSlots.length; slot++) {
            size += Long.BYTES + sums.canonicalSize(slot);
        }
        int maxRuns = (int) Math.min(channels, 2L * withSlots.length + 1);
        ChannelRecords.Builder out = new ChannelRecords.Builder(channels, maxRuns, fields, size, sums.extremesUnknown);
        int next = 0;
        for (int channel : withSlots) {
            if (channel > next) {
                out.record().put(others);
                out.endRun(channel);
            }
            write(slots.find(channel), out.record());
            next = channel + 1;
            out.endRun(next);
        }
        if (next < channels) {
            out.record().put(others);
            out.endRun(channels);
        }
        return out.build();
    }

    private void write(int slot, ByteBuffer out) {
        if (sparseCount > namedCounts[slot]) {
            sums.widen(slot, 0.0, 0.0);
        }
        long count = commonCount + extraCounts[slot] - sums.ignored(slot);
        if (count < 0) {
            throw new IllegalStateException(TOO_MANY);
        }
        out.putLong(count);
        sums.writeTo(out, slot);
    }

    /** About how many bytes of the Java heap the counts and sums take. */
    long heapBytes() {
        return 2L * Long.BYTES * extraCounts.length + slots.heapBytes() + sums.heapBytes();
    }
}
