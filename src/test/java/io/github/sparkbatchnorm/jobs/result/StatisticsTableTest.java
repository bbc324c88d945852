package io.github.sparkbatchnorm.jobs.result;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.sparkbatchnorm.spark.DatasetStatistics;
import io.github.sparkbatchnorm.spark.Tensors;
import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The table and the JSON of {@code stats}. */
final class StatisticsTableTest {
    private static final IntFunction<String> NUMBERS = Integer::toString;

    @Test
    void threeChannelsAreThreeLines() {
        IntFunction<String> names = List.of("alcohol", "ash", "proline")::get;
        DatasetStatistics statistics =
                one(batch(null, new double[] {14.23, 2.43, 1065}, new double[] {13.2, 2.14, Double.NaN}));
        assertThat(StatisticsTable.render(statistics, names).lines())
                .containsExactly(
                        " channel | count |   mean | variance |  min |   max | NaN | infinite",
                        "---------+-------+--------+----------+------+-------+-----+----------",
                        " alcohol |     2 | 13.715 | 0.265225 | 13.2 | 14.23 |   0 |        0",
                        " ash     |     2 |  2.285 | 0.021025 | 2.14 |  2.43 |   0 |        0",
                        " proline |     2 |    NaN |      NaN | 1065 |  1065 |   1 |        0");
    }

    @Test
    void ofThreeThousandChannelsTheFirstAndTheLastAreShown() {
        String table = StatisticsTable.render(one(batch(null, new double[3000], new double[3000])), NUMBERS);
        assertThat(table.lines().count()).isEqualTo(24);
        assertThat(table)
                .contains(" 0       |", " 14      |", " 2999    |", "...")
                .doesNotContain(" 15      |")
                .endsWith("2980 of 3000 channels are left out here; --json FILE has all of them");
        assertThat(table.lines()).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(100));
    }

    @Test
    void fewBatchesAndChannelsAreALineEach() {
        DatasetStatistics statistics = of(
                batch(7L, new double[] {1, 2}, new double[] {3, 4}),
                batch(8L, new double[] {5, 6}, new double[] {7, 8}));
        assertThat(StatisticsTable.render(statistics, NUMBERS).lines())
                .containsExactly(
                        " batch | channel | count | mean | variance | min | max",
                        "-------+---------+-------+------+----------+-----+-----",
                        " 7     | 0       |     2 |    2 |        1 |   1 |   3",
                        " 7     | 1       |     2 |    3 |        1 |   2 |   4",
                        " 8     | 0       |     2 |    6 |        1 |   5 |   7",
                        " 8     | 1       |     2 |    7 |        1 |   6 |   8");
    }

    @Test
    void ofAThousandBatchesOfManyChannelsEachHasARange() {
        DatasetStatistics.Batch[] batches = new DatasetStatistics.Batch[1000];
        for (int i = 0; i < batches.length; i++) {
            batches[i] = batch("day " + i, ramp(64, i), ramp(64, i));
        }
        String table = StatisticsTable.render(of(batches), NUMBERS);
        assertThat(table)
                .contains(
                        " batch   | count | means, all channels | variances, all channels",
                        " day 0   |     2 |             0 to 63 |                       0",
                        " day 999 |     2 |         999 to 1062 |                       0")
                .endsWith("980 of 1000 batches are left out here; --json FILE has all of them");
        assertThat(table.lines().count()).isEqualTo(24);
    }

    @Test
    void longAndBrokenNamesStayInTheirLine() {
        IntFunction<String> names = channel -> "a\nvery " + "long ".repeat(20) + "name";
        assertThat(StatisticsTable.render(one(batch(null, new double[1])), names))
                .contains(" a very long long long long lo... |");
    }

    @Test
    void withoutRowsEveryCountIsZero() throws IOException {
        DatasetStatistics none = Tensors.statistics(2, false, List.of());
        DatasetStatistics noBatches = Tensors.statistics(2, true, List.of());
        assertThat(StatisticsTable.render(none, NUMBERS)).contains("| 0       |     0 |  NaN |".substring(1));
        assertThat(StatisticsTable.render(noBatches, NUMBERS).lines()).hasSize(2);
        assertThat(json(none))
                .isEqualTo("{\"num_features\":2,\"count\":[0,0],\"mean\":[\"NaN\",\"NaN\"],"
                        + "\"variance\":[\"NaN\",\"NaN\"],\"sample_variance\":[\"NaN\",\"NaN\"],"
                        + "\"min\":[\"NaN\",\"NaN\"],\"max\":[\"NaN\",\"NaN\"],\"nan\":[0,0],\"infinite\":[0,0]}\n");
        assertThat(json(noBatches)).isEqualTo("{\"batches\":[]}\n");
    }

    @Test
    void jsonHasEveryBatchWithItsKeyAndIsReadBackToTheSameBits() throws IOException {
        double third = 1.0 / 3;
        DatasetStatistics statistics = of(
                batch(-5L, new double[] {third}, new double[] {Double.POSITIVE_INFINITY}),
                batch("a \"b\"", new double[] {Double.MIN_VALUE}));
        JsonNode batches = new ObjectMapper().readTree(json(statistics)).get("batches");
        JsonNode first = batches.get(0);
        assertThat(first.fieldNames())
                .toIterable()
                .containsExactly(
                        "batch",
                        "num_features",
                        "count",
                        "mean",
                        "variance",
                        "sample_variance",
                        "min",
                        "max",
                        "nan",
                        "infinite");
        assertThat(first.get("batch").isIntegralNumber()).isTrue();
        assertThat(first.get("batch").longValue()).isEqualTo(-5);
        assertThat(first.get("min").get(0).doubleValue()).isEqualTo(third);
        assertThat(first.get("max").get(0).textValue()).isEqualTo("Infinity");
        assertThat(first.get("mean").get(0).textValue()).isEqualTo("Infinity");
        assertThat(first.get("variance").get(0).textValue()).isEqualTo("NaN");
        assertThat(first.get("infinite").get(0).longValue()).isEqualTo(1);
        assertThat(batches.get(1).get("batch").textValue()).isEqualTo("a \"b\"");
        assertThat(batches.get(1).get("mean").get(0).doubleValue()).isEqualTo(Double.MIN_VALUE);
    }

    private static double[] ramp(int length, double start) {
        double[] values = new double[length];
        for (int i = 0; i < length; i++) {
            values[i] = start + i;
        }
        return values;
    }

    private static String json(DatasetStatistics statistics) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        StatisticsJson.write(statistics, out);
        return out.toString(StandardCharsets.UTF_8);
    }

    private static DatasetStatistics of(DatasetStatistics.Batch... batches) {
        return Tensors.statistics(batches[0].statistics().channels(), true, List.of(batches));
    }

    private static DatasetStatistics one(DatasetStatistics.Batch batch) {
        return Tensors.statistics(batch.statistics().channels(), false, List.of(batch));
    }

    private static DatasetStatistics.Batch batch(@Nullable Object label, double[]... samples) {
        ChannelMoments.Accumulator moments = new ChannelMoments.Accumulator(samples[0].length);
        List<double[]> all = new ArrayList<>(List.of(samples));
        all.forEach(sample -> moments.add(sample, SampleShape.channelsFirst(sample.length)));
        ChannelStatistics statistics = moments.snapshot().statistics();
        return new DatasetStatistics.Batch(label, statistics);
    }
}
