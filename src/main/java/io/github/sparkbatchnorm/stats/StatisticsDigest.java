package io.github.sparkbatchnorm.stats;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A SHA-256 of the statistics of a data set: equal for equal values, whatever their order, grouping or source. Not
 * thread-safe.
 *
 * <p>The hash is over, in this order: the ASCII text {@code spark-batchnorm-stats-1}; C (int32, big-endian); then for
 * each batch, ascending by key: the key, if there is a batch column, and the 32 bytes of {@link #ofBatch}. A key is the
 * byte 1 and an int64, or the byte 2, the length in bytes (int32) and the text in UTF-8.
 *
 * <p>Each task hashes the moments of its batches, so that only 32 bytes of each batch travel to the driver.
 */
public final class StatisticsDigest {
    private static final String NAME = "spark-batchnorm-stats-1";

    private final MessageDigest hash = sha256();

    /**
     * Creates a digest of no batches.
     *
     * @param channels C
     */
    public StatisticsDigest(int channels) {
        hash.update(NAME.getBytes(StandardCharsets.US_ASCII));
        hash.update(ByteBuffer.allocate(Integer.BYTES).putInt(channels).flip());
    }

    /**
     * {@return the SHA-256 of the moments of one batch, 32 bytes} It is over their {@linkplain ChannelMoments canonical
     * bytes} without the number of channels.
     *
     * @param moments the moments of all values of the batch
     * @throws IllegalArgumentException if their minimum and maximum are unknown
     */
    public static byte[] ofBatch(ChannelMoments moments) {
        if (!moments.hasKnownExtremes()) {
            throw new IllegalArgumentException(
                    "moments whose minimum and maximum are unknown; expected known ones, which the digest is over");
        }
        MessageDigest hash = sha256();
        moments.records.update(hash);
        return hash.digest();
    }

    /**
     * Adds the only batch of data without a batch column.
     *
     * @param batch what {@link #ofBatch} returned
     */
    public void add(byte[] batch) {
        hash.update(batch);
    }

    /**
     * Adds a batch with an integer key. Keys must ascend.
     *
     * @param key the integer, the days of a date or the microseconds of a timestamp
     * @param batch what {@link #ofBatch} returned
     */
    public void add(long key, byte[] batch) {
        hash.update(
                ByteBuffer.allocate(1 + Long.BYTES).put((byte) 1).putLong(key).flip());
        hash.update(batch);
    }

    /**
     * Adds a batch with a key of another type. Keys must ascend.
     *
     * @param key the key as text
     * @param batch what {@link #ofBatch} returned
     */
    public void add(String key, byte[] batch) {
        byte[] text = key.getBytes(StandardCharsets.UTF_8);
        hash.update(ByteBuffer.allocate(1 + Integer.BYTES)
                .put((byte) 2)
                .putInt(text.length)
                .flip());
        hash.update(text);
        hash.update(batch);
    }

    /**
     * Ends the digest, which cannot be used again.
     *
     * @return {@code sha256:} and 64 lower-case hexadecimal digits
     */
    public String finish() {
        return "sha256:" + HexFormat.of().formatHex(hash.digest());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }
}
