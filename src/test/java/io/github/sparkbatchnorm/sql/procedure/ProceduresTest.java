package io.github.sparkbatchnorm.sql.procedure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Calls give what the command line gives, in each form of a call, and run once. */
final class ProceduresTest extends ProcedureTesting {
    private static final long serialVersionUID = 1L;

    private void writeTable() {
        spark().table("t").write().parquet(directory.resolve("t.parquet").toString());
    }

    @Test
    void fitWritesTheStateOfTheCommandLine() throws IOException {
        writeTable();
        String digest =
                run("fit --input DIR/t.parquet --column x --batch-column b --momentum none --state-out DIR/cli.json")
                        .result("digest");

        Row row = row("CALL PROC.fit(table => 't', column => 'x', batch_column => 'b', state => 'wine')");

        assertThat(row.schema().fieldNames()).containsExactly("state", "path", "rows", "channels", "batches", "digest");
        assertThat(row)
                .isEqualTo(org.apache.spark.sql.RowFactory.create(
                        "wine", directory + "/models/wine.json", 20L, 2, 3, digest));
        assertThat(model("wine").toString()).isEqualTo(state("cli.json").toString());
        assertThat(withoutProvenance(model("wine"))).isEqualTo(withoutProvenance(state("cli.json")));
        assertThat(model("wine").provenance().orElseThrow().input()).containsExactly("t");
        assertThat(files("models")).containsExactly("wine.json");
    }

    private static BatchNormState withoutProvenance(BatchNormState state) {
        return state.withProvenance(null);
    }

    @Test
    void statsHasARowForEachChannelAndBatch() throws IOException {
        writeTable();
        run("stats --input DIR/t.parquet --column x --batch-column b --json DIR/stats.json");
        JsonNode batches = json("stats.json").get("batches");

        List<Row> rows = rows("CALL PROC.stats('t', 'x', batch_column => 'b')");

        assertThat(rows).hasSize(6);
        for (int i = 0; i < 6; i++) {
            JsonNode expected = batches.get(i / 2);
            Row row = rows.get(i);
            assertThat(row.<String>getAs("batch"))
                    .isEqualTo(expected.get("batch").asText());
            assertThat(row.<Integer>getAs("channel")).isEqualTo(i % 2);
            assertThat(row.<String>getAs("name")).isEqualTo(String.valueOf(i % 2));
            for (String key : List.of("count", "nan", "infinite")) {
                assertThat(row.<Long>getAs(key))
                        .describedAs(key)
                        .isEqualTo(expected.get(key).get(i % 2).asLong());
            }
            for (String key : List.of("mean", "variance", "sample_variance", "min", "max")) {
                assertThat(row.<Double>getAs(key))
                        .describedAs(key)
                        .isEqualTo(expected.get(key).get(i % 2).asDouble());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CALL PROC.stats(table => 't', columns => 'c0, c1')",
                "CALL PROC.stats(table => 't', columns => array('c0', 'c1'))",
                "CALL PROC.stats(table => 't', COLUMNS => 'c*')",
                "CALL PROC.stats('t', NULL, 'c0,c1')",
                "CALL PROC.stats('t', NULL, array('c0', 'c1'))",
                "CALL bn.stats('t', columns => 'c0,c1', non_finite => 'ignore')",
                "EXECUTE IMMEDIATE 'CALL PROC.stats(?, columns => ?)' USING 't', 'c0,c1'",
            })
    void everyFormOfACallIsTaken(String statement) {
        List<Row> rows = rows(statement);
        assertThat(rows).extracting(row -> row.<String>getAs("name")).containsExactly("c0", "c1");
        assertThat(rows).extracting(row -> row.<Double>getAs("mean")).containsExactly(9.5, 123.5);
        assertThat(rows).extracting(row -> row.<String>getAs("batch")).containsOnlyNulls();
    }

    @Test
    void scriptsCallProcedures() throws IOException {
        rows("BEGIN CALL PROC.fit('t', 'script', 'x'); CALL PROC.fit('t', 'script', 'x', state_in => 'script'); END");
        assertThat(model("script").numBatchesTracked()).isEqualTo(2);
    }

    @Test
    void parametersOfAStatementAreTaken() {
        Dataset<Row> rows = spark().sql(
                        filled("CALL PROC.stats(table => :t, column => :c, where => :w)"),
                        Map.of("t", "t", "c", "x", "w", "id < 3"));
        assertThat(rows.collectAsList())
                .extracting(row -> row.<Long>getAs("count"))
                .containsExactly(3L, 3L);
    }

    @Test
    void tablesViewsAndFilesAreRead() {
        writeTable();
        spark().sql(filled("CREATE OR REPLACE TABLE proc_table USING parquet AS SELECT * FROM t")
                .replace("CREATE OR REPLACE TABLE", "CREATE TABLE"));
        spark().sql("CREATE OR REPLACE VIEW proc_view AS SELECT * FROM proc_table");
        try {
            String digest = row("CALL PROC.fit('t', 'a', 'x')").getAs("digest");
            for (String table : List.of(
                    "proc_table", "default.proc_table", "spark_catalog.default.proc_view", "parquet.`DIR/t.parquet`")) {
                assertThat(row("CALL PROC.fit('" + table + "', 'b', 'x', overwrite => true)")
                                .<String>getAs("digest"))
                        .describedAs(table)
                        .isEqualTo(digest);
            }
        } finally {
            spark().sql("DROP VIEW proc_view");
            spark().sql("DROP TABLE proc_table");
        }
    }

    @Test
    void aCallRunsOnceAndExplainDoesNotRunIt() throws IOException {
        spark().sql(filled("EXPLAIN CALL PROC.fit('t', 'once', 'x')")).collectAsList();
        assertThat(files("models")).isEmpty();

        Dataset<Row> result = spark().sql(filled("CALL PROC.fit('t', 'once', 'x')"));
        assertThat(result.count()).isOne();
        assertThat(result.collectAsList()).hasSize(1); // again would fail: the state exists
    }

    @Test
    void theMomentumIsNoneUnlessOneIsGiven() throws IOException {
        rows("CALL PROC.fit('t', 'none', 'x')");
        rows("CALL PROC.fit('t', 'some', 'x', momentum => 0.25, eps => 1, affine => false)");
        assertThat(model("none").config().momentum()).isNull();
        assertThat(model("none").runningMean()[0]).isEqualTo(9.5);
        assertThat(model("some").config().momentum()).isEqualTo(0.25);
        assertThat(model("some").config().eps()).isEqualTo(1);
        assertThat(model("some").config().affine()).isFalse();
    }

    @Test
    void aStateGoesOnAndIsReplaced() throws IOException {
        rows("CALL PROC.fit('t', 'on', 'x', momentum => 0.25)");
        rows("CALL PROC.fit('t', 'on', 'x', state_in => 'on')");
        assertThat(model("on").numBatchesTracked()).isEqualTo(2);
        assertThat(model("on").config().momentum()).isEqualTo(0.25);
        rows("CALL PROC.fit('t', 'DIR/models/path.json', 'x', state_in => 'DIR/models/on.json', state_version => 1)");
        assertThat(model("path").numBatchesTracked()).isEqualTo(3);
        assertThat(files("models")).containsExactly("on.json", "path.json");
    }

    @Test
    void presetsMakeStates() throws IOException {
        run(
                "fit --preset sklearn --with-std false --input DIR/t.parquet --columns c0,c1 --state-out DIR/cli.json"
                        .replace("DIR/t.parquet", directory + "/p.parquet"),
                () -> spark().table("t")
                        .write()
                        .parquet(directory.resolve("p.parquet").toString()));
        rows("CALL PROC.fit('t', 'scaler', columns => 'c0,c1', preset => 'sklearn', with_std => false)");
        assertThat(withoutProvenance(model("scaler"))).isEqualTo(withoutProvenance(state("cli.json")));
    }

    private void run(String words, Runnable before) {
        before.run();
        run(words);
    }

    @Test
    void describeTellsHowColumnsCanBeATensor() {
        spark().sql("CREATE OR REPLACE TEMPORARY VIEW d AS SELECT 1 AS i, 2.5d AS `two words`, 'no' AS s, 1.5BD AS dec,"
                + " array(1f) AS a, array(array(1d), array(2d)) AS n, binary('abcd') AS b, array('x') AS texts,"
                + " struct(1 AS y) AS st, true AS flag, image AS picture FROM (SELECT named_struct('origin', '',"
                + " 'height', 1, 'width', 1, 'nChannels', 1, 'mode', 0, 'data', X'00') AS image)");
        assertThat(rows("CALL PROC.describe('d')"))
                .extracting(Row::toString)
                .containsExactly(
                        "[i,int,number,int,null,columns => 'i']",
                        "[two words,double,number,float64,null,columns => '`two words`']",
                        "[s,string,none,null,null,none; a view can CAST it to DOUBLE]",
                        "[dec,decimal(2,1),none,null,null,none; a view can CAST it to DOUBLE]",
                        "[a,array<float>,array,float32,[C],column => 'a']",
                        "[n,array<array<double>>,nested,float64,[C, L],column => 'n']",
                        "[b,binary,binary,null,[C],column => 'b']",
                        "[texts,array<string>,none,null,null,none; a view can CAST it to ARRAY<DOUBLE>]",
                        "[st,struct<y:int>,none,null,null,none]",
                        "[flag,boolean,number,boolean,null,columns => 'flag']",
                        "[picture,struct<origin:string,height:int,width:int,nChannels:int,mode:int,data:binary>,image,uint8,[H, W, C],column => 'picture']");
    }

    @Test
    void proceduresAreListedAndDescribed() {
        assertThat(rows("SHOW PROCEDURES IN bn"))
                .extracting(Row::toString)
                .hasSize(4)
                .anyMatch(line -> line.contains("fit"))
                .anyMatch(line -> line.contains("normalize"));
        String text = rows("DESCRIBE PROCEDURE PROC.fit").toString();
        assertThat(text)
                .contains(
                        "table STRING: table, view or temporary view",
                        "columns ARRAY<STRING> DEFAULT NULL: numeric columns",
                        "with_mean BOOLEAN DEFAULT NULL: with a preset: take the mean away; default: false for"
                                + " standard-scaler, true for sklearn",
                        "with_std BOOLEAN DEFAULT NULL: with a preset: divide by the standard deviation; default: true",
                        "momentum DOUBLE DEFAULT NULL: weight of a new batch, from 0 to 1; default: none",
                        "batch_column STRING DEFAULT NULL");
    }

    @Test
    void sparkChecksNamesAndTypesOfArguments() {
        assertThatThrownBy(() -> rows("CALL PROC.fit(table => 't', colum => 'x', state => 's')"))
                .isInstanceOf(AnalysisException.class)
                .hasMessageContaining("Did you mean")
                .hasMessageContaining("column");
        assertThatThrownBy(() -> rows("CALL PROC.fit('t')"))
                .isInstanceOf(AnalysisException.class)
                .hasMessageContaining("REQUIRED_PARAMETER_NOT_FOUND")
                .hasMessageContaining("state");
        assertThatThrownBy(() -> rows("CALL PROC.fit('t', 's', 'x', eps => array(1))"))
                .isInstanceOf(AnalysisException.class);
    }

    @Test
    void theCatalogMakesAFunctionOfWhatFitWrites() {
        row("CALL PROC.fit('t', 'wine', 'x')");
        row("CALL bn.fit('t', 'wine', 'x', state_in => 'wine')");
        row("CALL PROC.normalize('t', 'eval', 'x', state_in => 'wine', output_path => 'DIR/o')");
        assertThat(rows("SELECT to_json(struct(id, bn.wine(x) AS y)) FROM t ORDER BY id")
                        .toString())
                .isEqualTo(read("parquet", directory.resolve("o"))
                        .selectExpr("to_json(struct(id, x_normalized AS y)) AS json", "id")
                        .orderBy("id")
                        .select("json")
                        .collectAsList()
                        .toString());
        fails("CALL PROC.fit('t', 'exact_sum', 'x')", "state exact_sum would have the name of a function");
        fails("CALL PROC.fit('t', 'two words', 'x')", "state two words has a name that SQL cannot call");
        assertThatThrownBy(() -> rows("CALL PROC.fitt('t')"))
                .hasStackTraceContaining("describe, fit, normalize, stats in bn.system");
    }

    @Test
    void aResultThatIsTooLongIsRefused() {
        StatsProcedure few = new StatsProcedure(5);
        Object[] values = new Object[few.bind(new StructType()).parameters().length];
        values[0] = "t";
        values[1] = "x";
        assertThat(few.run(ResultRows.row(values)).rows()).hasSize(2);
        values[9] = "b";
        assertThatThrownBy(() -> few.run(ResultRows.row(values)))
                .isInstanceOf(BatchNormException.class)
                .hasMessage("stats: column x has 2 channels and 3 batches, which make 6 rows; expected at most 5: use"
                        + " bn.describe_agg in a query, or give fewer columns or rows");
    }
}
