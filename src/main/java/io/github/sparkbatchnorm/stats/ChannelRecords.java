package io.github.sparkbatchnorm.stats;

import java.io.IOException;
import java.io.InvalidObjectException;
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
 * runs, C, the end of each run (int32 each), and one record for each run. In front of both stands {@code 80000000} if
 * {@link #extremesUnknown}. {@link #toBytes} repeats the record for each channel.
 */
final class ChannelRecords implements Serializable {
    private static final long serialVersionUID = 1L;

    /** What compact bytes begin with if minimum and maximum are unknown; no number of channels or runs is this one. */
    private static final int EXTREMES_UNKNOWN = Integer.MIN_VALUE;
    /** The longest array that every JVM makes. */
    private static final int MAX_BYTES = Integer.MAX_VALUE - 8;
    /** How many bytes go into a hash at a time. */
    private static final int HASHED_AT_ONCE = 1 << 14;

    private final byte[] bytes;
    private final int fieldBytes;
    private transient boolean extremesUnknown;
    private transient ChannelRuns runs;
    /** The index where the record of each run begins. */
    private transient int[] offsets;

    private ChannelRecords(byte[] bytes, int fieldBytes, boolean trusted) {
        this.bytes = bytes;
        this.fieldBytes = fieldBytes;
        parse(trusted);
    }

    /** @param trusted whether the bytes are of the right form, which is checked otherwise */
    private void parse(boolean trusted) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        extremesUnknown = bytes.length >= Integer.BYTES && in.getInt(0) == EXTREMES_UNKNOWN;
        in.position(extremesUnknown ? Integer.BYTES : 0);
        runs = ChannelRuns.read(in, CanonicalBytes.smallestRecord(fieldBytes));
        offsets = new int[runs.count()];
        for (int run = 0; run < offsets.length; run++) {
            offsets[run] = in.position();
            if (trusted) {
                CanonicalBytes.skip(in, fieldBytes);
            } else {
                CanonicalBytes.checkSize(in, fieldBytes);
            }
        }
        if (in.hasRemaining()) {
            throw new IllegalArgumentException(in.remaining() + " bytes after the last record; expected none");
        }
    }

    /**
     * Reads what {@link #toCompactBytes} returned. Of the numbers, only those that memory depends on are checked.
     *
     * @param fields number of 8-byte fields in each record
     * @throws IllegalArgumentException if the bytes are not of that form
     */
    static ChannelRecords fromCompactBytes(byte[] bytes, int fields) {
        try {
            return new ChannelRecords(bytes.clone(), fields * Long.BYTES, false);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("not the bytes of channel records: " + e.getMessage(), e);
        }
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

    /** Whether minimum and maximum are unknown, and stay so. */
    boolean extremesUnknown() {
        return extremesUnknown;
    }

    /**
     * C (int32) and the record of each channel, in a fresh array.
     *
     * @param before number of bytes to leave free before
     * @param after number of bytes to leave free behind
     * @throws IllegalStateException if there are more bytes than an array holds
     */
    byte[] toBytes(int before, int after) {
        long size = before + Integer.BYTES + (long) after;
        for (int run = 0; run < runs.count(); run++) {
            size += (long) runs.length(run) * length(run);
        }
        ByteBuffer out = ByteBuffer.allocate(arrayLength(channels(), size));
        out.position(before).putInt(channels());
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
            hash.update(bytes, offsets[0], bytes.length - offsets[0]);
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

    /** A buffer at the exact sums of a run; must not be written to. */
    ByteBuffer sumsAt(int run) {
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
        try {
            parse(false);
        } catch (IllegalArgumentException e) {
            throw (IOException) new InvalidObjectException(e.getMessage()).initCause(e);
        }
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
        /** The bytes before the first record if every channel is a run of its own. */
        private final int header;

        private final ByteBuffer out;
        private final int[] ends;
        private int count;
        /** The position of the last run's record; -1 if there is none. */
        private int last = -1;
        /** The position of the next run's record. */
        private int next;

        /**
         * @param maxRuns most runs that are added
         * @param fields number of 8-byte fields in each record
         * @param size most bytes that all records have
         */
        Builder(int channels, int maxRuns, int fields, long size, boolean extremesUnknown) {
            this.channels = channels;
            fieldBytes = fields * Long.BYTES;
            ends = new int[maxRuns];
            header = extremesUnknown ? 2 * Integer.BYTES : Integer.BYTES;
            next = header;
            out = ByteBuffer.allocate(arrayLength(channels, header + size));
            out.putInt(EXTREMES_UNKNOWN).position(header);
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
                extendRun(end);
            } else {
                ends[count++] = end;
                last = next;
                next = out.position();
            }
        }

        /** Lets the last run end later. */
        void extendRun(int end) {
            ends[count - 1] = end;
        }

        ChannelRecords build() {
            byte[] array = out.putInt(header - Integer.BYTES, channels).array();
            if (count == channels) {
                return new ChannelRecords(next == array.length ? array : Arrays.copyOf(array, next), fieldBytes, true);
            }
            long size = (1L + count) * Integer.BYTES + next;
            ByteBuffer all = ByteBuffer.allocate(arrayLength(channels, size));
            all.putInt(EXTREMES_UNKNOWN)
                    .position(header - Integer.BYTES)
                    .putInt(-count)
                    .putInt(channels);
            for (int run = 0; run < count; run++) {
                all.putInt(ends[run]);
            }
            return new ChannelRecords(all.put(array, header, next - header).array(), fieldBytes, true);
        }
    }
}
