package io.github.sparkbatchnorm.stats;

import java.nio.ByteBuffer;
import java.util.function.IntFunction;

/**
 * Counts and sums of all channels, held only of those that were named: what the others have, zeros that sparse samples
 * imply, is the same for each. An accumulator's own.
 *
 * @param <S> the sums
 */
final class SlottedSums<S extends LaneTarget> {
    private static final byte[] NONE = {};

    private final IntFunction<S> ofSlots;
    private final int fields;
    private final S sums;
    private final ChannelSlots slots;
    private long[] extra = {}; // values beyond those that every channel got
    private long[] named = {}; // values that sparse samples named
    private long every; // values that every channel got
    private long sparse; // of these, in sparse samples

    /**
     * Of no values.
     *
     * @param fields of 8 bytes in a channel's record, the count among them
     * @param ofSlots makes sums of so many slots
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

    /** Counts values of a dense sample, and makes each channel a slot of its own. */
    void countDense(int valuesOfChannel) {
        takeAll();
        every += valuesOfChannel;
    }

    /** Counts values of a sparse sample, those that it does not name included. */
    void countSparse(int valuesOfChannel) {
        every += valuesOfChannel;
        sparse += valuesOfChannel;
    }

    /** The slot of a value that a sparse sample names. */
    int slotOfNamed(int channel) {
        int slot = slot(channel);
        named[slot]++;
        return slot;
    }

    /** The slot of a value that other channels do not get, which is counted. */
    int slotOfExtra(int channel) {
        int slot = slot(channel);
        extra[slot]++;
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
        extra = move.of(extra);
        named = move.of(named);
    }

    /** Adds what {@link #records} gave. The channels must be as many. */
    void addAll(ChannelRecords records) {
        ChannelRuns runs = records.runs();
        ByteBuffer in = records.buffer();
        int common = longestUnnamed(records);
        long implied = 0;
        if (common >= 0) {
            // As a sparse sample that names only the channels of other runs.
            implied = records.longAt(common, 0);
            every += implied;
            sparse += implied;
        } else {
            takeAll();
        }
        for (int run = 0; run < runs.count(); run++) {
            if (common < 0 || !records.areSame(run, common)) {
                for (int channel = runs.start(run); channel < runs.end(run); channel++) {
                    int slot = slot(channel);
                    in.position(records.offset(run));
                    extra[slot] += in.getLong() - implied;
                    named[slot] += implied;
                    sums.addFrom(in, slot);
                }
            }
        }
    }

    /** The longest run of channels that no sparse sample named; -1 if there is none of two or more. */
    private int longestUnnamed(ChannelRecords records) {
        ChannelRuns runs = records.runs();
        int found = -1;
        int length = 1;
        for (int run = 0; !runs.areSingle() && run < runs.count(); run++) {
            if (runs.length(run) > length && records.holds(run, unnamed(records.longAt(run, 0)))) {
                found = run;
                length = runs.length(run);
            }
        }
        return found;
    }

    /** The record of a channel of which sparse samples named no value. */
    private byte[] unnamed(long count) {
        S none = ofSlots.apply(1);
        if (count > 0) {
            none.widen(0, 0.0, 0.0);
        }
        ByteBuffer out = ByteBuffer.allocate(Long.BYTES + none.canonicalSize(0)).putLong(count);
        none.writeTo(out, 0);
        return out.array();
    }

    /** All that was counted and added. */
    ChannelRecords records() {
        int channels = channels();
        int[] withSlots = slots.named();
        byte[] others = slots.hasAll() ? NONE : unnamed(every);
        long size = (withSlots.length + 1L) * others.length;
        for (int slot = 0; slot < withSlots.length; slot++) {
            size += Long.BYTES + sums.canonicalSize(slot);
        }
        int maxRuns = (int) Math.min(channels, 2L * withSlots.length + 1);
        ChannelRecords.Builder out = new ChannelRecords.Builder(channels, maxRuns, fields, size);
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
        if (sparse > named[slot]) {
            sums.widen(slot, 0.0, 0.0);
        }
        out.putLong(every + extra[slot] - sums.ignored(slot));
        sums.writeTo(out, slot);
    }

    /** Bytes of the Java heap in use, about. */
    long heapBytes() {
        return 2L * Long.BYTES * extra.length + slots.heapBytes() + sums.heapBytes();
    }
}
