package io.github.sparkbatchnorm.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.sparkbatchnorm.io.StateJson;
import io.github.sparkbatchnorm.jobs.console.ExitCode;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.spark.SharedSpark;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import javax.imageio.ImageIO;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.hadoop.util.HadoopInputFile;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands from end to end, on real data and every format. */
final class MainTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    private static final String WINE = "jobs/examples/wine.csv";
    private static final String WINE_COLUMNS =
            "alcohol,malic_acid,ash,alcalinity_of_ash,magnesium,total_phenols,flavanoids,nonflavanoid_phenols,"
                    + "proanthocyanins,color_intensity,hue,od280_od315_of_diluted_wines,proline";
    private static final String DIGITS = "jobs/examples/digits.jsonl";

    @TempDir
    Path directory;

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
    void inputAndOutputMayBeTheSame() {
        writeSample("in");
        run("normalize --mode train --input DIR/in --column x --output DIR/in --overwrite");
        assertThat(read("parquet", directory.resolve("in")).columns()).containsExactly("id", "x", "b", "x_normalized");
        CommandRun.ofWords("normalize --mode train --column x --input %s/in --output %s/in --overwrite"
                        .replace("%s", directory + ""))
                .fails(ExitCode.USAGE, "has a column x_normalized already");
        run("normalize --mode train --input DIR/in --column x --output-column again --output DIR/in --overwrite");
        assertThat(read("parquet", directory.resolve("in")).columns()).endsWith("x_normalized", "again");
    }

    @Test
    void aStateMayReplaceTheOneItGoesOnFrom() throws IOException {
        writeSample("in");
        run("fit --input DIR/in --column x --state-out DIR/state.json");
        run("fit --input DIR/in --column x --state-in DIR/state.json --state-out DIR/./state.json");
        run("normalize --mode train --input DIR/in --column x --state-in DIR/state.json --state-out DIR/state.json"
                + " --output DIR/out");
        assertThat(state("state.json").numBatchesTracked()).isEqualTo(3);
        run("fit --no-track --input DIR/in --column x --state-in DIR/state.json --state-out DIR/same.json");
        assertThat(directory.resolve("same.json")).hasSameTextualContentAs(directory.resolve("state.json"));
        assertThat(directory.toFile().list()).containsExactlyInAnyOrder("in", "out", "state.json", "same.json");
    }

    @Test
    void jsonOnStandardOutputIsAloneThere() throws IOException {
        String words = "stats --input " + WINE + " --columns alcohol,ash";
        run(words + " --json DIR/s.json");
        CommandRun alone = CommandRun.ofWords(words + " --json -");
        assertThat(alone.exit()).isZero();
        assertThat(alone.out()).isEqualTo(Files.readString(directory.resolve("s.json")));
        assertThat(alone.err())
                .contains(" alcohol | ", "digest: sha256:", "rows: 178", "time: ")
                .doesNotContain("json:");
        assertThat(directory.toFile().list()).containsExactly("s.json");
        CommandRun.ofWords(words + " --json - --expect-digest sha256:" + "0".repeat(64))
                .fails(ExitCode.FAILED, "digest");
    }

    @Test
    void gradientsOnStandardOutputAreAloneThere() throws IOException {
        String words = "backward --mode train --input " + WINE + " --columns alcohol --grad-columns ash --output DIR/";
        run(words + "one --gradients DIR/g.json");
        CommandRun alone = CommandRun.ofWords((words + "two --gradients -").replace("DIR", directory.toString()));
        assertThat(alone.exit()).isZero();
        assertThat(alone.out()).isEqualTo(Files.readString(directory.resolve("g.json")));
        assertThat(alone.err()).contains("rows: 178", "output: " + directory + "/two (csv)");
        assertThat(directory.toFile().list()).containsExactlyInAnyOrder("one", "two", "g.json");
    }

    @Test
    void aStandardOutputThatTakesNothingIsAnError() {
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        OutputStream full = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("No space left on device");
            }
        };
        int exit = Main.run(
                ("stats --json - --columns alcohol --input " + WINE).split(" "),
                new PrintStream(full),
                new PrintStream(err, true, StandardCharsets.UTF_8));
        assertThat(exit).isEqualTo(ExitCode.FAILED);
        assertThat(err.toString(StandardCharsets.UTF_8).lines().filter(line -> line.startsWith("error: ")))
                .containsExactly("error: --json - cannot be written: standard output is closed or full; nothing was"
                        + " changed");
    }

    @Test
    void outputsBehindLinksAreReplaced() throws IOException {
        writeSample("in");
        run("normalize --mode train --input DIR/in --column x --output DIR/real-out --state-out DIR/real.json");
        Path state = Files.createSymbolicLink(directory.resolve("state.json"), Path.of("real.json"));
        Path output = Files.createSymbolicLink(directory.resolve("out"), Path.of("real-out"));
        Files.setPosixFilePermissions(state, PosixFilePermissions.fromString("rw-------"));
        CommandRun.ofWords("fit --input %s/in --column x --state-out %s/state.json".replace("%s", directory + ""))
                .fails(ExitCode.FAILED, "--state-out file:" + directory + "/real.json exists");
        run("normalize --mode train --input DIR/in --column x --batch-column b --output DIR/out"
                + " --state-in DIR/real.json --state-out DIR/state.json --overwrite");
        assertThat(List.of(state, output)).allMatch(Files::isSymbolicLink);
        assertThat(state("real.json").numBatchesTracked()).isEqualTo(4);
        assertThat(Files.getPosixFilePermissions(directory.resolve("real.json")))
                .isEqualTo(PosixFilePermissions.fromString("rw-------"));
        run("fit --input DIR/in --column x --state-in DIR/real.json --state-out DIR/state.json");
        assertThat(directory.toFile().list())
                .containsExactlyInAnyOrder("in", "out", "real-out", "state.json", "real.json");
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
    void jsonKeepsColumnsThatAreNull() {
        spark().sql("SELECT id, array(double(id)) AS x, string(NULL) AS empty FROM range(3)")
                .write()
                .parquet(directory + "/in");
        run("normalize --mode train --input DIR/in --column x --output DIR/out --output-format json");
        assertThat(read("json", directory.resolve("out")).columns()).contains("id", "x", "empty", "x_normalized");
    }

    @Test
    void realPicturesAreTensors() throws IOException {
        Path pictures = Files.createDirectory(directory.resolve("pictures"));
        for (int i = 0; i < 3; i++) {
            BufferedImage picture = new BufferedImage(4 + i, 3, BufferedImage.TYPE_INT_RGB);
            for (int w = 0; w < picture.getWidth(); w++) {
                picture.setRGB(w, 1, 0x102030 * (w + i));
            }
            ImageIO.write(picture, "png", pictures.resolve(i + ".png").toFile());
        }
        Files.writeString(pictures.resolve("broken.png"), "no picture");
        CommandRun run = run("normalize --mode train --format image --handle-invalid keep --input DIR/pictures"
                + " --output DIR/out");
        assertThat(run.result("rows")).isEqualTo("3");
        assertThat(run.result("channels")).isEqualTo("3");
        Dataset<Row> out = read("parquet", directory.resolve("out"));
        assertThat(out.schema().apply("image_normalized").dataType())
                .isEqualTo(DataTypes.createArrayType(DataTypes.DoubleType, true));
        assertThat(out.selectExpr("coalesce(size(image_normalized), -1) AS n").sort("n").collectAsList().stream()
                        .map(row -> row.getInt(0)))
                .containsExactly(-1, 36, 45, 54);
        run("stats --input DIR/pictures/0.png --input DIR/pictures/1.png");
    }

    @Test
    void libsvmHasAColumnOfItsOwn() throws IOException {
        Files.writeString(directory.resolve("rows.libsvm"), "1 1:0.5 3:2.0\n0 2:1.5\n1 1:1.0 2:2.0 3:3.0\n");
        CommandRun run = run("normalize --mode train --input DIR/rows.libsvm --output DIR/out");
        assertThat(run.result("channels")).isEqualTo("3");
        Row row = read("parquet", directory.resolve("out")).where("label = 0").first();
        assertThat(row.<Vector>getAs("features_normalized").size()).isEqualTo(3);
    }

    @Test
    void severalCompressedFilesWithOptionsAreRead() throws IOException {
        for (String name : List.of("a", "b")) {
            try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(directory.resolve(name + ".csv.gz")))) {
                out.write("u;v\n1;2\n3;5\n".getBytes(StandardCharsets.UTF_8));
            }
        }
        CommandRun run = run("stats --input DIR/a.csv.gz --input DIR/b.csv.gz --option sep=; --columns u,v");
        assertThat(run.result("rows")).isEqualTo("4");
        assertThat(run.out()).contains(" u       |     4 |    2 |        1 |   1 |   3");
    }

    @Test
    void theDefaultsForCsvGiveWayToOptions() throws IOException {
        Files.writeString(directory.resolve("a.csv"), "1,2\n3,5\n");
        CommandRun run = run("stats --input DIR/a.csv --option HEADER=false --columns _c0,_c1");
        assertThat(run.result("rows")).isEqualTo("2");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--column x", "--columns u,v", "--column m"})
    void normalizedColumnsHaveNoDictionary(String columns) throws IOException {
        spark().sql("SELECT id, array(float(id % 5), 1F) AS x, float(id % 5) AS u, double(id % 5) AS v,"
                        + " array(array(double(id % 5))) AS m FROM range(1000)")
                .write()
                .parquet(directory + "/in");
        run("normalize --mode train --input DIR/in --output DIR/out " + columns);
        run("normalize --mode train --input DIR/in --output DIR/dictionary --output-option"
                + " parquet.enable.dictionary=true " + columns);
        List<String> ours = columns.equals("--columns u,v") ? List.of("u", "v") : List.of(columns.substring(9) + "_n");
        assertThat(dictionaryColumns("out")).isNotEmpty().noneMatch(path -> ours.stream()
                .anyMatch(path::startsWith));
        assertThat(dictionaryColumns("dictionary"))
                .anyMatch(path -> ours.stream().anyMatch(path::startsWith));
    }

    @Test
    void theSessionOfTheCallerGoesOn() {
        SparkSession session = spark();
        run("stats --input " + WINE + " --columns ash");
        assertThat(session.sparkContext().isStopped()).isFalse();
        assertThat(session.sparkContext().getLocalProperty("spark.job.description"))
                .isNull();
    }

    private CommandRun run(String words) {
        return CommandRun.ofWords(words.replace("DIR", directory.toString())).succeeds();
    }

    private void writeSample(String name) {
        spark().sql("SELECT id, array(double(id), id * id) AS x, id % 3 AS b FROM range(20)")
                .write()
                .parquet(directory.resolve(name).toString());
    }

    private Dataset<Row> read(String format, Path path) {
        return spark().read()
                .format(format)
                .option("header", true)
                .option("inferSchema", true)
                .load(path.toString());
    }

    private static List<Integer> cultivars(Dataset<Row> wine) {
        return wine.select("cultivar").collectAsList().stream()
                .map(row -> row.getInt(0))
                .toList();
    }

    private JsonNode json(String name) throws IOException {
        return new ObjectMapper().readTree(directory.resolve(name).toFile());
    }

    private BatchNormState state(String name) throws IOException {
        return StateJson.read(Files.readString(directory.resolve(name)), name);
    }

    private List<String> dictionaryColumns(String folder) throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve(folder))) {
            Path part = files.filter(file -> file.toString().endsWith(".parquet"))
                    .findFirst()
                    .orElseThrow();
            HadoopInputFile input =
                    HadoopInputFile.fromPath(new org.apache.hadoop.fs.Path(part.toUri()), new Configuration());
            try (ParquetFileReader reader = ParquetFileReader.open(input)) {
                return reader.getFooter().getBlocks().get(0).getColumns().stream()
                        .filter(column -> hasDictionary(column))
                        .map(column -> column.getPath().toDotString())
                        .toList();
            }
        }
    }

    private static boolean hasDictionary(ColumnChunkMetaData column) {
        return column.getEncodings().stream().anyMatch(Encoding::usesDictionary);
    }
}
