package io.github.sparkbatchnorm.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.sparkbatchnorm.io.StateJson;
import io.github.sparkbatchnorm.jobs.console.ExitCode;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.Provenance;
import io.github.sparkbatchnorm.spark.SharedSpark;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.ml.feature.StandardScaler;
import org.apache.spark.ml.feature.VectorAssembler;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** State files of the jobs: their versions, presets, and the way back. */
class StateOptionsTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    private static final String WINE = "jobs/examples/wine.csv";

    @TempDir
    Path folder;

    private CommandRun run(String words) {
        return CommandRun.ofWords(words.replace("DIR", folder.toString()));
    }

    private List<Row> rows(String path, String... columns) {
        Dataset<Row> data = spark().read()
                .option("header", true)
                .option("inferSchema", true)
                .csv(path.replace("DIR", folder.toString()));
        return data.selectExpr(columns).collectAsList();
    }

    @Test
    void aStateNamesItsInputAndIsMatchedByColumnNames() throws Exception {
        run("fit --input " + WINE + " --columns alcohol,ash,proline --momentum none --state-out DIR/s.json")
                .succeeds();
        BatchNormState state = StateJson.read(folder.resolve("s.json"));
        Provenance provenance = state.provenance().orElseThrow();
        assertThat(provenance.input()).containsExactly(WINE);
        assertThat(provenance.columns()).containsExactly("alcohol", "ash", "proline");
        assertThat(provenance.rows()).isEqualTo(178);
        String eval = "normalize --mode eval --input " + WINE + " --state-in DIR/s.json --output DIR/";
        run(eval + "one --columns alcohol,ash,proline").succeeds();
        run(eval + "two --columns proline,alcohol,ash").succeeds();
        assertThat(rows("DIR/two", "alcohol", "ash", "proline"))
                .isEqualTo(rows("DIR/one", "alcohol", "ash", "proline"));
        run(eval + "three --columns proline,alcohol,hue")
                .fails(
                        ExitCode.FAILED,
                        "columns proline, alcohol, hue: the state has no column hue; the data lacks the column"
                                + " ash; expected the columns that the state was fitted to, in any order");
        assertThat(folder.resolve("three")).doesNotExist();
    }

    @Test
    void version1IsWrittenForOldReadersAndSaysWhatItLoses() throws Exception {
        CommandRun first = run("fit --input " + WINE + " --columns alcohol --momentum none --state-version 1"
                + " --state-out DIR/one.json");
        assertThat(first.exit()).isZero();
        assertThat(first.err()).contains("warning: --state-version 1 rounds the running means to one double each");
        assertThat(Files.readString(folder.resolve("one.json")))
                .contains("\"version\": 1,")
                .doesNotContain("provenance");
        run("fit --input " + WINE + " --columns alcohol --momentum none --state-out DIR/two.json")
                .succeeds();
        BatchNormState one = StateJson.read(folder.resolve("one.json"));
        BatchNormState two = StateJson.read(folder.resolve("two.json"));
        assertThat(one).isNotEqualTo(two);
        assertThat(one.runningMean()).isEqualTo(two.runningMean());
        run("normalize --mode train --input " + WINE + " --columns alcohol --output DIR/o --state-version 2")
                .fails(ExitCode.USAGE, "--state-version says how --state-out is written; give --state-out");
        run("fit --input " + WINE + " --columns alcohol --state-version 3 --state-out DIR/x.json")
                .fails(ExitCode.USAGE, "--state-version", "expected 1, 2, found '3'");
    }

    @Test
    void patternsAreTheColumnsOfNumbersInTheirOrder() throws Exception {
        run("fit --input " + WINE + " --columns *,!CULT*,!a*,m*,hue --state-out DIR/s.json")
                .succeeds();
        assertThat(StateJson.read(folder.resolve("s.json"))
                        .provenance()
                        .orElseThrow()
                        .columns())
                .containsExactly(
                        "malic_acid",
                        "magnesium",
                        "total_phenols",
                        "flavanoids",
                        "nonflavanoid_phenols",
                        "proanthocyanins",
                        "color_intensity",
                        "hue",
                        "od280_od315_of_diluted_wines",
                        "proline");
        spark().range(5)
                .selectExpr(
                        "id f_id",
                        "double(id) f_a",
                        "'t' f_text",
                        "id % 2 = 0 f_b",
                        "id f_batch",
                        "float(id) `f_*`",
                        "id dy")
                .write()
                .parquet(folder.resolve("p").toString());
        String fit = "fit --input DIR/p --state-out DIR/q.json --overwrite --columns ";
        run(fit + "f_*,!f_id --batch-column f_batch").fails(ExitCode.FAILED, "Expected more than 1 value");
        run(fit + "f_*").succeeds(); // a column that has just this name
        assertThat(StateJson.read(folder.resolve("q.json")).numFeatures()).isEqualTo(1);
        run(fit + "f_a*,*_b").succeeds();
        assertThat(StateJson.read(folder.resolve("q.json"))
                        .provenance()
                        .orElseThrow()
                        .columns())
                .containsExactly("f_a", "f_b");
        run(fit + "`f_*`,f_i*").succeeds();
        run(fit + "f_t*").fails(ExitCode.USAGE, "--columns f_t* matches no column of numbers; the columns are f_id");
        run(fit + "f_a,!f_a").fails(ExitCode.USAGE, "--columns f_a,!f_a leaves no column; name one");
        run("backward --mode train --input DIR/p --columns f_a* --grad-columns dy --output DIR/b --gradients DIR/g.json")
                .succeeds();
        spark().range(5)
                .selectExpr("cast(id as decimal(9, 2)) d", "id e")
                .write()
                .parquet(folder.resolve("d").toString());
        run("stats --input DIR/d --columns *")
                .fails(
                        ExitCode.USAGE,
                        "--columns * matches d of type decimal(9,2); cast it to double, or leave it out");
        run("stats --input DIR/d --columns *,!d").succeeds();
    }

    @Test
    void aConditionChoosesTheRowsOfTheStatistics() throws Exception {
        spark().read()
                .option("header", true)
                .option("inferSchema", true)
                .csv(WINE)
                .where("cultivar < 2")
                .write()
                .option("header", true)
                .csv(folder.resolve("two").toString());
        String digest = run("stats --input DIR/two --format csv --columns alcohol,ash")
                .succeeds()
                .result("digest");
        String where = " --input DIR/wine.csv --columns alcohol,ash --where cultivar<2 --expect-digest " + digest;
        Files.copy(Path.of(WINE), folder.resolve("wine.csv"));
        run("stats" + where).succeeds();
        run("fit" + where + " --state-out DIR/s.json").succeeds();
        assertThat(StateJson.read(folder.resolve("s.json"))
                        .provenance()
                        .orElseThrow()
                        .where())
                .isEqualTo("cultivar<2");
        run("normalize --mode train" + where + " --output DIR/o --state-out DIR/n.json")
                .succeeds();
        assertThat(rows("DIR/o", "alcohol")).hasSize(178);
        assertThat(StateJson.read(folder.resolve("n.json"))
                        .provenance()
                        .orElseThrow()
                        .rows())
                .isEqualTo(130);
        run("normalize --mode train --input DIR/wine.csv --columns alcohol --where nope --output DIR/p")
                .fails(ExitCode.USAGE, "where 'nope'", "expected a condition in SQL");
        run("normalize --mode train --input DIR/wine.csv --columns alcohol --where cultivar>7 --output DIR/p")
                .fails(ExitCode.FAILED, "no row matches where 'cultivar>7'");
        run("normalize --mode eval --state-in DIR/s.json --input DIR/wine.csv --columns alcohol,ash"
                        + " --where cultivar<2 --output DIR/p")
                .fails(ExitCode.USAGE, "--where says which rows the statistics are of");
        assertThat(folder.resolve("p")).doesNotExist();
    }

    @Test
    void theInverseGivesTheInputBack() {
        run("fit --input " + WINE + " --columns alcohol,ash --momentum none --state-out DIR/s.json")
                .succeeds();
        run("normalize --mode eval --input " + WINE
                        + " --columns alcohol,ash --state-in DIR/s.json --output DIR/normalized")
                .succeeds();
        run("normalize --mode eval --inverse --input DIR/normalized --format csv --columns ash,alcohol"
                        + " --state-in DIR/s.json --output DIR/back")
                .succeeds();
        List<Row> before = rows(WINE, "alcohol", "ash");
        List<Row> after = rows("DIR/back", "alcohol", "ash");
        assertThat(after).hasSameSizeAs(before);
        for (int i = 0; i < after.size(); i++) {
            assertThat(after.get(i).getDouble(0)).isCloseTo(before.get(i).getDouble(0), within(1e-13));
            assertThat(after.get(i).getDouble(1)).isCloseTo(before.get(i).getDouble(1), within(1e-13));
        }
        spark().range(3)
                .selectExpr("id", "array(double(id), 1D) x")
                .write()
                .parquet(folder.resolve("p").toString());
        run("normalize --mode eval --inverse --input DIR/p --column x --state-in DIR/s.json --output DIR/q")
                .succeeds();
        assertThat(spark().read().parquet(folder.resolve("q").toString()).columns())
                .containsExactly("id", "x", "x_denormalized");
        String inverse = "normalize --inverse --input DIR/p --column x --output DIR/r ";
        for (String wrong :
                List.of("--mode train", "--mode eval --no-track", "--mode eval --no-track --state-in DIR/s.json")) {
            run(inverse + wrong).fails(ExitCode.USAGE, "--inverse goes back through the running statistics of a state");
        }
    }

    @Test
    void aPresetDoesWhatSparksStandardScalerDoes() {
        String[] columns = {"alcohol", "ash", "proline"};
        run("fit --preset standard-scaler --with-mean true --input " + WINE
                        + " --columns alcohol,ash,proline --state-out DIR/s.json")
                .succeeds();
        run("normalize --mode eval --input " + WINE
                        + " --columns alcohol,ash,proline --state-in DIR/s.json --output DIR/o")
                .succeeds();
        Dataset<Row> vectors = new VectorAssembler()
                .setInputCols(columns)
                .setOutputCol("v")
                .transform(spark().read()
                        .option("header", true)
                        .option("inferSchema", true)
                        .csv(WINE));
        List<Row> expected = new StandardScaler()
                .setInputCol("v")
                .setOutputCol("s")
                .setWithMean(true)
                .fit(vectors)
                .transform(vectors)
                .select("s")
                .collectAsList();
        List<Row> found = rows("DIR/o", columns);
        for (int i = 0; i < found.size(); i++) {
            Vector scaled = expected.get(i).getAs(0);
            for (int c = 0; c < 3; c++) {
                assertThat(found.get(i).getDouble(c)).isCloseTo(scaled.apply(c), within(1e-12));
            }
        }
    }

    @Test
    void presetsExcludeWhatTheySay() {
        String fit = "fit --input " + WINE + " --columns alcohol --state-out DIR/x.json ";
        run(fit + "--preset standard-scaler --non-finite skip-batch")
                .fails(
                        ExitCode.USAGE,
                        "--non-finite skip-batch cannot be given with --preset standard-scaler, which says it all;"
                                + " leave it away");
        run(fit + "--preset sklearn --eps 1 --no-track --batch-column class")
                .fails(
                        ExitCode.USAGE,
                        "--eps, --no-track, --batch-column cannot be given with --preset sklearn, which says it all;"
                                + " leave them away");
        run(fit + "--preset standard-scaler --momentum none")
                .fails(ExitCode.USAGE, "--momentum cannot be given with --preset standard-scaler");
        run(fit + "--with-std false").fails(ExitCode.USAGE, "--with-std goes with --preset");
        run(fit + "--preset min-max")
                .fails(ExitCode.USAGE, "expected batch-norm, standard-scaler, sklearn, found 'min-max'");
        run(fit + "--preset batch-norm --momentum none").succeeds();
    }
}
