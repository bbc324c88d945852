package io.github.sparkbatchnorm.regression.generate;

import io.github.sparkbatchnorm.regression.exact.ExactMoments;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;

/**
 * The exact statistics of generated data, in closed form: they take as long for 10 rows as for 1e12. They are those of
 * x, where NaN and infinities propagate and null rows are left out; dy, whose values are the same numbers in another
 * order, has the same. None of this shares code with the library's sums and digests. Immutable; threads may share it.
 */
public final class ExpectedStatistics {
    private static final String NAME = "spark-batchnorm-stats-1";

    private final GeneratorOptions options;
    private final BatchLayout layout;
    private final ChannelSums[] small;
    private final ChannelSums[] large;
    private final ExactMoments[] smallMoments;
    private final ExactMoments[] largeMoments;

    private ExpectedStatistics(GeneratorOptions options) {
        this.options = options;
        layout = BatchLayout.of(options);
        small = sums(options, layout.smallSize());
        large = layout.largeBatches() == 0 ? small : sums(options, layout.smallSize() + 1);
        smallMoments = moments(small);
        largeMoments = large == small ? smallMoments : moments(large);
    }

    /**
     * {@return the statistics of generated data}
     *
     * @param options of the data
     */
    public static ExpectedStatistics of(GeneratorOptions options) {
        return new ExpectedStatistics(options);
    }

    private static ChannelSums[] sums(GeneratorOptions options, long size) {
        BatchCounts counts = BatchCounts.of(options, size);
        Map<ChannelGrid, ChannelSums> known = new HashMap<>();
        ChannelSums[] sums = new ChannelSums[options.shape().channels()];
        for (int c = 0; c < sums.length; c++) {
            ChannelGrid grid = options.profile().grid(options.dtype(), c);
            sums[c] = known.computeIfAbsent(grid, g -> ChannelSums.of(counts, g));
        }
        return sums;
    }

    private static ExactMoments[] moments(ChannelSums[] sums) {
        Map<ChannelSums, ExactMoments> known = new HashMap<>();
        ExactMoments[] moments = new ExactMoments[sums.length];
        for (int c = 0; c < sums.length; c++) {
            moments[c] = known.computeIfAbsent(sums[c], ChannelSums::moments);
        }
        return moments;
    }

    /** {@return C, the number of channels} */
    public int channels() {
        return small.length;
    }

    /** {@return whether the data has a batch column} */
    public boolean isByBatch() {
        return options.batches() > 0;
    }

    /** {@return the number of batches, with those that have only null rows; 1 without a batch column} */
    public long batches() {
        return layout.batches();
    }

    /**
     * {@return the number of rows of a batch that are not null} A batch without any is not among those of the
     * statistics of the data.
     *
     * @param batch its number, from 0
     * @throws IndexOutOfBoundsException if there is no such batch
     */
    public long rows(long batch) {
        BatchCounts counts = ofSize(batch)[0].counts();
        return counts.rows() - counts.nullRows();
    }

    /** {@return the number of rows that are not null, of all batches} */
    public long rows() {
        return layout.largeBatches() * rows(0) + (layout.batches() - layout.largeBatches()) * rows(batches() - 1);
    }

    /**
     * {@return the moments of a channel in a batch}
     *
     * @param batch the number of the batch, from 0; 0 without a batch column
     * @param channel {@code 0 <= channel < C}
     * @throws IndexOutOfBoundsException if there is no such batch or channel
     */
    public ExactMoments moments(long batch, int channel) {
        Objects.checkIndex(batch, batches());
        return (layout.isLarge(batch) ? largeMoments : smallMoments)[Objects.checkIndex(channel, channels())];
    }

    private ChannelSums[] ofSize(long batch) {
        return layout.isLarge(Objects.checkIndex(batch, batches())) ? large : small;
    }

    /** {@return the digest of the data: {@code sha256:} and 64 hexadecimal digits} */
    public String digest() {
        byte[] ofSmall = hash(small);
        byte[] ofLarge = large == small ? ofSmall : hash(large);
        MessageDigest hash = sha256();
        hash.update(NAME.getBytes(StandardCharsets.US_ASCII));
        hash.update(ByteBuffer.allocate(Integer.BYTES).putInt(channels()).flip());
        ByteBuffer key = ByteBuffer.allocate(1 + Long.BYTES).put(0, (byte) 1);
        for (long batch = 0; batch < batches(); batch++) {
            if (rows(batch) > 0) {
                if (isByBatch()) {
                    hash.update(key.putLong(1, batch).rewind());
                }
                hash.update(layout.isLarge(batch) ? ofLarge : ofSmall);
            }
        }
        return "sha256:" + HexFormat.of().formatHex(hash.digest());
    }

    /** The SHA-256 of the records of all channels. */
    private static byte[] hash(ChannelSums[] channels) {
        MessageDigest hash = sha256();
        try (DataOutputStream out =
                new DataOutputStream(new DigestOutputStream(OutputStream.nullOutputStream(), hash))) {
            for (ChannelSums channel : channels) {
                channel.writeTo(out);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e); // nothing is written anywhere
        }
        return hash.digest();
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    @Override
    public String toString() {
        return "ExpectedStatistics[" + options.description() + "]";
    }
}
