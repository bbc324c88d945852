package io.github.sparkbatchnorm.stats;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class StatisticsDigestTest {
    /** Two channels: 1, 2, 3.5 and 2^40, -2^-40, NaN. */
    private static ChannelMoments moments() {
        ChannelMoments.Accumulator moments = new ChannelMoments.Accumulator(2);
        SampleShape shape = SampleShape.channelsFirst(2);
        moments.add(new double[] {1, 0x1p40}, shape);
        moments.add(new double[] {2, -0x1p-40}, shape);
        moments.add(new double[] {3.5, Double.NaN}, shape);
        return moments.snapshot();
    }

    @Test
    void canonicalBytesAreAsDocumented() {
        String record1 = "0000000000000003" // n
                + "3ff0000000000000" + "400c000000000000" // min 1, max 3.5
                + "0000000000000000".repeat(3) // NaN, +infinity, -infinity
                + "ffffffff" + "00000002" + "00000006" + "80000000" // sum 6.5 = 0x6.8
                + "ffffffff" + "00000002" + "00000011" + "40000000"; // squares 17.25 = 0x11.4
        String record2 = "0000000000000003"
                + "bd70000000000000" + "4270000000000000"
                + "0000000000000001" + "0000000000000000".repeat(2)
                // 2^40 - 2^-40 = 0x000000ff ffffffff ffffffff ff000000 * 2^-64
                + "fffffffe" + "00000004" + "000000ff" + "ffffffff" + "ffffffff" + "ff000000"
                // 2^80 + 2^-80 = 0x00010000 0 0 0 0 00010000 * 2^-96
                + "fffffffd" + "00000006" + "00010000" + "00000000".repeat(4) + "00010000";
        assertThat(HexFormat.of().formatHex(moments().toBytes())).isEqualTo("00000002" + record1 + record2);
    }

    @Test
    void aSmallNegativeRestOfLargeSumsHasNoRedundantWords() {
        ChannelMoments.Accumulator cancelled = new ChannelMoments.Accumulator(1);
        cancelled.add(0, 0x1p100);
        cancelled.add(0, -0x1p100);
        cancelled.add(0, -1);
        String bytes = HexFormat.of().formatHex(cancelled.snapshot().toBytes());
        assertThat(bytes).contains("00000000" + "00000001" + "ffffffff"); // the sum is -1 in one word
    }

    @Test
    void digestIsTheHashOfNameChannelsKeysAndBatchHashes() throws Exception {
        byte[] bytes = moments().toBytes();
        byte[] batch = MessageDigest.getInstance("SHA-256").digest(Arrays.copyOfRange(bytes, 4, bytes.length));
        MessageDigest expected = MessageDigest.getInstance("SHA-256");
        expected.update("spark-batchnorm-stats-1".getBytes(StandardCharsets.US_ASCII));
        expected.update(new byte[] {0, 0, 0, 2});
        expected.update((byte) 1);
        expected.update(ByteBuffer.allocate(8).putLong(-7).array());
        expected.update(batch);
        expected.update((byte) 2);
        expected.update(new byte[] {0, 0, 0, 3});
        expected.update("é1".getBytes(StandardCharsets.UTF_8));
        expected.update(batch);

        StatisticsDigest digest = new StatisticsDigest(2);
        digest.add(-7L, StatisticsDigest.ofBatch(moments()));
        digest.add("é1", StatisticsDigest.ofBatch(moments()));
        assertThat(digest.finish()).isEqualTo("sha256:" + HexFormat.of().formatHex(expected.digest()));
    }

    @Test
    void hashOfChannelsThatShareARecordIsTheHashOfAllChannels() throws Exception {
        SampleShape shape = SampleShape.channelsFirst(1000);
        ChannelMoments.Accumulator sparse = new ChannelMoments.Accumulator(1000);
        sparse.addSparse(new int[] {0, 7, 8, 11, 999}, new double[] {1, 2, 2, 1e30, -1}, shape);
        ChannelMoments moments = sparse.snapshot();
        assertThat(moments.heldChannels()).isEqualTo(7);
        byte[] bytes = moments.toBytes();
        byte[] expected = MessageDigest.getInstance("SHA-256").digest(Arrays.copyOfRange(bytes, 4, bytes.length));
        assertThat(StatisticsDigest.ofBatch(moments)).isEqualTo(expected);
    }

    @Test
    void digestStaysTheSameBetweenVersions() {
        StatisticsDigest digest = new StatisticsDigest(2);
        digest.add(StatisticsDigest.ofBatch(moments()));
        assertThat(digest.finish())
                .isEqualTo("sha256:3d0e02e212d14b16e126fbfd74dac4b49da8e2f28bd7dfba9f22e028dded9f61");
    }
}
