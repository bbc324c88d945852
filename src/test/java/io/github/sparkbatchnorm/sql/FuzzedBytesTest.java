package io.github.sparkbatchnorm.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.spark.SharedSpark;
import io.github.sparkbatchnorm.spark.StateFiles;
import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32C;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Bytes of any origin give a value or one line that names the function, in every function that takes bytes. The column
 * b is what is tried, m is a record of two channels.
 */
class FuzzedBytesTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    private static final String MODELS = "spark.sql.catalog.bn.models";
    private static final com.sun.management.ThreadMXBean THREADS =
            (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** For classes that are loaded meanwhile, and messages. */
    private static final long SLACK = 4_000_000;

    private static final int TIMES_SIZE = 200;

    private static final int[] INTEGERS = {
        0, 1, -1, 2, 33, 34, 65, 66, -34, -35, -68, -69, 0x0FFF_FFFF, 1 << 28, 1 << 30, Integer.MAX_VALUE, 1 << 31
    };

    @TempDir
    transient Path models;

    @BeforeEach
    void writeState() throws IOException {
        spark().conf().set(MODELS, models.toString());
        StateFiles.write(
                BatchNormState.initial(2, BatchNormConfig.DEFAULT),
                models.resolve("two.json").toString(),
                new Configuration());
    }

    @AfterEach
    void forgetModels() {
        spark().conf().unset(MODELS);
    }

    private static ChannelMoments moments() {
        ChannelMoments.Accumulator sums = new ChannelMoments.Accumulator(2);
        sums.add(new double[] {1, 0x1p40}, SampleShape.channelsFirst(2));
        sums.add(new double[] {3.5, -0x1p-40}, SampleShape.channelsFirst(2));
        return sums.snapshot();
    }

    private static byte[] record() {
        return moments().toRecord();
    }

    /** Records of two channels and one of more. */
    private static List<byte[]> records() {
        ChannelMoments moments = moments();
        ChannelMoments.Accumulator wild = new ChannelMoments.Accumulator(2);
        wild.add(new double[] {Double.NaN, 1e300}, SampleShape.channelsFirst(2));
        wild.add(new double[] {7, Double.POSITIVE_INFINITY}, SampleShape.channelsFirst(2));
        ChannelMoments.Accumulator sparse = new ChannelMoments.Accumulator(5);
        sparse.addSparse(new int[] {1}, new double[] {-3}, SampleShape.channelsFirst(5));
        ChannelMoments many = moments;
        for (int bit = 1; bit < 62; bit++) {
            many = many.combine(many);
        }
        return List.of(
                record(),
                ChannelMoments.empty(2).toRecord(),
                moments.combine(moments).subtract(moments).toRecord(),
                wild.snapshot().toRecord(),
                sparse.snapshot().toRecord(),
                many.toRecord());
    }

    /** The record with its last four bytes made the checksum of the others. */
    private static byte[] sealed(byte[] record) {
        if (record.length < 4) {
            return record;
        }
        CRC32C crc = new CRC32C();
        crc.update(record, 0, record.length - 4);
        byte[] sealed = record.clone();
        ByteBuffer.wrap(sealed).putInt(record.length - 4, (int) crc.getValue());
        return sealed;
    }

    /** Tries bytes, and keeps count of what became of them. */
    private final class Trial {
        private final String expression;
        private final String function;
        private final CompiledCall call;
        private final byte[] record = record();
        private int accepted;
        private int refused;

        Trial(String expression) {
            this.expression = expression;
            function = expression.replaceFirst("bn\\.(\\w+)\\(.*", "$1");
            call = CompiledCall.of(spark(), expression);
        }

        void of(byte[] bytes) {
            byte[] before = bytes.clone();
            long allocated = THREADS.getCurrentThreadAllocatedBytes();
            try {
                Object value = call.of(bytes, record);
                accepted++;
                if (value instanceof byte[] made && function.startsWith("moments_")) {
                    ChannelMoments.fromRecord(made);
                }
            } catch (BatchNormException e) {
                refused++;
                assertThat(e.getMessage())
                        .as(() -> described(before))
                        .startsWith(function + ": ")
                        .doesNotContain("\n")
                        .hasSizeLessThan(500);
            } catch (Throwable e) {
                throw new AssertionError(described(before), e);
            }
            assertThat(THREADS.getCurrentThreadAllocatedBytes() - allocated)
                    .as(() -> described(before))
                    .isLessThan(SLACK + (long) TIMES_SIZE * bytes.length);
            assertThat(bytes).as(() -> described(before)).isEqualTo(before);
        }

        private String described(byte[] bytes) {
            return expression + " of " + HexFormat.of().formatHex(bytes);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "bn.moments_merge(b, m)",
                "bn.moments_merge(m, b)",
                "bn.moments_merge(b, b)",
                "bn.moments_subtract(b, m)",
                "bn.moments_subtract(m, b)",
                "bn.moments_describe(b)",
                "bn.moments_describe(b, 'ignore')",
                "bn.moments_merge_agg(b)",
                "bn.normalize(array(1D, -2D), b)",
                "bn.normalize(array(1D, -2D), b, 'ignore', 0)",
                "bn.normalize(X'0000803F00000040', b, 'float32')",
                "bn.denormalize(array(1D, -2D), b)",
                "bn.denormalize(struct(1D AS y, -2D AS z), b, 1)"
            })
    void recordsAreReadOrRefused(String expression) {
        Trial trial = new Trial(expression);
        for (byte[] record : records()) {
            trial.of(record);
            for (int length = 0; length < record.length; length++) {
                trial.of(Arrays.copyOf(record, length));
                trial.of(sealed(Arrays.copyOf(record, length)));
            }
        }
        byte[] record = records().get(2);
        for (int bit = 0; bit < 8 * record.length; bit++) {
            byte[] flipped = record.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            trial.of(bit % 8 == 0 ? flipped : sealed(flipped));
        }
        for (int at = 0; at + 4 <= record.length; at += 2) {
            for (int integer : INTEGERS) {
                byte[] hostile = record.clone();
                ByteBuffer.wrap(hostile).putInt(at, integer);
                trial.of(sealed(hostile));
            }
        }
        assertThat(trial.accepted).isPositive();
        assertThat(trial.refused).isPositive();
        tryRandomRecords(trial, 300, 1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "bn.moments_agg(b)",
                "bn.moments_agg(b, 'float64 ignore')",
                "bn.moments_agg(b, 'float32 2,1,3')",
                "bn.describe_agg(b)",
                "bn.describe_agg(b, '3,2 channels-last ignore')",
                "bn.normalize(b, m)",
                "bn.normalize(b, m, 'float64', 0)",
                "bn.normalize(b, array(1D, 2D), array(0D, 2D), 0)",
                "bn.denormalize(b, m, '2,3')",
                "bn.denormalize(b, array(1D, 2D), array(0D, 2D), 0, array(0D, 1D), array(5D, 5D))",
                "bn.two(b)",
                "bn.two(b, 'float64 ignore')",
                "bn.two_inverse(b)"
            })
    void tensorsAreReadOrRefused(String expression) {
        Trial trial = new Trial(expression);
        for (int length = 0; length < 60; length++) {
            trial.of(new byte[length]);
        }
        assertThat(trial.accepted).isPositive();
        assertThat(trial.refused).isPositive();
        tryRandomTensors(trial, 300, 1);
    }

    @ParameterizedTest
    @Tag("full")
    @ValueSource(
            strings = {
                "bn.moments_merge(b, m)",
                "bn.moments_merge(b, b)",
                "bn.moments_subtract(b, m)",
                "bn.moments_subtract(m, b)",
                "bn.moments_describe(b)",
                "bn.moments_merge_agg(b)",
                "bn.normalize(array(1D, -2D), b)",
                "bn.denormalize(array(1D, -2D), b)"
            })
    void recordsOfManySeedsAreReadOrRefused(String expression) {
        tryRandomRecords(new Trial(expression), 100_000, new Random().nextLong());
    }

    @ParameterizedTest
    @Tag("full")
    @ValueSource(
            strings = {
                "bn.moments_agg(b)",
                "bn.describe_agg(b, '3,2 channels-last ignore')",
                "bn.normalize(b, m, 'float64', 0)",
                "bn.denormalize(b, array(1D, 2D), array(0D, 2D), 0)",
                "bn.two(b)",
                "bn.two_inverse(b, 'float64')"
            })
    void tensorsOfManySeedsAreReadOrRefused(String expression) {
        tryRandomTensors(new Trial(expression), 100_000, new Random().nextLong());
    }

    private static void tryRandomTensors(Trial trial, int tries, long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < tries; i++) {
            byte[] bytes = new byte[random.nextInt(4) == 0 ? random.nextInt(100) : 8 * random.nextInt(1, 4)];
            random.nextBytes(bytes);
            trial.of(bytes);
        }
    }

    private static void tryRandomRecords(Trial trial, int tries, long seed) {
        Random random = new Random(seed);
        List<byte[]> records = records();
        for (int i = 0; i < tries; i++) {
            byte[] bytes = records.get(random.nextInt(records.size())).clone();
            if (random.nextInt(4) == 0) {
                bytes = new byte[random.nextInt(300)];
                random.nextBytes(bytes);
                if (bytes.length > 5) {
                    ByteBuffer.wrap(bytes)
                            .put((byte) 1)
                            .put((byte) random.nextInt(2))
                            .putInt(random.nextInt(3));
                }
            } else {
                for (int change = random.nextInt(4); change >= 0; change--) {
                    change(bytes, random);
                }
            }
            trial.of(random.nextInt(8) == 0 ? bytes : sealed(bytes));
        }
    }

    private static void change(byte[] bytes, Random random) {
        int at = random.nextInt(bytes.length - 7);
        ByteBuffer out = ByteBuffer.wrap(bytes);
        switch (random.nextInt(5)) {
            case 0 -> out.put(at, (byte) random.nextInt());
            case 1 -> out.putInt(at, INTEGERS[random.nextInt(INTEGERS.length)]);
            case 2 -> out.putInt(at, out.getInt(at) + random.nextInt(5) - 2);
            case 3 -> out.putLong(at, random.nextLong());
                // Bytes of one place at another.
            default -> out.putLong(at, out.getLong(random.nextInt(bytes.length - 7)));
        }
    }

    /** Spark's own error has the line, where the bytes are a constant and where they are in a table. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "bn.moments_merge(b, b)",
                "bn.moments_subtract(b, b)",
                "bn.moments_describe(b)",
                "bn.moments_merge_agg(b)",
                "bn.normalize(array(1D), b)",
                "bn.denormalize(array(1D), b)",
                "bn.moments_agg(b)",
                "bn.describe_agg(b)",
                "bn.two(b)",
                "bn.two_inverse(b)"
            })
    void aQueryThatFailsSaysTheLine(String expression) {
        String line = expression.substring("bn.".length(), expression.indexOf('(')) + ": ";
        for (String query : List.of(
                "SELECT " + expression.replace("b)", "X'010203')").replace("(b,", "(X'010203',"),
                "SELECT " + expression + " FROM (SELECT if(id < 2, X'010203', null) AS b FROM range(3))")) {
            assertThatThrownBy(() -> spark().sql(query).collectAsList())
                    .as(query)
                    .satisfies(e -> assertThat(linesOf(e)).anyMatch(text -> text.startsWith(line)))
                    .satisfies(e -> assertThat(String.valueOf(e.getMessage())).doesNotContain("INTERNAL_ERROR"));
        }
    }

    /** The messages of a failure of ours, or what Spark kept of them. */
    private static List<String> linesOf(Throwable failure) {
        List<String> lines = new ArrayList<>();
        String ours = BatchNormException.class.getName() + ": ";
        for (Throwable t = failure; t != null; t = t.getCause()) {
            if (t instanceof BatchNormException) {
                lines.add(t.getMessage());
            }
            String.valueOf(t.getMessage())
                    .lines()
                    .filter(text -> text.contains(ours))
                    .map(text -> text.substring(text.indexOf(ours) + ours.length()))
                    .forEach(lines::add);
        }
        return lines;
    }

    /** Two counts fit each, and not together: what is in all channels, and what is beyond it in some. */
    @Test
    void countsThatDoNotFitTogetherAreRefused() {
        ChannelMoments.Accumulator sparse = new ChannelMoments.Accumulator(9);
        sparse.addSparse(new int[] {5}, new double[] {1}, SampleShape.channelsFirst(9));
        ChannelMoments.Accumulator dense = new ChannelMoments.Accumulator(9);
        dense.add(new double[] {1, 1, 1, 1, 1, 1, 1, 1, 1}, SampleShape.channelsFirst(9));
        String a = "X'" + HexFormat.of().formatHex(often(sparse).toRecord()) + "'";
        String b = "X'" + HexFormat.of().formatHex(often(dense).toRecord()) + "'";
        for (int partitions : new int[] {1, 2}) {
            for (String expression : List.of(
                    "moments_merge(if(id >= 0, " + a + ", null), " + b + ")",
                    "moments_merge_agg(if(id = 0, " + a + ", " + b + "))")) {
                assertThatThrownBy(() -> spark().sql(
                                        "SELECT bn." + expression + " FROM range(0, 2, 1, " + partitions + ")")
                                .collectAsList())
                        .as(expression)
                        .satisfies(e -> assertThat(linesOf(e))
                                .contains(expression.substring(0, expression.indexOf('('))
                                        + ": a channel has more values than a count holds; expected at most "
                                        + Long.MAX_VALUE));
            }
        }
    }

    /** The moments of the same values 2^62 times. */
    private static ChannelMoments often(ChannelMoments.Accumulator once) {
        ChannelMoments many = once.snapshot();
        for (int bit = 0; bit < 62; bit++) {
            many = many.combine(many);
        }
        return many;
    }
}
