package io.github.sparkbatchnorm.regression.generate;

import io.github.sparkbatchnorm.regression.exact.ExactMoments;
import io.github.sparkbatchnorm.regression.exact.Sha256;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;
import java.util.stream.LongStream;

/**
 * The exact statistics of generated data, in closed form: they take as long for 10 rows as for 1e12. They are those of
 * x, where NaN and infinities propagate and null rows are left out; dy, whose values are the same numbers in another
 * order, has the same. None of this shares code with the library's sums and digests. Immutable; threads may share it.
 */
public final class ExpectedStatistics {
    private static final String NAME = "spark-batchnorm-stats-1";

    private final GeneratorOptions options;
    private final BatchLayout layout;
    /** Of each class of batches, whose statistics are the same: of their size and their shift. */
    private final ChannelSums[][] sums = new ChannelSums[2 * BatchLayout.SHIFTS][];

    private final ExactMoments[][] moments = new ExactMoments[2 * BatchLayout.SHIFTS][];

    private ExpectedStatistics(GeneratorOptions options) {
        this.options = options;
        layout = BatchLayout.of(options);
        for (long batch : firstOfEachClass()) {
            int ofClass = classOf(batch);
            sums[ofClass] = sums(options, layout.smallSize() + (layout.isLarge(batch) ? 1 : 0), batch);
            moments[ofClass] = moments(sums[ofClass]);
        }
    }

    /** A batch of each class that there is. */
    private long[] firstOfEachClass() {
        return LongStream.concat(
                        LongStream.range(0, Math.min(BatchLayout.SHIFTS, layout.batches())),
                        LongStream.range(
                                layout.largeBatches(),
                                Math.min(layout.largeBatches() + BatchLayout.SHIFTS, layout.batches())))
                .toArray();
    }

    private int classOf(long batch) {
        return (int) (batch % BatchLayout.SHIFTS) + (layout.isLarge(batch) ? BatchLayout.SHIFTS : 0);
    }

    /**
     * {@return the statistics of generated data}
     *
     * @param options of the data
     */
    public static ExpectedStatistics of(GeneratorOptions options) {
        return new ExpectedStatistics(options);
    }

    private static ChannelSums[] sums(GeneratorOptions options, long size, long batch) {
        BatchCounts counts = BatchCounts.of(options, size);
        Map<ChannelGrid, ChannelSums> known = new HashMap<>();
        ChannelSums[] sums = new ChannelSums[options.shape().channels()];
        for (int c = 0; c < sums.length; c++) {
            ChannelGrid grid = options.profile().grid(options.dtype(), c);
            sums[c] = known.computeIfAbsent(grid, g -> ChannelSums.of(counts, g, BatchLayout.shift(batch)));
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
        return options.shape().channels();
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
        return moments[classOf(Objects.checkIndex(batch, batches()))][Objects.checkIndex(channel, channels())];
    }

    private ChannelSums[] ofSize(long batch) {
        return sums[classOf(Objects.checkIndex(batch, batches()))];
    }

    /** {@return the digest of the data: {@code sha256:} and 64 hexadecimal digits} */
    public String digest() {
        byte[][] hashes = new byte[sums.length][];
        for (int i = 0; i < hashes.length; i++) {
            hashes[i] = sums[i] == null ? new byte[0] : hash(sums[i]);
        }
        MessageDigest hash = Sha256.create();
        hash.update(NAME.getBytes(StandardCharsets.US_ASCII));
        hash.update(ByteBuffer.allocate(Integer.BYTES).putInt(channels()).flip());
        ByteBuffer key = ByteBuffer.allocate(1 + Long.BYTES).put(0, (byte) 1);
        for (long batch = 0; batch < batches(); batch++) {
            if (rows(batch) > 0) {
                if (isByBatch()) {
                    hash.update(key.putLong(1, batch).rewind());
                }
                hash.update(hashes[classOf(batch)]);
            }
        }
        return "sha256:" + HexFormat.of().formatHex(hash.digest());
    }

    /** The SHA-256 of the records of all channels. */
    private static byte[] hash(ChannelSums[] channels) {
        MessageDigest hash = Sha256.create();
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

    @Override
    public String toString() {
        return "ExpectedStatistics[" + options.description() + "]";
    }
}
