package io.github.sparkbatchnorm.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.sparkbatchnorm.layer.BatchNormState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;

/** The commands from end to end, on real data. */
final class MainTest extends CommandTest {
    private static final long serialVersionUID = 1L;

    private static final String WINE_COLUMNS =
            "alcohol,malic_acid,ash,alcalinity_of_ash,magnesium,total_phenols,flavanoids,nonflavanoid_phenols,"
                    + "proanthocyanins,color_intensity,hue,od280_od315_of_diluted_wines,proline";
    private static final String DIGITS = "jobs/examples/digits.jsonl";

    @Test
    void theWineDataSetIsNormalized() throws IOException {
        CommandRun run = run("normalize --mode train --input " + WINE + " --columns " + WINE_COLUMNS
                + " --output DIR/wine --state-out DIR/state.json");
        assertThat(run.result("rows")).isEqualTo("178");
        assertThat(run.result("channels")).isEqualTo("13");
        assertThat(run.result("batches")).isEqualTo("1");
        assertThat(run.result("digest")).matches("sha256:[0-9a-f]{64}");
        assertThat(run.result("output")).isEqualTo(directory + "/wine (csv)");
        assertThat(run.result("state")).isEqualTo(directory + "/state.json");
        assertThat(run.result("time")).endsWith(" s");

        Dataset<Row> before = read("csv", Path.of(WINE));
        Dataset<Row> after = read("csv", directory.resolve("wine"));
        assertThat(after.columns()).isEqualTo(before.columns());
        assertThat(cultivars(after)).isEqualTo(cultivars(before));
        run("stats --input DIR/wine --format csv --columns " + WINE_COLUMNS + " --json DIR/after.json");
        JsonNode statistics = json("after.json");
        BatchNormState state = state("state.json");
        for (int c = 0; c < 13; c++) {
            assertThat(statistics.get("mean").get(c).doubleValue()).isCloseTo(0, within(1e-14));
            double variance = (state.runningVar()[c] - 0.9) / 0.1 * 177 / 178;
            assertThat(statistics.get("variance").get(c).doubleValue())
                    .isCloseTo(variance / (variance + 1e-5), within(1e-9));
        }
        assertThat(state.numBatchesTracked()).isEqualTo(1);
    }

    @Test
    void evaluationUsesTheStateAndCountsRows() throws IOException {
        run("fit --momentum none --input " + WINE + " --columns alcohol,proline --state-out DIR/state.json");
        String stateBefore = Files.readString(directory.resolve("state.json"));
        CommandRun run = run("normalize --mode eval --state-in DIR/state.json --input " + WINE
                + " --columns alcohol,proline --output DIR/eval");
        assertThat(run.result("rows")).isEqualTo("178");
        assertThat(run.result("channels")).isEqualTo("2");
        assertThat(run.out()).doesNotContain("digest");
        assertThat(directory.resolve("state.json")).hasContent(stateBefore);
        BatchNormState state = state("state.json");
        Row first = read("csv", directory.resolve("eval")).first();
        double expected = (14.23 - state.runningMean()[0]) / Math.sqrt(state.runningVar()[0] + 1e-5);
        assertThat(first.<Double>getAs("alcohol")).isCloseTo(expected, within(1e-13));
    }

    @Test
    void imagesOfDigitsAreBatchesByLabel() throws IOException {
        CommandRun run =
                run("normalize --mode train --input " + DIGITS + " --column x --shape 1,8,8 --module BatchNorm2d"
                        + " --batch-column label --output DIR/digits --state-out DIR/state.json");
        assertThat(run.result("batches")).isEqualTo("10");
        assertThat(run.result("output")).endsWith("(json)");
        assertThat(state("state.json").numBatchesTracked()).isEqualTo(10);
        Dataset<Row> after = read("json", directory.resolve("digits"));
        assertThat(after.columns()).containsExactlyInAnyOrder("id", "label", "x", "x_normalized");
        assertThat(after.count()).isEqualTo(1797);
        run("stats --input DIR/digits --format json --column x_normalized --shape 1,8,8 --batch-column label"
                + " --json DIR/after.json");
        for (JsonNode batch : json("after.json").get("batches")) {
            assertThat(batch.get("batch").isIntegralNumber()).isTrue();
            assertThat(batch.get("mean").get(0).doubleValue()).isCloseTo(0, within(1e-14));
            assertThat(batch.get("variance").get(0).doubleValue()).isCloseTo(1, within(1e-6));
        }
    }

    @Test
    void theDigestIsTheSameForEveryCommandAndFormat() throws IOException {
        String digest = run("stats --input " + WINE + " --columns alcohol,ash").result("digest");
        assertThat(run("fit --input " + WINE + " --columns alcohol,ash --state-out DIR/s.json")
                        .result("digest"))
                .isEqualTo(digest);
        Dataset<Row> wine = read("csv", Path.of(WINE)).selectExpr("array(alcohol, ash) AS x", "alcohol", "ash");
        for (String format : List.of("parquet", "orc", "json")) {
            wine.repartition(7)
                    .write()
                    .format(format)
                    .save(directory.resolve(format).toString());
            String input = " --input DIR/" + format + " --format " + format + " --expect-digest " + digest;
            assertThat(run("normalize --mode train --column x --output DIR/train-" + format + input)
                            .result("output"))
                    .endsWith("(" + format + ")");
            assertThat(run("stats --columns alcohol,ash" + input).result("digest"))
                    .isEqualTo(digest);
        }
        wine.createOrReplaceTempView("wine_view");
        run("stats --input wine_view --format table --column x --expect-digest " + digest);
    }

    @Test
    void batchStatisticsInEvaluationGiveWhatTrainingGives() {
        writeSample("in");
        run("normalize --mode train --input DIR/in --column x --batch-column b --output DIR/train");
        CommandRun run =
                run("normalize --mode eval --no-track --input DIR/in --column x --batch-column b --output DIR/e");
        assertThat(run.out()).contains("digest: sha256:");
        assertDataFrameEquals(
                read("parquet", directory.resolve("train")).sort("id"),
                read("parquet", directory.resolve("e")).sort("id"));
    }

    @Test
    void noRowsGiveAnEmptyOutputAndAnUnchangedState() throws IOException {
        spark().sql("SELECT id, array(1.0D) AS x FROM range(0)").write().parquet(directory + "/in");
        run("normalize --mode train --input DIR/in --column x --shape 1 --output DIR/out --state-out DIR/state.json");
        assertThat(state("state.json").numBatchesTracked()).isZero();
        Dataset<Row> out = read("parquet", directory.resolve("out"));
        assertThat(out.schema().simpleString())
                .isEqualTo("struct<id:bigint,x:array<double>,x_normalized:array<double>>");
        assertThat(out.isEmpty()).isTrue();
        assertThat(run("stats --input DIR/in --column x --shape 2 --json DIR/none.json")
                        .result("batches"))
                .isEqualTo("0");
        assertThat(json("none.json").get("count").toString()).isEqualTo("[0,0]");
        CommandRun eval =
                run("normalize --mode eval --input DIR/in --column x --state-in DIR/state.json --output DIR/e");
        assertThat(eval.result("rows")).isEqualTo("0");
    }

    @Test
    void rowsOfNullCellsAreKeptAndAreNoBatch() throws IOException {
        spark().sql("SELECT id, id % 2 AS b, if(id % 2 = 0, NULL, double(id)) AS u, if(id % 2 = 0, NULL, id) AS v FROM"
                        + " range(8)")
                .write()
                .parquet(directory + "/in");
        CommandRun run = run("normalize --mode train --handle-invalid keep --columns u,v --batch-column b"
                + " --input DIR/in --output DIR/out");
        assertThat(run.result("batches")).isEqualTo("1");
        assertThat(read("parquet", directory.resolve("out"))
                        .where("u IS NULL AND v IS NULL")
                        .count())
                .isEqualTo(4);
        run("backward --mode train --handle-invalid keep --columns u --grad-columns v --batch-column b"
                + " --input DIR/in --output DIR/backward --gradients DIR/g.json");
        assertThat(json("g.json").get("batches")).hasSize(1);
        spark().sql("SELECT double(NULL) AS u, id FROM range(3)").write().parquet(directory + "/nulls");
        run("normalize --mode train --handle-invalid keep --columns u --input DIR/nulls --output DIR/nothing");
        assertThat(read("parquet", directory.resolve("nothing"))
                        .where("u IS NULL")
                        .count())
                .isEqualTo(3);
    }

    @Test
    void theSessionOfTheCallerGoesOn() {
        SparkSession session = spark();
        run("stats --input " + WINE + " --columns ash");
        assertThat(session.sparkContext().isStopped()).isFalse();
        assertThat(session.sparkContext().getLocalProperty("spark.job.description"))
                .isNull();
    }

    private static List<Integer> cultivars(Dataset<Row> wine) {
        return wine.select("cultivar").collectAsList().stream()
                .map(row -> row.getInt(0))
                .toList();
    }
}
