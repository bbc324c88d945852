package io.github.sparkbatchnorm.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.github.sparkbatchnorm.stats.MomentsTesting.Values;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32C;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The record in which moments stand in columns and files: its bytes, and what a reader refuses. */
final class MomentsRecordTest {
    private static final double MAX = Double.MAX_VALUE;

    private static ChannelMoments of(double[]... channels) {
        ChannelMoments.Accumulator moments = new ChannelMoments.Accumulator(channels.length);
        for (int c = 0; c < channels.length; c++) {
            for (double value : channels[c]) {
                moments.add(c, value);
            }
        }
        return moments.snapshot();
    }

    private static double[] values(double... values) {
        return values;
    }

    private static Map<String, ChannelMoments> moments() {
        Map<String, ChannelMoments> moments = new LinkedHashMap<>();
        moments.put("two channels", of(values(1, 2, 3.5), values(0x1p40, -0x1p-40, Double.NaN)));
        moments.put("no values", of(values()));
        moments.put(
                "not finite",
                of(values(Double.POSITIVE_INFINITY, 1), values(Double.NEGATIVE_INFINITY), values(Double.NaN, -0.0)));
        moments.put("largest and smallest double", of(values(MAX, Double.MIN_VALUE)));
        ChannelMoments.Accumulator sparse = new ChannelMoments.Accumulator(5);
        sparse.addSparse(new int[] {1}, values(-3), SampleShape.channelsFirst(5));
        sparse.addSparse(new int[] {1}, values(-3), SampleShape.channelsFirst(5));
        moments.put("sparse", sparse.snapshot());
        moments.put("something subtracted", of(values(1, 2, 3.5)).subtract(of(values(2))));
        ChannelMoments two = of(values(7), values(9));
        moments.put("everything subtracted", two.subtract(two));
        return moments;
    }

    @Test
    void bytesAreAsDocumented() {
        Map<String, byte[]> golden = GoldenRecords.read();
        assertThat(golden.keySet()).isEqualTo(moments().keySet());
        moments().forEach((name, moments) -> {
            assertThat(HexFormat.of().formatHex(moments.toRecord()))
                    .as(name)
                    .isEqualTo(HexFormat.of().formatHex(golden.get(name)));
            ChannelMoments read = ChannelMoments.fromRecord(golden.get(name));
            assertThat(read).as(name).isEqualTo(moments).hasSameHashCodeAs(moments);
            assertThat(read.hasKnownExtremes()).as(name).isEqualTo(!name.endsWith("subtracted"));
        });
    }

    @Property(tries = 300)
    void recordsComeBackEqual(@ForAll Values values, @ForAll long seed, @ForAll boolean subtracted) {
        SampleShape shape = SampleShape.channelsFirst(5);
        ChannelMoments moments = MomentsTesting.byBlocks(
                MomentsTesting.samples(values, (int) Math.floorMod(seed, 30L), shape, false, seed), shape, false);
        if (subtracted) {
            ChannelMoments other =
                    MomentsTesting.byBlocks(MomentsTesting.samples(values, 3, shape, false, ~seed), shape, false);
            moments = moments.combine(other).subtract(other);
        }
        assertThat(ChannelMoments.fromRecord(moments.toRecord())).isEqualTo(moments);
    }

    @Test
    void aRecordOfManySharedChannelsIsReadWithoutTakingMoreThanItsSize() {
        ChannelMoments.Accumulator sparse = new ChannelMoments.Accumulator(200_000);
        sparse.addSparse(new int[] {3, 70_000}, values(1, Double.NaN), SampleShape.channelsFirst(200_000));
        byte[] record = sparse.snapshot().toRecord();
        long before = Allocation.bytes();
        ChannelMoments read = ChannelMoments.fromRecord(record);
        assertThat(Allocation.bytes() - before).isLessThan(1_000_000);
        assertThat(read).isEqualTo(sparse.snapshot());
        assertThat(read.heldChannels()).isEqualTo(5);
    }

    @Test
    void canonicalBytesWouldLoseThatExtremesAreUnknown() {
        ChannelMoments less = of(values(1, 2)).subtract(of(values(1)));
        assertThatIllegalStateException().isThrownBy(less::toBytes).withMessageContaining("toRecord");
    }

    /** One channel's record in hexadecimal: n, minimum, maximum, NaN, +infinity, -infinity, sum, sum of squares. */
    private static String channel(
            long n, double min, double max, long nan, long positive, long negative, String sum, String squares) {
        HexFormat hex = HexFormat.of();
        return hex.toHexDigits(n)
                + hex.toHexDigits(Double.doubleToRawLongBits(min))
                + hex.toHexDigits(Double.doubleToRawLongBits(max))
                + hex.toHexDigits(nan)
                + hex.toHexDigits(positive)
                + hex.toHexDigits(negative)
                + sum
                + squares;
    }

    private static String word(int integer) {
        return integer == 0
                ? "00000000" + "00000000"
                : "00000000" + "00000001" + HexFormat.of().toHexDigits(integer);
    }

    private static byte[] record(int flags, int channels, String records) {
        return sealed(HexFormat.of()
                .parseHex("01" + HexFormat.of().toHexDigits((byte) flags)
                        + HexFormat.of().toHexDigits(channels) + records + "00000000"));
    }

    /** The record with its last four bytes made the checksum of the others. */
    static byte[] sealed(byte[] record) {
        CRC32C crc = new CRC32C();
        crc.update(record, 0, record.length - 4);
        byte[] sealed = record.clone();
        ByteBuffer.wrap(sealed).putInt(record.length - 4, (int) crc.getValue());
        return sealed;
    }

    private static void refused(byte[] record, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ChannelMoments.fromRecord(record))
                .withMessage("not a moments record: " + message);
    }

    @Test
    void theEnvelopeIsChecked() {
        byte[] record = of(values(1)).toRecord();
        refused(new byte[0], "0 bytes; expected 74 or more");
        refused(new byte[] {1, 0, 0}, "3 bytes; expected 74 or more");
        refused(new byte[] {-1, 0, 0}, "version 255; expected 1");
        byte[] flags = record.clone();
        flags[1] = 4;
        refused(sealed(flags), "flags 4; expected 0 or 1");
        byte[] damaged = record.clone();
        damaged[20] ^= 1;
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ChannelMoments.fromRecord(damaged))
                .withMessageMatching("not a moments record: checksum [0-9a-f]{8} after bytes of checksum [0-9a-f]{8};"
                        + " expected the same: the bytes are damaged or cut");
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0 channels in 64 bytes",
        "-1, -1 channels in 64 bytes",
        "2, 2 channels in 64 bytes",
        "2147483647, 2147483647 channels in 64 bytes"
    })
    void theNumberOfChannelsIsHeldAgainstTheSize(int channels, String found) {
        String none = channel(0, Double.NaN, Double.NaN, 0, 0, 0, word(0), word(0));
        refused(record(0, channels, none), found + "; expected 1 or more, of at least 64 bytes each");
        refused(record(0, 1, none + none), "64 bytes after the last of 1 channels; expected none");
        refused(record(0, 1, none + "00"), "1 bytes after the last of 1 channels; expected none");
        byte[] canonical = ByteBuffer.allocate(4 + 64).putInt(channels).array();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ChannelMoments.fromBytes(canonical))
                .withMessage("not the bytes of channel records: " + found
                        + "; expected 1 or more, of at least 64 bytes each");
        byte[] gradients = ByteBuffer.allocate(4 + 104).putInt(channels).array();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> GradientSums.fromBytes(gradients))
                .withMessageContaining(channels + " channels in 104 bytes");
    }

    @ParameterizedTest
    @CsvSource({
        // exponent and words, and what is wrong with them
        "00000001 00000000, no words with the exponent 1; expected the exponent 0 for zero",
        "00000000 ffffffff, -1 words in %d bytes; expected as many words as follow",
        "00000000 0fffffff, 268435455 words in %d bytes; expected as many words as follow",
        "00000000 00000002 00000001 00000000, 2 words with a redundant one at an end; expected the shortest form",
        "00000000 00000002 00000000 00000001, 2 words with a redundant one at an end; expected the shortest form",
        "00000000 00000002 ffffffff ffffffff, 2 words with a redundant one at an end; expected the shortest form",
        "00000000 00000001 00000000, 1 words with a redundant one at an end; expected the shortest form",
        "7fffffff 00000001 00000001, 1 words with the exponent 2147483647; expected %s",
        "80000000 00000001 00000001, 1 words with the exponent -2147483648; expected %s",
        "00000042 00000001 00000001, 1 words with the exponent 66; expected %s",
        "ffffffbc 00000001 00000001, 1 words with the exponent -68; expected %s"
    })
    void sumsAreCanonicalAndWithinWhatDoublesSumTo(String words, String wrong) {
        String sum = words.replace(" ", "");
        String left = Integer.toString(sum.length() / 2 - 8 + 8);
        refused(
                record(0, 1, channel(2, 0, 1, 0, 0, 0, sum, word(0))),
                "channel 0: sum of "
                        + wrong.replace("%d", left)
                                .replace("%s", "a multiple of 2^-1074 in words below the exponent 34"));
        refused(
                record(0, 1, channel(2, 0, 1, 0, 0, 0, word(0), sum)),
                "channel 0: sum of squares or products of "
                        + wrong.replace("%d", Integer.toString(sum.length() / 2 - 8))
                                .replace("%s", "a multiple of 2^-2148 in words below the exponent 66"));
    }

    @Test
    void sumsThatTheSmallestAndTheLargestDoublesReachAreAccepted() {
        // The counts of these values are the largest that there are.
        long most = Long.MAX_VALUE;
        ChannelMoments largest = of(values(MAX));
        ChannelMoments sum = largest;
        for (int bit = 1; bit < 63; bit++) {
            sum = sum.combine(sum).combine(largest);
        }
        ChannelMoments full = sum;
        assertThat(full.count(0)).isEqualTo(most);
        assertThat(ChannelMoments.fromRecord(full.toRecord())).isEqualTo(full);
        assertThat(full.statistics().mean(0)).isEqualTo(MAX);
        assertThat(full.statistics().populationVariance(0)).isZero();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> full.combine(largest))
                .withMessage("a channel has more values than a count holds; expected at most " + most);
        ChannelMoments least = of(values(Double.MIN_VALUE), values(-Double.MIN_VALUE), values(-MAX, MAX));
        assertThat(ChannelMoments.fromRecord(least.toRecord())).isEqualTo(least);
    }

    @Test
    void countsOfManyValuesThatOverflowAreRefusedInSparseChannelsToo() {
        ChannelMoments.Accumulator sparse = new ChannelMoments.Accumulator(100);
        sparse.addSparse(new int[] {5}, values(1), SampleShape.channelsFirst(100));
        ChannelMoments many = sparse.snapshot();
        for (int bit = 1; bit < 63; bit++) {
            many = many.combine(many);
        }
        ChannelMoments half = many;
        assertThat(half.count(0)).isEqualTo(1L << 62);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> half.combine(half))
                .withMessageContaining("more values than a count holds");
        ChannelMoments.Accumulator mixed = new ChannelMoments.Accumulator(100);
        mixed.addAll(half);
        double[] ones = new double[100];
        Arrays.fill(ones, 1);
        ChannelMoments.Accumulator each = new ChannelMoments.Accumulator(100);
        each.add(ones, SampleShape.channelsFirst(100));
        ChannelMoments dense = each.snapshot();
        for (int bit = 1; bit < 63; bit++) {
            dense = dense.combine(dense);
        }
        mixed.addAll(dense);
        assertThatIllegalStateException()
                .isThrownBy(mixed::snapshot)
                .withMessageContaining("more values than a count holds");
    }

    private static void refusedNumbers(String channel, String message) {
        refused(record(0, 1, channel), "channel 0: " + message);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ChannelMoments.fromBytes(HexFormat.of().parseHex("00000001" + channel)))
                .withMessage("not the bytes of channel records: channel 0: " + message);
    }

    @ParameterizedTest
    @CsvSource({
        "-1, 0, 0, 0",
        "1, -1, 0, 0",
        "1, 0, -1, 0",
        "1, 0, 0, -1",
        "3, 4, 0, 0",
        "3, 1, 2, 1",
        "3, 1, 1, 2",
        "9223372036854775807, 9223372036854775807, 1, 0",
        "1, 0, 9223372036854775807, 9223372036854775807",
        "9223372036854775807, 1, 9223372036854775806, 9223372036854775807"
    })
    void countsAreCheckedWithoutOverflow(long n, long nan, long positive, long negative) {
        refusedNumbers(
                channel(n, 0, 0, nan, positive, negative, word(0), word(0)),
                "count " + n + " with " + nan + " NaN, " + positive + " +infinity and " + negative
                        + " -infinity; expected none below 0, and no more of these than values");
    }

    @ParameterizedTest
    @CsvSource({
        // n, minimum, maximum, NaN, +infinity, -infinity
        "2, 1, -1, 0, 0, 0",
        "2, NaN, 1, 0, 0, 0",
        "2, -1, NaN, 0, 0, 0",
        "2, NaN, NaN, 0, 0, 0",
        "2, -Infinity, 1, 0, 0, 0",
        "2, -1, Infinity, 0, 0, 0",
        "1, -1, 1, 0, 0, 0",
        "2, -1, 1, 1, 0, 0",
        "2, -1, 1, 0, 1, 0",
        "2, -1, 1, 0, 0, 1",
        "1, -1, Infinity, 0, 1, 0",
        "1, -Infinity, 1, 0, 0, 1",
        "2, -Infinity, 1, 0, 1, 1",
        "2, -1, Infinity, 0, 1, 1",
        "2, Infinity, Infinity, 0, 1, 0",
        "2, -Infinity, -Infinity, 0, 0, 1"
    })
    void extremesAreThoseOfSuchValues(long n, double min, double max, long nan, long positive, long negative) {
        refusedNumbers(
                channel(n, min, max, nan, positive, negative, word(0), word(2)),
                "minimum " + min + " and maximum " + max + " of " + (n - nan - positive - negative)
                        + " finite values, " + (positive > 0 ? "some" : "no") + " +infinity and "
                        + (negative > 0 ? "some" : "no") + " -infinity; expected those of such values");
    }

    @Test
    void extremesHaveOneForm() {
        double otherNaN = Double.longBitsToDouble(0x7FF8_0000_0000_0001L);
        String wrong = "; expected twice the bits 7ff8000000000000 where there are none";
        refusedNumbers(
                channel(0, otherNaN, Double.NaN, 0, 0, 0, word(0), word(0)), "minimum NaN and maximum NaN" + wrong);
        refusedNumbers(
                channel(1, Double.NaN, otherNaN, 1, 0, 0, word(0), word(0)), "minimum NaN and maximum NaN" + wrong);
        refusedNumbers(channel(1, 0, 0, 1, 0, 0, word(0), word(0)), "minimum 0.0 and maximum 0.0" + wrong);
        refusedNumbers(
                channel(1, -0.0, 0, 0, 0, 0, word(0), word(0)), "minimum -0.0 and maximum 0.0; expected 0.0 for zero");
        refused(
                record(1, 1, channel(1, 1, 1, 0, 0, 0, word(1), word(1))),
                "channel 0: minimum 1.0 and maximum 1.0" + wrong);
    }

    @ParameterizedTest
    @CsvSource({
        // n, minimum, maximum, NaN, sum, sum of squares; what is expected
        "1, NaN, NaN, 1, 1, 0, 0",
        "1, NaN, NaN, 1, 0, 1, 0",
        "2, 1, 4, 0, 5, 12, at least sum^2 / 2 as the sum of squares",
        "2, 1, 4, 0, 5, -1, at least sum^2 / 2 as the sum of squares",
        "2, -4, -1, 0, -5, 12, at least sum^2 / 2 as the sum of squares",
        "2, 1, 4, 0, 1, 17, those of values from 1.0 to 4.0",
        "2, 1, 4, 0, 9, 41, those of values from 1.0 to 4.0",
        "2, -4, -1, 0, -9, 41, those of values from -4.0 to -1.0",
        "2, -4, -1, 0, -1, 17, those of values from -4.0 to -1.0",
        "2, 1, 4, 0, 5, 15, those of values from 1.0 to 4.0",
        "2, 1, 4, 0, 5, 33, those of values from 1.0 to 4.0",
        "2, -4, 1, 0, -3, 33, those of values from -4.0 to 1.0",
        "1, 3, 3, 0, 3, 10, those of values from 3.0 to 3.0"
    })
    void sumsAreThoseOfSuchValues(long n, double min, double max, long nan, int sum, int squares, String expected) {
        refusedNumbers(
                channel(n, min, max, nan, 0, 0, word(sum), word(squares)),
                "sum " + (double) sum + " and sum of squares " + (double) squares + " of " + (n - nan)
                        + " finite values; expected " + expected);
    }

    @Test
    void sumsBesideUnknownExtremesAreHeldAgainstTheLargestDouble() {
        // 2^1024 as the sum of squares is far below the square of the largest double, 2^2048 is above.
        for (int words : new int[] {32, 64}) {
            String squares = HexFormat.of().toHexDigits(words) + "00000001" + "00000001";
            byte[] record = record(1, 1, channel(1, Double.NaN, Double.NaN, 0, 0, 0, word(0), squares));
            if (words == 32) {
                assertThat(ChannelMoments.fromRecord(record).toRecord()).isEqualTo(record);
            } else {
                refused(
                        record,
                        "channel 0: sum 0.0 and sum of squares Infinity of 1 finite values; expected those of values"
                                + " from -1.7976931348623157E308 to 1.7976931348623157E308");
            }
        }
    }

    @Test
    void gradientSumsHaveTheirCountsAndFormsChecked() {
        GradientSums.Accumulator sums = new GradientSums.Accumulator(1, false);
        sums.add(0, 1, Double.NaN);
        byte[] bytes = sums.snapshot().toBytes();
        for (int field = 0; field < PairSums.FIELDS; field++) {
            byte[] wrong = bytes.clone();
            int at = 4 + 8 * field;
            // A count below 0, or a number that is not in its one form.
            ByteBuffer.wrap(wrong).putLong(at, field < PairSums.SPECIAL ? -1 : 0x7FF8_0000_0000_0001L);
            assertThatIllegalArgumentException()
                    .as("field %d", field)
                    .isThrownBy(() -> GradientSums.fromBytes(wrong))
                    .withMessageStartingWith("not the bytes of channel records: channel 0: ");
        }
        byte[] many = bytes.clone();
        ByteBuffer.wrap(many).putLong(4 + 8 * PairSums.NAN, 2);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> GradientSums.fromBytes(many))
                .withMessageContaining("count 1 with 2");
    }
}
