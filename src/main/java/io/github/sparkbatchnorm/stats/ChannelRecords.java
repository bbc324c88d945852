package io.github.sparkbatchnorm.stats;

import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Canonical bytes of something that each channel has: the number of channels (int32), then for each its record, fields
 * of 8 bytes and two exact sums. Immutable; equal bytes are equal records.
 */
final class ChannelRecords implements Serializable {
    private static final long serialVersionUID = 1L;

    private static final int SUMS = 2;

    private final byte[] bytes;
    private final int fieldBytes;
    private transient int[] offsets;

    /**
     * Takes the bytes over.
     *
     * @param fields fields of 8 bytes in each record
     * @throws IllegalArgumentException if the bytes are not of that form
     */
    ChannelRecords(byte[] bytes, int fields) {
        this.bytes = bytes;
        this.fieldBytes = fields * Long.BYTES;
        this.offsets = offsets(bytes, fieldBytes);
    }

    private static int[] offsets(byte[] bytes, int fieldBytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        try {
            int[] offsets = new int[in.getInt()];
            for (int c = 0; c < offsets.length; c++) {
                offsets[c] = in.position();
                in.position(in.position() + fieldBytes);
                for (int sum = 0; sum < SUMS; sum++) {
                    ExactSum.skip(in);
                }
            }
            if (in.hasRemaining()) {
                throw new IllegalArgumentException(in.remaining() + " bytes too many");
            }
            return offsets;
        } catch (RuntimeException e) {
            throw new IllegalArgumentException("not the bytes of channel records: " + e.getMessage(), e);
        }
    }

    int channels() {
        return offsets.length;
    }

    int size() {
        return bytes.length;
    }

    /** A fresh array. */
    byte[] toBytes() {
        return bytes.clone();
    }

    long longAt(int channel, int field) {
        return ByteBuffer.wrap(bytes).getLong(offsets[channel] + field * Long.BYTES);
    }

    double doubleAt(int channel, int field) {
        return Double.longBitsToDouble(longAt(channel, field));
    }

    /** The first exact sum of a channel. */
    ExactSum.Scaled firstSum(int channel) {
        return ExactSum.readScaled(sumsAt(channel));
    }

    /** The second exact sum of a channel. */
    ExactSum.Scaled secondSum(int channel) {
        ByteBuffer in = sumsAt(channel);
        ExactSum.skip(in);
        return ExactSum.readScaled(in);
    }

    private ByteBuffer sumsAt(int channel) {
        return ByteBuffer.wrap(bytes).position(offsets[channel] + fieldBytes);
    }

    /** The records, one after the other. */
    ByteBuffer records() {
        return ByteBuffer.wrap(bytes, Integer.BYTES, bytes.length - Integer.BYTES);
    }

    private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
        in.defaultReadObject();
        offsets = offsets(bytes, fieldBytes);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ChannelRecords that && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }
}
