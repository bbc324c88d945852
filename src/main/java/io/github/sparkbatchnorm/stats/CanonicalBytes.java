package io.github.sparkbatchnorm.stats;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.function.Consumer;
import java.util.zip.CRC32C;

/**
 * Reads canonical bytes of any origin, and writes and reads the {@linkplain ChannelMoments moments record} around those
 * of moments. Reading checks everything before it takes memory, of which it takes about the size of the bytes.
 */
final class CanonicalBytes {
    private static final byte VERSION = 1;
    /** The bit of the flags that says that minimum and maximum are unknown. */
    private static final int EXTREMES_UNKNOWN = 1;

    /** The version and the flags. */
    private static final int HEADER = 2;

    private static final int CHECKSUM = Integer.BYTES;
    private static final int SUMS = 2;

    private CanonicalBytes() {}

    /** The record of moments. */
    static byte[] writeRecord(ChannelRecords moments) {
        byte[] record = moments.toBytes(HEADER, CHECKSUM);
        record[0] = VERSION;
        record[1] = (byte) (moments.extremesUnknown() ? EXTREMES_UNKNOWN : 0);
        ByteBuffer.wrap(record).putInt(record.length - CHECKSUM, checksum(record));
        return record;
    }

    /** The CRC-32C of all but the checksum itself. */
    private static int checksum(byte[] record) {
        CRC32C crc = new CRC32C();
        crc.update(record, 0, record.length - CHECKSUM);
        return (int) crc.getValue();
    }

    /**
     * Reads what {@link #writeRecord} wrote.
     *
     * @throws IllegalArgumentException if the bytes are no such record
     */
    static ChannelRecords readRecord(byte[] record) {
        try {
            boolean extremesUnknown = readEnvelope(record);
            ByteBuffer in = ByteBuffer.wrap(record, HEADER, record.length - HEADER - CHECKSUM);
            return read(
                    record,
                    in,
                    MomentSums.FIELDS,
                    extremesUnknown,
                    moments -> MomentSums.check(moments, extremesUnknown));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("not a moments record: " + e.getMessage(), e);
        }
    }

    private static boolean readEnvelope(byte[] record) {
        if (record.length > 0 && record[0] != VERSION) {
            throw new IllegalArgumentException("version " + (record[0] & 0xFF) + "; expected " + VERSION);
        }
        int smallest = HEADER + Integer.BYTES + smallestRecord(MomentSums.FIELDS * Long.BYTES) + CHECKSUM;
        if (record.length < smallest) {
            throw new IllegalArgumentException(record.length + " bytes; expected " + smallest + " or more");
        }
        if ((record[1] & ~EXTREMES_UNKNOWN) != 0) {
            throw new IllegalArgumentException("flags " + (record[1] & 0xFF) + "; expected 0 or " + EXTREMES_UNKNOWN);
        }
        int found = ByteBuffer.wrap(record).getInt(record.length - CHECKSUM);
        int expected = checksum(record);
        if (found != expected) {
            HexFormat hex = HexFormat.of();
            throw new IllegalArgumentException("checksum " + hex.toHexDigits(found) + " after bytes of checksum "
                    + hex.toHexDigits(expected) + "; expected the same: the bytes are damaged or cut");
        }
        return record[1] == EXTREMES_UNKNOWN;
    }

    /**
     * Reads canonical bytes.
     *
     * @param fields number of 8-byte fields in each channel's record
     * @param check throws an IllegalArgumentException if the record at the position of a buffer, which is of the right
     *     form, has numbers that no record has; may move the position
     * @throws IllegalArgumentException if the bytes are not of that form
     */
    static ChannelRecords read(byte[] bytes, int fields, Consumer<ByteBuffer> check) {
        try {
            return read(bytes, ByteBuffer.wrap(bytes), fields, false, check);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("not the bytes of channel records: " + e.getMessage(), e);
        }
    }

    /** @param bytes those that the buffer wraps */
    private static ChannelRecords read(
            byte[] bytes, ByteBuffer in, int fields, boolean extremesUnknown, Consumer<ByteBuffer> check) {
        int fieldBytes = fields * Long.BYTES;
        int smallest = smallestRecord(fieldBytes);
        if (in.remaining() < Integer.BYTES) {
            throw new IllegalArgumentException(
                    in.remaining() + " bytes; expected " + (Integer.BYTES + smallest) + " or more");
        }
        int channels = ChannelRuns.requireRoom(in.getInt(), smallest, in);
        int first = in.position();
        ByteBuffer record = in.duplicate();
        int runs = 0;
        int size = 0;
        int last = -1;
        for (int c = 0; c < channels; c++) {
            int start = in.position();
            try {
                checkForm(in, fieldBytes);
                if (last < 0 || !areSame(bytes, last, start, in.position())) {
                    check.accept(record.position(start));
                    runs++;
                    size += in.position() - start;
                }
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("channel " + c + ": " + e.getMessage(), e);
            }
            last = start;
        }
        if (in.hasRemaining()) {
            throw new IllegalArgumentException(
                    in.remaining() + " bytes after the last of " + channels + " channels; expected none");
        }

        ChannelRecords.Builder records = new ChannelRecords.Builder(channels, runs, fields, size, extremesUnknown);
        in.position(first);
        last = -1;
        for (int c = 0; c < channels; c++) {
            int start = in.position();
            skip(in, fieldBytes);
            if (last >= 0 && areSame(bytes, last, start, in.position())) {
                records.extendRun(c + 1);
            } else {
                records.record().put(bytes, start, in.position() - start);
                records.endRun(c + 1);
            }
            last = start;
        }
        return records.build();
    }

    /** Whether the bytes from {@code start} to {@code middle} are those from {@code middle} to {@code end}. */
    private static boolean areSame(byte[] array, int start, int middle, int end) {
        return Arrays.equals(array, start, middle, array, middle, end);
    }

    /** The fewest bytes of a channel's record. */
    static int smallestRecord(int fieldBytes) {
        return fieldBytes + SUMS * ExactSum.ZERO_SIZE;
    }

    /** Moves the buffer behind a channel's record. */
    static void skip(ByteBuffer in, int fieldBytes) {
        in.position(in.position() + fieldBytes);
        for (int sum = 0; sum < SUMS; sum++) {
            ExactSum.skip(in);
        }
    }

    /**
     * Moves the buffer behind a channel's record, and checks its form: its sums are in canonical form, and not beyond
     * what doubles can sum to.
     *
     * @throws IllegalArgumentException if it has not this form
     */
    static void checkForm(ByteBuffer in, int fieldBytes) {
        requireSmallest(in, fieldBytes);
        ExactSum.Summed.DOUBLES.check(in);
        ExactSum.Summed.PRODUCTS.check(in);
    }

    /**
     * Moves the buffer behind a channel's record, and checks what memory depends on: where its sums end, and what their
     * words stand for.
     *
     * @throws IllegalArgumentException if sums have no such words
     */
    static void checkSize(ByteBuffer in, int fieldBytes) {
        requireSmallest(in, fieldBytes);
        ExactSum.Summed.DOUBLES.skip(in);
        ExactSum.Summed.PRODUCTS.skip(in);
    }

    /** Moves the buffer to the sums of a record, if it has the size of one. */
    private static void requireSmallest(ByteBuffer in, int fieldBytes) {
        int smallest = smallestRecord(fieldBytes);
        if (in.remaining() < smallest) {
            throw new IllegalArgumentException(in.remaining() + " bytes; expected " + smallest + " or more");
        }
        in.position(in.position() + fieldBytes);
    }
}
