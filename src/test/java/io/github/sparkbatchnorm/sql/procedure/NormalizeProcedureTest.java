package io.github.sparkbatchnorm.sql.procedure;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Normalized rows go to a folder or to a table, whole or not at all. */
final class NormalizeProcedureTest extends ProcedureTesting {
    private static final long serialVersionUID = 1L;

    @AfterEach
    void dropTables() {
        spark().sql("DROP VIEW IF EXISTS proc_view");
        spark().sql("DROP TABLE IF EXISTS proc_in");
        spark().sql("DROP TABLE IF EXISTS proc_out");
    }

    private Dataset<Row> ofCommandLine(String options) {
        spark().table("t")
                .write()
                .mode("overwrite")
                .parquet(directory.resolve("t.parquet").toString());
        run("normalize --input DIR/t.parquet --output DIR/cli --overwrite " + options);
        return read("parquet", directory.resolve("cli")).orderBy("id");
    }

    private static List<String> text(Dataset<Row> rows) {
        return rows.orderBy("id").toJSON().collectAsList();
    }

    /** What is left of a call: nothing but tables of these tests. */
    private void assertNoOtherTables() {
        assertThat(rows("SHOW TABLES").toString()).doesNotContain("batchnorm");
    }

    @Test
    void trainingWritesWhatTheCommandLineWrites() throws IOException {
        Dataset<Row> expected =
                ofCommandLine("--mode train --column x --batch-column b --momentum none --state-out DIR/cli.json");

        Row folder = row("CALL PROC.normalize('t', 'train', 'x', batch_column => 'b', output_path => 'DIR/o',"
                + " state_out => 's')");
        Row table = row("CALL PROC.normalize('t', 'train', 'x', batch_column => 'b', output_table => 'proc_out',"
                + " state_out => 'r')");

        assertThat(folder.schema().fieldNames())
                .containsExactly("output", "rows", "channels", "batches", "digest", "state");
        assertThat(folder.toString())
                .startsWith("[" + directory + "/o,20,2,3,sha256:")
                .endsWith(",s]");
        assertThat(table.toString())
                .isEqualTo(
                        folder.toString().replace(directory + "/o", "proc_out").replace(",s]", ",r]"));
        assertThat(text(read("parquet", directory.resolve("o")))).isEqualTo(text(expected));
        assertThat(text(spark().table("proc_out"))).isEqualTo(text(expected));
        assertThat(spark().table("proc_out").columns()).isEqualTo(expected.columns());
        for (String name : List.of("s", "r")) {
            assertThat(model(name).withProvenance(null))
                    .isEqualTo(state("cli.json").withProvenance(null));
        }
        assertNoOtherTables();
    }

    @Test
    void evaluationAndItsInverseUseAState() throws IOException {
        rows("CALL PROC.fit('t', 's', columns => 'c0,c1')");
        Dataset<Row> expected = ofCommandLine("--mode eval --columns c0,c1 --state-in DIR/models/s.json");

        Row row = row(
                "CALL PROC.normalize('t', 'eval', columns => 'c0,c1', state_in => 's', output_table => 'proc_out')");

        assertThat(row).hasToString("[proc_out,20,2,null,null,null]");
        assertThat(text(spark().table("proc_out"))).isEqualTo(text(expected));
        rows("CALL PROC.normalize('proc_out', 'eval', columns => 'c0,c1', state_in => 's', inverse => true,"
                + " output_path => 'DIR/back')");
        assertThat(text(read("parquet", directory.resolve("back")).select("id", "c0")))
                .isEqualTo(text(spark().table("t").select("id", "c0")));
    }

    @Test
    void aTableIsReplacedOnlyIfAskedFor() {
        spark().sql("CREATE TABLE proc_out USING parquet AS SELECT 'old' AS old");
        fails(
                "CALL PROC.normalize('t', 'train', 'x', output_table => 'proc_out')",
                "output_table proc_out exists; give another name, or overwrite => true to replace it");
        assertThat(rows("SELECT * FROM proc_out")).extracting(Row::toString).containsExactly("[old]");
        spark().sql("CACHE TABLE proc_out");

        rows("CALL PROC.normalize('t', 'train', 'x', output_table => 'default.proc_out', overwrite => true,"
                + " output_format => 'orc')");

        assertThat(spark().table("proc_out").columns()).contains("x_normalized").doesNotContain("old");
        assertThat(spark().table("proc_out").count()).isEqualTo(20);
        assertThat(rows("DESCRIBE EXTENDED proc_out").toString()).contains("Provider,orc");
        assertNoOtherTables();
    }

    @Test
    void rowsThatAreNotThoseOfTheStatisticsAreNotPublished() throws IOException {
        makeLyingView();
        spark().sql("CREATE TABLE proc_out USING parquet AS SELECT 'old' AS old");
        for (String to : List.of(
                "output_table => 'proc_out', overwrite => true",
                "output_table => 'proc_new'",
                "output_path => 'DIR/o'")) {
            fails(
                    "CALL PROC.normalize('lying', 'train', 'x', state_out => 's', " + to + ")",
                    "normalize: column x: the second pass over the data found 20 rows, some with other values",
                    "read that, or give no_guard => true");
        }
        assertThat(rows("SELECT * FROM proc_out")).extracting(Row::toString).containsExactly("[old]");
        assertThat(spark().catalog().tableExists("proc_new")).isFalse();
        assertThat(files("")).doesNotContain("o", "models").noneMatch(name -> name.contains("batchnorm"));
        assertNoOtherTables();

        spark().sql(
                        "CREATE OR REPLACE TEMPORARY VIEW random AS SELECT id, array(rand(), double(id)) AS x FROM range(20)");
        fails(
                "CALL PROC.normalize('random', 'train', 'x', output_path => 'DIR/o')",
                "column x: the data is made with rand(",
                "or to a table first, and read that, or give no_guard => true");
        rows("CALL PROC.normalize('random', 'train', 'x', output_path => 'DIR/o', no_guard => true)");
        rows("CALL PROC.fit('t', 's', 'x')");
        fails(
                "CALL PROC.normalize('t', 'eval', 'x', state_in => 's', output_path => 'DIR/p', no_guard => true)",
                "no_guard => true is for two passes over the data, and mode => 'eval' with running statistics takes one;"
                        + " leave it away");
    }

    @Test
    void aFailureLeavesTheOldTableAndNothingElse() throws IOException {
        spark().sql("CREATE TABLE proc_out USING parquet AS SELECT 'old' AS old");
        spark().sql(
                        "CREATE OR REPLACE TEMPORARY VIEW bad AS SELECT id, x, if(id = 19, raise_error('stop'), '') AS boom FROM t");
        for (String mode : List.of("", ", overwrite => true")) {
            String table = mode.isEmpty() ? "proc_new" : "proc_out";
            fails(
                    "CALL PROC.normalize('bad', 'train', 'x', output_table => '" + table + "', state_out => 's'" + mode
                            + ")",
                    "stop");
        }
        fails("CALL PROC.normalize('bad', 'train', 'x', output_path => 'DIR/o', state_out => 's')", "stop");
        assertThat(rows("SELECT * FROM proc_out")).extracting(Row::toString).containsExactly("[old]");
        assertThat(spark().catalog().tableExists("proc_new")).isFalse();
        assertThat(files("")).doesNotContain("o", "models").noneMatch(name -> name.contains("batchnorm"));
        assertNoOtherTables();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "proc_in",
                "proc_view",
                "default.proc_in",
                "scalar",
                "exists",
                "contained",
                "nested",
                "with_names",
                "parquet.`WAREHOUSE/proc_in`",
                "parquet.`WAREHOUSE/*_in`",
                "parquet.`DIR/link`",
                "by_path"
            })
    void theTableIsNotTheInput(String given) throws IOException {
        spark().sql("CREATE TABLE proc_in USING parquet AS SELECT * FROM t");
        spark().sql("CREATE VIEW proc_view AS SELECT * FROM proc_in WHERE id >= 0");
        Path warehouse = Path.of(URI.create(spark().sql("DESCRIBE EXTENDED proc_in")
                        .where("col_name = 'Location'")
                        .first()
                        .getString(1)))
                .getParent();
        Files.createSymbolicLink(directory.resolve("link"), warehouse.resolve("proc_in"));
        view("scalar", "id < (SELECT max(id) FROM proc_in)");
        view("exists", "EXISTS (SELECT 1 FROM proc_view)");
        view("contained", "id IN (SELECT id FROM proc_in)");
        view("nested", "id IN (SELECT id FROM t WHERE id < (SELECT max(id) FROM proc_in))");
        view("with_names", "id < (WITH m AS (SELECT max(id) n FROM proc_in) SELECT max(n) FROM m)");
        view("by_path", "id < (SELECT max(id) FROM parquet.`" + warehouse + "/proc_in`)");
        String input = given.replace("WAREHOUSE", warehouse.toString());
        fails(
                "CALL PROC.normalize('" + input + "', 'train', 'x', output_table => 'proc_in', overwrite => true)",
                "output_table proc_in is read; give another table");
        assertThat(spark().table("proc_in").count()).isEqualTo(20);
    }

    private void view(String name, String condition) {
        spark().sql("CREATE OR REPLACE TEMPORARY VIEW " + name + " AS SELECT * FROM t WHERE " + condition);
    }

    @Test
    void theFolderIsNotThatOfTheInput() throws IOException {
        spark().table("t").write().parquet(directory.resolve("t.parquet").toString());
        fails(
                "CALL PROC.normalize('parquet.`DIR/t.parquet`', 'train', 'x', output_path => 'DIR/t.parquet', overwrite => true)",
                "output_path " + directory + "/t.parquet would replace files of table");
        assertThat(read("parquet", directory.resolve("t.parquet")).count()).isEqualTo(20);
    }

    @Test
    void viewsAreNotReplaced() {
        spark().sql("CREATE VIEW proc_view AS SELECT 1 AS a");
        for (String view : List.of("proc_view", "t")) {
            fails(
                    "CALL PROC.normalize('t', 'train', 'x', output_table => '" + view + "', overwrite => true)",
                    "output_table " + view + " is a view, which is not replaced; give the name of a table");
        }
    }
}
