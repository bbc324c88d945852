package io.github.sparkbatchnorm.regression.generate;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.layer.Dtype;
import io.github.sparkbatchnorm.regression.exact.ExactAccumulator;
import io.github.sparkbatchnorm.regression.exact.ExactMoments;
import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.SampleShape;
import io.github.sparkbatchnorm.stats.StatisticsDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The rows themselves, without a session: their statistics, one by one, are those in closed form. */
final class GeneratedRowsTest {
    private static final SampleShape SPATIAL = SampleShape.channelsFirst(6, 2, 3);
    private static final SampleShape FLAT = SampleShape.channelsFirst(7);

    private static SampleShape shapeOf(Kind kind) {
        return kind == Kind.COLUMNS ? FLAT : SPATIAL;
    }

    private static GeneratorOptions options(Kind kind, long rows) {
        return GeneratorOptions.of(rows, shapeOf(kind), 11).withKind(kind);
    }

    /** Up to 60 rows, with and without batches, nulls and values that are not finite. */
    private static GeneratorOptions anyOf(Kind kind, Dtype dtype, Profile profile, SplittableRandom random) {
        int rows = random.nextInt(1, 60);
        int batches = random.nextInt(3) == 0 ? 0 : random.nextInt(1, Math.min(rows, 5) + 1);
        return new GeneratorOptions(
                rows,
                shapeOf(kind),
                random.nextLong(),
                kind,
                dtype,
                profile,
                batches,
                batches > 0 && random.nextBoolean(),
                random.nextBoolean() ? 0 : random.nextInt(1, 20),
                random.nextBoolean() ? 0 : random.nextInt(1, 9),
                0,
                1,
                random.nextBoolean());
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void sumsOfAllValuesAreThoseInClosedForm(Kind kind) {
        SplittableRandom random = new SplittableRandom(kind.name().hashCode());
        for (Dtype dtype : Dtype.values()) {
            for (Profile profile : Profile.values()) {
                for (int run = 0; run < 5; run++) {
                    assertClosedForm(anyOf(kind, dtype, profile, random));
                }
            }
        }
    }

    private static void assertClosedForm(GeneratorOptions options) {
        ExpectedStatistics expected = ExpectedStatistics.of(options);
        TreeMap<Long, ExactAccumulator[]> x = new TreeMap<>();
        TreeMap<Long, ExactAccumulator[]> dy = new TreeMap<>();
        TreeMap<Long, ChannelMoments.Accumulator> library = new TreeMap<>();
        long rows = 0;
        for (Row row : GeneratedValues.rows(options)) {
            long batch = GeneratedValues.batch(row, options);
            double[] values = GeneratedValues.x(row, options);
            if (values == null) {
                continue;
            }
            rows++;
            add(values, batch, options, x);
            library.computeIfAbsent(batch, b -> new ChannelMoments.Accumulator(expected.channels()))
                    .add(values, options.shape());
            if (options.gradients()) {
                add(GeneratedValues.dy(row, options), batch, options, dy);
            }
        }
        assertThat(rows).describedAs("%s", options).isEqualTo(expected.rows());
        for (long batch = 0; batch < expected.batches(); batch++) {
            assertThat(x.containsKey(batch)).describedAs("%s", options).isEqualTo(expected.rows(batch) > 0);
            for (int c = 0; c < expected.channels(); c++) {
                ExactMoments moments = expected.moments(batch, c);
                assertMoments(options, moments, x.get(batch), c);
                if (options.gradients()) {
                    assertMoments(options, moments, dy.get(batch), c);
                }
            }
        }
        StatisticsDigest digest = new StatisticsDigest(expected.channels());
        library.forEach((batch, moments) -> {
            byte[] hash = StatisticsDigest.ofBatch(moments.snapshot());
            if (expected.isByBatch()) {
                digest.add(batch, hash);
            } else {
                digest.add(hash);
            }
        });
        assertThat(expected.digest()).describedAs("%s", options).isEqualTo(digest.finish());
    }

    private static void add(
            double[] sample, long batch, GeneratorOptions options, Map<Long, ExactAccumulator[]> batches) {
        ExactAccumulator[] channels = batches.computeIfAbsent(batch, b -> {
            ExactAccumulator[] fresh = new ExactAccumulator[options.shape().channels()];
            Arrays.setAll(fresh, c -> new ExactAccumulator());
            return fresh;
        });
        for (int i = 0; i < sample.length; i++) {
            channels[options.shape().channelOf(i)].add(sample[i]);
        }
    }

    private static void assertMoments(
            GeneratorOptions options, ExactMoments expected, ExactAccumulator[] channels, int c) {
        ExactMoments found = channels == null ? ExactMoments.NONE : channels[c].moments();
        String what = options + ", channel " + c;
        assertThat(found.sum()).describedAs(what).isEqualByComparingTo(expected.sum());
        assertThat(found.sumOfSquares()).describedAs(what).isEqualByComparingTo(expected.sumOfSquares());
        assertThat(new Object[] {
                    found.count(),
                    found.nan(),
                    found.positiveInfinite(),
                    found.negativeInfinite(),
                    found.min(),
                    found.max(),
                    found.mean(),
                    found.variance(),
                    found.sampleVariance()
                })
                .describedAs(what)
                .containsExactly(
                        expected.count(),
                        expected.nan(),
                        expected.positiveInfinite(),
                        expected.negativeInfinite(),
                        expected.min(),
                        expected.max(),
                        expected.mean(),
                        expected.variance(),
                        expected.sampleVariance());
    }

    /** The grids of 16 bits repeat, too, where a channel has more than 65536 values. */
    @Test
    void sumsOfWholePeriodsAndARemainderAreThoseInClosedForm() {
        for (Dtype dtype : Dtype.values()) {
            GeneratorOptions options = GeneratorOptions.of(30, SampleShape.channelsFirst(6, 5000), 1)
                    .withKind(Kind.BINARY)
                    .withDtype(dtype)
                    .withProfile(Profile.MIXED);
            assertClosedForm(options);
            assertClosedForm(
                    options.withBatches(2, true).withNonFiniteEvery(70_001).withNullEvery(15));
        }
    }

    @Test
    void everyKindButSparseHasTheSameValues() {
        GeneratorOptions array =
                options(Kind.ARRAY, 40).withNullEvery(5).withNonFiniteEvery(7).withGradients(true);
        for (Kind kind : List.of(Kind.NESTED, Kind.VECTOR, Kind.BINARY)) {
            assertThat(values(array.withKind(kind))).describedAs("%s", kind).isEqualTo(values(array));
        }
        GeneratorOptions flat = GeneratorOptions.of(40, FLAT, 1);
        assertThat(values(flat.withKind(Kind.COLUMNS))).isEqualTo(values(flat));
    }

    @Test
    void sparseSamplesHaveTheSameValuesButForTheAbsentOnes() {
        GeneratorOptions array = options(Kind.ARRAY, 300);
        List<Row> dense = GeneratedValues.rows(array);
        List<Row> sparse = GeneratedValues.rows(array.withKind(Kind.SPARSE));
        int absent = 0;
        for (int row = 0; row < 300; row++) {
            double[] expected = GeneratedValues.x(dense.get(row), array);
            double[] found = GeneratedValues.x(sparse.get(row), array);
            for (int i = 0; i < expected.length; i++) {
                if (found[i] == 0) {
                    absent++;
                } else {
                    assertThat(found[i]).isEqualTo(expected[i]);
                }
            }
        }
        assertThat(absent).isEqualTo(300 * SPATIAL.length() * 9 / 10);
    }

    /** The values of x, a text for each row. */
    private static List<String> values(GeneratorOptions options) {
        return GeneratedValues.rows(options).stream()
                .map(row -> Arrays.toString(GeneratedValues.x(row, options)))
                .toList();
    }

    private static List<String> texts(List<Row> rows) {
        return rows.stream()
                .map(row -> {
                    Object[] cells = new Object[row.size()];
                    Arrays.setAll(cells, row::get);
                    return Arrays.deepToString(cells);
                })
                .toList();
    }

    @Test
    void rowsAreTheSameWhereverAPartitionStarts() {
        for (boolean interleaved : new boolean[] {false, true}) {
            GeneratorOptions options = options(Kind.ARRAY, 97)
                    .withBatches(7, interleaved)
                    .withNullEvery(6)
                    .withGradients(true);
            List<String> whole = texts(GeneratedValues.rows(options));
            for (int partitions : new int[] {2, 5, 97, 120}) {
                RowRanges ranges = new RowRanges(97, partitions, 3);
                List<String> parts = new ArrayList<>();
                for (int p = partitions - 1; p >= 0; p--) {
                    parts.addAll(0, texts(GeneratedValues.rows(options, ranges.from(p), ranges.from(p + 1L))));
                }
                assertThat(parts).isEqualTo(whole);
            }
        }
    }

    @Test
    void eachOptionThatDescribesTheDataChangesItsRows() {
        GeneratorOptions options = GeneratorOptions.of(1_000_000, FLAT, 1);
        Set<String> different = new HashSet<>();
        List<GeneratorOptions> others = List.of(
                options,
                GeneratorOptions.of(10_000_000, FLAT, 1), // the first is no prefix of it
                GeneratorOptions.of(1_000_000, FLAT, 2),
                GeneratorOptions.of(1_000_000, SampleShape.channelsFirst(7, 1), 1),
                options.withDtype(Dtype.FLOAT64),
                options.withProfile(Profile.HUGE),
                options.withBatches(2, false),
                options.withBatches(2, true),
                options.withNonFiniteEvery(1_000_000),
                options.withNullEvery(1_000_000));
        for (GeneratorOptions other : others) {
            List<Row> rows = GeneratedValues.rows(other, 0, 20);
            different.add(rows.stream()
                    .map(row -> Arrays.toString(GeneratedValues.x(row, other)))
                    .toList()
                    .toString());
        }
        assertThat(different).hasSameSizeAs(others);
        assertThat(texts(GeneratedValues.rows(options.withPartitions(9, 4), 0, 20)))
                .isEqualTo(texts(GeneratedValues.rows(options, 0, 20)));
    }

    @Test
    void aNullRowIsNullInAllColumnsOfXAndDy() {
        Map<Kind, Integer> nulls = new EnumMap<>(Kind.class);
        for (Kind kind : Kind.values()) {
            GeneratorOptions options = options(kind, 30).withNullEvery(3).withGradients(true);
            for (Row row : GeneratedValues.rows(options)) {
                assertThat(row.isNullAt(0)).isFalse();
                for (int i = 1; i < row.size(); i++) {
                    assertThat(row.isNullAt(i)).isEqualTo(row.isNullAt(1));
                }
                nulls.merge(kind, row.isNullAt(1) ? 1 : 0, Integer::sum);
            }
        }
        assertThat(nulls.values()).hasSize(6).containsOnly(10);
    }

    @Test
    void xAndDyAreDifferent() {
        GeneratorOptions options = options(Kind.ARRAY, 50).withGradients(true);
        for (Row row : GeneratedValues.rows(options)) {
            assertThat(GeneratedValues.x(row, options)).isNotEqualTo(GeneratedValues.dy(row, options));
        }
    }

    @Test
    void nanIsTheCanonicalOne() {
        GeneratorOptions options = options(Kind.BINARY, 4).withNonFiniteEvery(1).withDtype(Dtype.FLOAT64);
        int found = 0;
        for (Row row : GeneratedValues.rows(options)) {
            for (double value : GeneratedValues.x(row, options)) {
                if (Double.isNaN(value)) {
                    found++;
                    assertThat(Double.doubleToRawLongBits(value)).isEqualTo(0x7ff8000000000000L);
                }
            }
        }
        assertThat(found).isEqualTo(4 * SPATIAL.length() / 3);
    }
}
