package io.github.sparkbatchnorm.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.jobs.console.ExitCode;
import io.github.sparkbatchnorm.spark.SharedSpark;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Columns of any name, and fields of structs, can be named in the options. */
final class ColumnNamesTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    @TempDir
    static Path directory;

    @BeforeEach
    void writeData() {
        if (Files.notExists(directory.resolve("in"))) {
            spark().sql("SELECT id, double(id) AS `g,h`, double(id) AS `a.b`, if(id = 2, NULL, named_struct('x',"
                            + " array(double(id), 1.0D), 'v', 3.0D * id, 'b', id % 2, 'dv', 1.0D, 'a.b', float(id))) AS s"
                            + " FROM range(5)")
                    .coalesce(1)
                    .write()
                    .parquet(directory + "/in");
        }
    }

    @Test
    void aNameWithACommaStandsInBackquotes() {
        CommandRun run = run("stats --columns id,`g,h`,`a.b`");
        assertThat(run.out()).contains("id", "`g,h`", "`a.b`");
        assertThat(run.result("channels")).isEqualTo("3");
        run("backward --mode train --columns `g,h`,a.b --grad-columns id,s.v --handle-invalid skip --output DIR/back"
                + " --gradients DIR/back.json");
        assertThat(read("back").columns()).endsWith("dx_g,h", "dx_a.b");
        run("normalize --mode train --columns `g,h`,a.b --output DIR/commas");
        assertThat(read("commas").columns()).containsExactly("id", "g,h", "a.b", "s");
        run("normalize --mode train --column s.x --handle-invalid keep --output DIR/field");
        assertThat(read("field").columns()).endsWith("s", "x_normalized");
        assertThat(read("field").where("id = 2 AND x_normalized IS NULL").count())
                .isEqualTo(1);
    }

    @Test
    void aFieldIsAChannelBesideColumns() {
        CommandRun run = run("normalize --mode train --eps 0 --columns `g,h`,s.v,s.`a.b` --handle-invalid skip"
                + " --output DIR/fields");
        assertThat(run.result("rows")).isEqualTo("4");
        Dataset<Row> out = read("fields").sort("id");
        assertThat(out.schema().simpleString()).contains(",v_normalized:double,a.b_normalized:float>");
        for (Row row : out.collectAsList()) {
            assertThat(row.<Double>getAs("v_normalized")).isEqualTo(row.<Double>getAs("g,h"));
            assertThat(row.<Float>getAs("a.b_normalized"))
                    .isEqualTo(row.<Double>getAs("g,h").floatValue());
        }
        run("backward --mode train --columns s.v --grad-columns s.dv --batch-column s.b --handle-invalid skip"
                + " --output DIR/dx --gradients DIR/g.json");
        assertThat(read("dx").columns()).endsWith("s", "dx_v");
    }

    @Test
    void batchesMayBeToldByAField() {
        assertThat(run("stats --columns s.v --batch-column s.b --handle-invalid skip")
                        .result("batches"))
                .isEqualTo("2");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            textBlock =
                    """
                    stats --columns `g,h          | --columns `g,h has a backquote that does not end
                    stats --columns g,h           | no column g; the columns are id, g,h, a.b, s
                    stats --columns `g,h`,`g,h`   | --columns names `g,h` twice
                    stats --columns a.b,`a.b`     | column `a.b` is named twice
                    stats --columns s.v,s.w       | no field w; the fields are x, v, b, dv, a.b
                    stats --column id.x           | no column id.x: id is of type bigint; expected a struct
                    normalize --mode train --columns `s`.`a.b`,`a.b_normalized` --output DIR/o | no column a.b_normalized
                    """)
    void whatNamesNoColumnIsAUsageError(String words, String message) {
        CommandRun.ofWords(in(words)).fails(ExitCode.USAGE, message);
    }

    @Test
    void newNamesOfFieldsMustBeFree() {
        spark().sql("SELECT named_struct('x', 1.0D) AS s, named_struct('x', 2.0D) AS t, 1 AS v_normalized,"
                        + " named_struct('v', 1.0D) AS u")
                .write()
                .parquet(directory + "/taken");
        String train = "normalize --mode train --output DIR/o --input DIR/taken --columns ";
        CommandRun.ofWords(in(train + "s.x,t.x"))
                .fails(ExitCode.USAGE, "two columns of the result would be x_normalized");
        CommandRun.ofWords(in(train + "u.v")).fails(ExitCode.USAGE, "there is a column v_normalized already");
        CommandRun.ofWords(in("backward --mode train --output DIR/o --gradients DIR/g --input DIR/taken"
                        + " --columns s.x,t.x --grad-columns u.v,v_normalized"))
                .fails(ExitCode.USAGE, "two columns of the result would be dx_x");
    }

    @Test
    void blankNamesAreUsageErrors() {
        for (String option : List.of("--column", "--batch-column", "--grad-column", "--output-column")) {
            List<String> words = new ArrayList<>(
                    List.of("backward", "--mode", "train", "--input", "a", "--output", "o", "--gradients", "g"));
            for (String name : List.of("--column", "--grad-column")) {
                if (!name.equals(option)) {
                    words.addAll(List.of(name, "x" + name.length()));
                }
            }
            words.addAll(List.of(option, " "));
            CommandRun.of(words.toArray(String[]::new))
                    .fails(ExitCode.USAGE, option + " is empty; give the name of a column");
        }
        CommandRun.of("stats", "--input", "a", "--columns", "").fails(ExitCode.USAGE, "--columns  has an empty name");
    }

    private String in(String words) {
        return (words.contains("--input") ? words : words + " --input DIR/in").replace("DIR", directory.toString());
    }

    private CommandRun run(String words) {
        return CommandRun.ofWords(in(words)).succeeds();
    }

    private Dataset<Row> read(String name) {
        return spark().read().parquet(directory + "/" + name);
    }
}
