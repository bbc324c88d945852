package io.github.sparkbatchnorm.stats;

import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Locale;

/**
 * A record of each channel: fields of 8 bytes and two exact sums, every number in its canonical form. Neighbouring
 * channels with equal records are a {@linkplain ChannelRuns run} and share one. Runs are as long as possible, so that
 * equal records have equal bytes. Immutable; threads may share it.
 *
 * <p>Compact bytes, if every channel is a run of its own: C (int32) and the records. Otherwise: minus the number of
 * runs, C, the end of each run (int32 each), and one record for each run. {@link #toBytes} repeats the record for each
 * channel.
 */
final class ChannelRecords implements Serializable {
    private static final long serialVersionUID = 1L;

    private static final int SUMS = 2;
    private static final int HEADER = Integer.BYTES;
    /** The longest array that every JVM makes. */
    private static final int MAX_BYTES = Integer.MAX_VALUE - 8;
    /** How many bytes go into a hash at a time. */
    private static final int HASHED_AT_ONCE = 1 << 14;

    private final byte[] bytes;
    private final int fieldBytes;
    private transient ChannelRuns runs;
    /** The index where the record of each run begins. */
    private transient int[] offsets;

    private ChannelRecords(byte[] bytes, int fieldBytes) {
        this.bytes = bytes;
        this.fieldBytes = fieldBytes;
        ByteBuffer in = ByteBuffer.wrap(bytes);
        runs = readRuns(in);
        offsets = readOffsets(in, runs.count(), fieldBytes);
    }

    private static ChannelRuns readRuns(ByteBuffer in) {
        int first = in.getInt();
        if (first >= 0) {
            return new ChannelRuns(first, null);
        }
        int channels = in.getInt();
        int[] ends = new int[-first];
        for (int run = 0; run < ends.length; run++) {
            ends[run] = in.getInt();
        }
        return new ChannelRuns(channels, ends);
    }

    private static int[] readOffsets(ByteBuffer in, int count, int fieldBytes) {
        int[] offsets = new int[count];
        for (int run = 0; run < count; run++) {
            offsets[run] = in.position();
            in.position(in.position() + fieldBytes);
            for (int sum = 0; sum < SUMS; sum++) {
                ExactSum.skip(in);
            }
        }
        if (in.hasRemaining()) {
            throw new IllegalArgumentException(in.remaining() + " bytes too many");
        }
        return offsets;
    }

    /**
     * Reads what {@link #toBytes} wrote.
     *
     * @param fields number of 8-byte fields in each record
     * @throws IllegalArgumentException if the bytes are not of that form
     */
    static ChannelRecords fromBytes(byte[] bytes, int fields) {
        try {
            ByteBuffer in = ByteBuffer.wrap(bytes);
            int channels = in.getInt();
            int[] offsets = readOffsets(in, channels, fields * Long.BYTES);
            Builder records = new Builder(channels, channels, fields, bytes.length - Integer.BYTES);
            for (int c = 0; c < channels; c++) {
                int end = c + 1 < channels ? offsets[c + 1] : bytes.length;
                records.record().put(bytes, offsets[c], end - offsets[c]);
                records.endRun(c + 1);
            }
            return records.build();
        } catch (RuntimeException e) {
            throw notRecords(e);
        }
    }

    /**
     * Reads what {@link #toCompactBytes} returned.
     *
     * @param fields number of 8-byte fields in each record
     * @throws IllegalArgumentException if the bytes are not of that form
     */
    static ChannelRecords fromCompactBytes(byte[] bytes, int fields) {
        try {
            return new ChannelRecords(bytes.clone(), fields * Long.BYTES);
        } catch (RuntimeException e) {
            throw notRecords(e);
        }
    }

    private static IllegalArgumentException notRecords(RuntimeException e) {
        return new IllegalArgumentException("not the bytes of channel records: " + e.getMessage(), e);
    }

    int channels() {
        return runs.channels();
    }

    ChannelRuns runs() {
        return runs;
    }

    int size() {
        return bytes.length;
    }

    /** The compact bytes, a fresh array. */
    byte[] toCompactBytes() {
        return bytes.clone();
    }

    /** C (int32) and the record of each channel, a fresh array. */
    byte[] toBytes() {
        long size = Integer.BYTES;
        for (int run = 0; run < runs.count(); run++) {
            size += (long) runs.length(run) * length(run);
        }
        ByteBuffer out = ByteBuffer.allocate(arrayLength(channels(), size)).putInt(channels());
        for (int run = 0; run < runs.count(); run++) {
            for (int i = runs.length(run); i > 0; i--) {
                out.put(bytes, offsets[run], length(run));
            }
        }
        return out.array();
    }

    /** Puts the record of each channel into a hash. */
    void update(MessageDigest hash) {
        if (runs.areSingle()) {
            hash.update(bytes, HEADER, bytes.length - HEADER);
            return;
        }
        for (int run = 0; run < runs.count(); run++) {
            int length = length(run);
            int atOnce = Math.min(runs.length(run), Math.max(1, HASHED_AT_ONCE / length));
            byte[] repeated = new byte[atOnce * length];
            for (int i = 0; i < atOnce; i++) {
                System.arraycopy(bytes, offsets[run], repeated, i * length, length);
            }
            for (int left = runs.length(run); left > 0; left -= atOnce) {
                hash.update(repeated, 0, Math.min(left, atOnce) * length);
            }
        }
    }

    long longAt(int run, int field) {
        return ByteBuffer.wrap(bytes).getLong(offsets[run] + field * Long.BYTES);
    }

    double doubleAt(int run, int field) {
        return Double.longBitsToDouble(longAt(run, field));
    }

    /** The first exact sum of a run. */
    Scaled firstSum(int run) {
        return ExactSum.readScaled(sumsAt(run));
    }

    /** The second exact sum of a run. */
    Scaled secondSum(int run) {
        ByteBuffer in = sumsAt(run);
        ExactSum.skip(in);
        return ExactSum.readScaled(in);
    }

    private ByteBuffer sumsAt(int run) {
        return ByteBuffer.wrap(bytes).position(offsets[run] + fieldBytes);
    }

    /** A buffer to read records from, each at its {@link #offset}; must not be written to. */
    ByteBuffer buffer() {
        return ByteBuffer.wrap(bytes);
    }

    /** The position of a run's record in the {@link #buffer}. */
    int offset(int run) {
        return offsets[run];
    }

    private int length(int run) {
        return (run + 1 < offsets.length ? offsets[run + 1] : bytes.length) - offsets[run];
    }

    /** Whether a run has this record. */
    boolean holds(int run, byte[] record) {
        return Arrays.equals(bytes, offsets[run], offsets[run] + length(run), record, 0, record.length);
    }

    /** Whether two runs have equal records. */
    boolean areSame(int run, int other) {
        return Arrays.equals(
                bytes, offsets[run], offsets[run] + length(run), bytes, offsets[other], offsets[other] + length(other));
    }

    private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
        in.defaultReadObject();
        ByteBuffer all = ByteBuffer.wrap(bytes);
        runs = readRuns(all);
        offsets = readOffsets(all, runs.count(), fieldBytes);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ChannelRecords that && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    private static int arrayLength(int channels, long size) {
        if (size > MAX_BYTES) {
            throw new IllegalStateException(String.format(
                    Locale.ROOT,
                    "sums of %,d channels are %,d bytes; expected at most %,d, what an array holds: use fewer channels",
                    channels,
                    size,
                    MAX_BYTES));
        }
        return (int) size;
    }

    /** Takes the records of all channels in ascending order, and joins neighbouring channels with equal ones. */
    static final class Builder {
        private final int channels;
        private final int fieldBytes;
        private final ByteBuffer out;
        private final int[] ends;
        private int count;
        /** The position of the last run's record; -1 if there is none. */
        private int last = -1;
        /** The position of the next run's record. */
        private int next = HEADER;

        /**
         * @param maxRuns most runs that are added
         * @param fields number of 8-byte fields in each record
         * @param size most bytes that all records have
         */
        Builder(int channels, int maxRuns, int fields, long size) {
            this.channels = channels;
            fieldBytes = fields * Long.BYTES;
            ends = new int[maxRuns];
            out = ByteBuffer.allocate(arrayLength(channels, HEADER + size)).position(HEADER);
        }

        /** The buffer to write the record of the next channels to. */
        ByteBuffer record() {
            return out;
        }

        /** Ends the channels that the record just written is of, one before {@code end}. */
        void endRun(int end) {
            byte[] array = out.array();
            if (last >= 0 && Arrays.equals(array, last, next, array, next, out.position())) {
                out.position(next);
                ends[count - 1] = end;
            } else {
                ends[count++] = end;
                last = next;
                next = out.position();
            }
        }

        ChannelRecords build() {
            byte[] array = out.putInt(0, channels).array();
            if (count == channels) {
                return new ChannelRecords(next == array.length ? array : Arrays.copyOf(array, next), fieldBytes);
            }
            long size = (2L + count) * Integer.BYTES + next - HEADER;
            ByteBuffer all = ByteBuffer.allocate(arrayLength(channels, size))
                    .putInt(-count)
                    .putInt(channels);
            for (int run = 0; run < count; run++) {
                all.putInt(ends[run]);
            }
            return new ChannelRecords(all.put(array, HEADER, next - HEADER).array(), fieldBytes);
        }
    }
}
