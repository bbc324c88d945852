package io.github.sparkbatchnorm.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.github.sparkbatchnorm.stats.MomentsTesting.Values;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.Tag;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Bytes that were damaged, cut or made up are refused with a message, or are the canonical bytes of moments that
 * compute; reading them takes no more memory than their size explains.
 */
class HostileBytesTest {
    /** For classes that are loaded meanwhile, and messages. */
    private static final long SLACK = 1_000_000;

    private static final int TIMES_SIZE = 50;

    private static final int[] INTEGERS = {
        0,
        1,
        -1,
        2,
        33,
        34,
        65,
        66,
        -34,
        -35,
        -68,
        -69,
        0x0FFF_FFFF,
        1 << 28,
        1 << 30,
        Integer.MAX_VALUE,
        Integer.MIN_VALUE
    };

    /** What reads bytes, and what it must make of bytes that it accepts. */
    enum Reader {
        RECORD("not a moments record: ") {
            @Override
            Object read(byte[] bytes) {
                return ChannelMoments.fromRecord(bytes);
            }

            @Override
            byte[] write(Object value) {
                return ((ChannelMoments) value).toRecord();
            }

            @Override
            byte[] repaired(byte[] bytes) {
                return bytes.length < 4 ? bytes : MomentsRecordTest.sealed(bytes);
            }

            @Override
            List<byte[]> genuine() {
                List<byte[]> records = new ArrayList<>(GoldenRecords.read().values());
                moments().forEach(moments -> {
                    records.add(moments.toRecord());
                    records.add(moments.combine(moments).subtract(moments).toRecord());
                });
                return records;
            }
        },
        CANONICAL("not the bytes of channel records: ") {
            @Override
            Object read(byte[] bytes) {
                return ChannelMoments.fromBytes(bytes);
            }

            @Override
            byte[] write(Object value) {
                return ((ChannelMoments) value).toBytes();
            }

            @Override
            List<byte[]> genuine() {
                return moments().stream().map(ChannelMoments::toBytes).toList();
            }
        },
        COMPACT("not the bytes of channel records: ") {
            @Override
            Object read(byte[] bytes) {
                return ChannelMoments.fromCompactBytes(bytes);
            }

            @Override
            byte[] write(Object value) {
                return ((ChannelMoments) value).toCompactBytes();
            }

            @Override
            List<byte[]> genuine() {
                List<byte[]> all = new ArrayList<>();
                moments().forEach(moments -> {
                    all.add(moments.toCompactBytes());
                    all.add(moments.combine(moments).subtract(moments).toCompactBytes());
                });
                return all;
            }
        },
        GRADIENTS("not the bytes of channel records: ") {
            @Override
            Object read(byte[] bytes) {
                return GradientSums.fromBytes(bytes);
            }

            @Override
            byte[] write(Object value) {
                return ((GradientSums) value).toBytes();
            }

            @Override
            List<byte[]> genuine() {
                GradientSums.Accumulator sums = new GradientSums.Accumulator(3, false);
                sums.add(0, 1.5, -1e300);
                sums.add(0, 1e-300, 3);
                sums.add(2, Double.POSITIVE_INFINITY, 3);
                return List.of(GradientSums.empty(2).toBytes(), sums.snapshot().toBytes());
            }
        };

        private final String message;

        Reader(String message) {
            this.message = message;
        }

        abstract Object read(byte[] bytes);

        abstract byte[] write(Object value);

        abstract List<byte[]> genuine();

        /** The bytes with the checksum that they must have, if they have one, so that the other checks are reached. */
        byte[] repaired(byte[] bytes) {
            return bytes;
        }

        /** Reads bytes; true if they were accepted. */
        boolean accepts(byte[] bytes) {
            long before = Allocation.bytes();
            Object value;
            try {
                value = read(bytes);
            } catch (IllegalArgumentException e) {
                assertThat(Allocation.bytes() - before).isLessThan(SLACK + (long) TIMES_SIZE * bytes.length);
                assertThat(e).hasMessageStartingWith(message);
                assertThat(e.getMessage()).contains("; expected ");
                return false;
            } catch (RuntimeException | Error e) {
                return fail(HexFormat.of().formatHex(bytes, 0, Math.min(bytes.length, 1000)), e);
            }
            assertThat(Allocation.bytes() - before).isLessThan(SLACK + (long) TIMES_SIZE * bytes.length);
            assertThat(write(value)).isEqualTo(bytes);
            if (this != COMPACT && value instanceof ChannelMoments moments) {
                computes(moments);
            }
            return true;
        }
    }

    private static List<ChannelMoments> moments() {
        List<ChannelMoments> moments = new ArrayList<>();
        for (Values values : new Values[] {Values.NORMAL, Values.SPECIAL, Values.ANY_BITS}) {
            SampleShape shape = SampleShape.channelsFirst(2);
            moments.add(MomentsTesting.byBlocks(MomentsTesting.samples(values, 4, shape, false, 7), shape, false));
        }
        ChannelMoments.Accumulator sparse = new ChannelMoments.Accumulator(9);
        sparse.addSparse(new int[] {4}, new double[] {-1e9}, SampleShape.channelsFirst(9));
        moments.add(sparse.snapshot());
        return moments;
    }

    /** Whether the statistics of accepted moments are those of numbers. */
    private static void computes(ChannelMoments moments) {
        ChannelStatistics statistics = moments.finiteStatistics();
        for (int c = 0; c < moments.channels(); c++) {
            if (statistics.count(c) > 0) {
                assertThat(statistics.mean(c)).isFinite();
                assertThat(statistics.populationVariance(c)).isNotNegative();
            }
        }
        ChannelMoments nothing = moments.subtract(moments);
        assertThat(nothing.isEmpty()).isTrue();
        assertThat(ChannelMoments.fromRecord(nothing.toRecord())).isEqualTo(nothing);
    }

    @BeforeAll
    static void loadClasses() {
        for (Reader reader : Reader.values()) {
            reader.genuine().forEach(bytes -> assertThat(reader.accepts(bytes)).isTrue());
        }
    }

    @Test
    void everyDamagedBitOfARecordIsFound() {
        for (byte[] record : Reader.RECORD.genuine()) {
            for (int bit = 0; bit < 8 * record.length; bit++) {
                assertThat(Reader.RECORD.accepts(flipped(record, bit)))
                        .as("bit %d", bit)
                        .isFalse();
            }
            for (int length = 0; length < record.length; length++) {
                assertThat(Reader.RECORD.accepts(Arrays.copyOf(record, length)))
                        .as("length %d", length)
                        .isFalse();
            }
        }
    }

    private static byte[] flipped(byte[] bytes, int bit) {
        byte[] flipped = bytes.clone();
        flipped[bit / 8] ^= (byte) (1 << bit % 8);
        return flipped;
    }

    @ParameterizedTest
    @EnumSource
    void everyFlippedBitBehindTheChecksumIsRefusedOrComputes(Reader reader) {
        int refused = 0;
        for (byte[] bytes : reader.genuine()) {
            for (int bit = 0; bit < 8 * bytes.length; bit++) {
                refused += reader.accepts(reader.repaired(flipped(bytes, bit))) ? 0 : 1;
            }
        }
        assertThat(refused).isPositive();
    }

    @ParameterizedTest
    @EnumSource
    void everyCutIsRefused(Reader reader) {
        for (byte[] bytes : reader.genuine()) {
            for (int length = 0; length < bytes.length; length++) {
                assertThat(reader.accepts(reader.repaired(Arrays.copyOf(bytes, length))))
                        .as("length %d", length)
                        .isFalse();
                assertThat(reader.accepts(reader.repaired(Arrays.copyOf(bytes, bytes.length + 1 + length))))
                        .as("length %d", bytes.length + 1 + length)
                        .isFalse();
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void everyHostileIntegerIsRefusedOrComputes(Reader reader) {
        for (byte[] bytes : reader.genuine()) {
            for (int at = 0; at + 4 <= bytes.length; at++) {
                for (int integer : INTEGERS) {
                    byte[] hostile = bytes.clone();
                    ByteBuffer.wrap(hostile).putInt(at, integer);
                    reader.accepts(reader.repaired(hostile));
                }
            }
        }
    }

    @Test
    void hostileSizesTakeNoMemory() {
        HexFormat hex = HexFormat.of();
        for (String bytes :
                List.of("", "7fffffff", "0fffffff0000", "00000000", "80000000", "ffffffff", "8000000000000001")) {
            for (Reader reader : Reader.values()) {
                long before = Allocation.bytes();
                assertThat(reader.accepts(hex.parseHex(bytes)))
                        .as("%s %s", reader, bytes)
                        .isFalse();
                assertThat(Allocation.bytes() - before).isLessThan(SLACK);
            }
        }
        // Numbers whose exponents are as far apart as they can be cost no more than others.
        byte[] large = new byte[2 + 4 + 4000 * 72 + 4];
        ByteBuffer out = ByteBuffer.wrap(large).put((byte) 1).put((byte) 1).putInt(4000);
        for (int c = 0; c < 4000; c++) {
            out.putLong(Long.MAX_VALUE - c).putDouble(Double.NaN).putDouble(Double.NaN);
            out.putLong(0).putLong(0).putLong(0);
            out.putInt(-33).putInt(1).putInt(1 + c);
            out.putInt(63).putInt(1).putInt(1);
        }
        assertThat(Reader.RECORD.accepts(MomentsRecordTest.sealed(large))).isTrue();
    }

    @Property(seed = "1", tries = 2000, shrinking = ShrinkingMode.OFF, edgeCases = EdgeCasesMode.NONE)
    void madeUpBytesAreRefusedOrCompute(@ForAll long seed) {
        tryMadeUpBytes(seed);
    }

    @Tag("full")
    @Property(tries = 200_000, shrinking = ShrinkingMode.OFF, edgeCases = EdgeCasesMode.NONE)
    void madeUpBytesAreRefusedOrComputeWithFreshSeeds(@ForAll long seed) {
        tryMadeUpBytes(seed);
    }

    private static void tryMadeUpBytes(long seed) {
        Random random = new Random(seed);
        Reader reader = Reader.values()[random.nextInt(Reader.values().length)];
        byte[] bytes;
        if (random.nextInt(4) == 0) {
            bytes = new byte[random.nextInt(300)];
            random.nextBytes(bytes);
            if (reader == Reader.RECORD && bytes.length > 6) {
                ByteBuffer.wrap(bytes)
                        .put((byte) 1)
                        .put((byte) random.nextInt(2))
                        .putInt(1 + random.nextInt(2));
            }
        } else {
            List<byte[]> genuine = reader.genuine();
            bytes = genuine.get(random.nextInt(genuine.size())).clone();
            for (int change = random.nextInt(4); change >= 0; change--) {
                bytes = changed(bytes, random);
            }
        }
        reader.accepts(reader.repaired(bytes));
    }

    private static byte[] changed(byte[] bytes, Random random) {
        if (bytes.length < 8) {
            return bytes;
        }
        int at = random.nextInt(bytes.length - 7);
        ByteBuffer out = ByteBuffer.wrap(bytes.clone());
        switch (random.nextInt(6)) {
            case 0 -> out.put(at, (byte) random.nextInt());
            case 1 -> out.putInt(at, INTEGERS[random.nextInt(INTEGERS.length)]);
            case 2 -> out.putInt(at, out.getInt(at) + random.nextInt(5) - 2);
            case 3 -> out.putLong(at, random.nextLong());
            case 4 -> {
                // Bytes of one place at another.
                int from = random.nextInt(bytes.length - 7);
                out.putLong(at, out.getLong(from));
            }
            default -> {
                byte[] longer = Arrays.copyOf(bytes, bytes.length + 4);
                System.arraycopy(bytes, at, longer, at + 4, bytes.length - at);
                return longer;
            }
        }
        return out.array();
    }
}
