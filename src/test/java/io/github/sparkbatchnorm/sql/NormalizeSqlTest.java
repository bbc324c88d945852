package io.github.sparkbatchnorm.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.spark.DatasetStatistics;
import io.github.sparkbatchnorm.spark.RowDigest;
import io.github.sparkbatchnorm.spark.SharedSpark;
import io.github.sparkbatchnorm.spark.StateFiles;
import io.github.sparkbatchnorm.spark.TensorDataset;
import io.github.sparkbatchnorm.spark.tensor.TensorOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.ml.feature.VectorAssembler;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Functions that normalize give the bits of the door, with statistics of the query and with states. */
class NormalizeSqlTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    private static final String MODELS = "spark.sql.catalog.bn.models";

    @TempDir
    transient Path models;

    @BeforeEach
    void makeRows() {
        Dataset<Row> rows = spark().range(0, 200, 1, 3)
                .selectExpr(
                        "id", "id % 5 g", "1e8 + sin(id) a", "cast(cos(id * 3) as float) b", "if(id % 2 = 0, id, 0d) z")
                .selectExpr(
                        "*",
                        "array(a, double(b)) x",
                        "array(cast(a as float), b) f",
                        "array(array(a, 1d * id), array(double(b), a)) nested",
                        "struct(a, b) s");
        new VectorAssembler()
                .setInputCols(new String[] {"z", "a"})
                .setOutputCol("v")
                .transform(rows)
                .createOrReplaceTempView("t");
        spark().conf().set(MODELS, models.toString());
    }

    @AfterEach
    void forgetModels() {
        spark().conf().unset(MODELS);
    }

    private TensorDataset door(String column) {
        return TensorDataset.of(spark().table("t"), TensorOptions.column(column));
    }

    private static BatchNormState fresh(int channels) {
        return BatchNormState.initial(channels, BatchNormConfig.DEFAULT.withCumulativeAverage());
    }

    private void write(String name, BatchNormState state) throws IOException {
        StateFiles.write(state, models.resolve(name + ".json").toString(), new Configuration());
    }

    private static boolean same(Dataset<Row> found, Dataset<Row> expected) {
        return RowDigest.of(found).equals(RowDigest.of(expected));
    }

    private void assertSame(String query, Dataset<Row> expected) {
        Dataset<Row> found = spark().sql(query);
        assertThat(found.schema().fields()[1].dataType().sql())
                .isEqualTo(expected.schema().fields()[1].dataType().sql());
        assertThat(same(found, expected.toDF(found.columns()))).as(query).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"f", "v"})
    void momentsOfTheQueryNormalizeAsTrainingDoes(String column) {
        TensorDataset door = door(column);
        DatasetStatistics statistics = door.statistics();
        Dataset<Row> expected = door.normalize(statistics, fresh(statistics.channels()), "y")
                .inPlan()
                .select("id", "y");
        assertSame(
                "SELECT id, bn.normalize(" + column + ", m) y FROM t CROSS JOIN (SELECT bn.moments_agg(" + column
                        + ") m FROM t)",
                expected);
    }

    @Test
    void groupsHaveTheirOwnMoments() {
        TensorDataset door =
                TensorDataset.of(spark().table("t"), TensorOptions.column("x").withBatchColumn("g"));
        Dataset<Row> expected =
                door.normalize(door.statistics(), fresh(2), "y").inPlan().select("id", "y");
        assertSame(
                "SELECT id, bn.normalize(x, m) y FROM t JOIN (SELECT g, bn.moments_agg(x) m FROM t GROUP BY g) USING (g)",
                expected);
    }

    @Test
    void aStructKeepsItsFields() {
        Dataset<Row> y =
                spark().sql("SELECT id, bn.normalize(s, m) y FROM t CROSS JOIN (SELECT bn.moments_agg(s) m FROM t)");
        assertThat(y.schema().apply("y").dataType().simpleString()).isEqualTo("struct<a:double,b:float>");
        TensorDataset door = TensorDataset.of(spark().table("t"), TensorOptions.channelColumns(List.of("a", "b")));
        Dataset<Row> expected =
                door.normalize(door.statistics(), fresh(2), "unused").inPlan();
        assertThat(same(y.select("id", "y.a", "y.b"), expected.select("id", "a", "b")))
                .isTrue();
    }

    @Test
    void epsAndIgnoreAreThoseOfTheCall() {
        Row row = spark().sql("SELECT bn.normalize(x, m, 0.5), bn.normalize(x, m, 'ignore', 0d) FROM VALUES"
                        + " (array(1d)), (array(3d)) AS t(x) CROSS JOIN (SELECT bn.moments_agg(x) m FROM VALUES"
                        + " (array(1d)), (array(3d)), (array(double('NaN'))) AS u(x) WHERE NOT isnan(x[0])) ORDER BY x")
                .first();
        assertThat(row.getList(0)).isEqualTo(List.of(-1 / Math.sqrt(1.5)));
        assertThat(row.getList(1)).isEqualTo(List.of(-1d));
    }

    @Test
    void arraysNormalizeAsEvaluationDoes() {
        BatchNormState state = BatchNormState.of(
                BatchNormConfig.DEFAULT.withEps(0.25),
                2,
                new double[] {2, 3},
                new double[] {1, -1},
                new double[] {1e8, 0.5},
                new double[] {4, 0.75},
                1);
        Dataset<Row> expected = door("x").normalize(state, "y").inPlan().select("id", "y");
        String call = "normalize(x, array(1e8, 0.5d), array(4, 0.75d), 0.25, array(2, 3), array(1, -1))";
        assertSame("SELECT id, bn." + call + " y FROM t", expected);
        assertSame(
                "SELECT id, bn.de" + call.replace("(x,", "(y,") + " FROM (SELECT id, bn." + call + " y FROM t)",
                TensorDataset.of(expected, TensorOptions.column("y"))
                        .denormalize(state, "z")
                        .inPlan()
                        .select("id", "z"));
    }

    @Test
    void denormalizeGoesBack() {
        List<Row> rows = spark().sql("SELECT x[0], bn.denormalize(bn.normalize(x, m), m)[0] FROM t CROSS JOIN"
                        + " (SELECT bn.moments_agg(x) m FROM t)")
                .collectAsList();
        assertThat(rows).hasSize(200).allSatisfy(row -> assertThat(row.getDouble(1))
                .isCloseTo(row.getDouble(0), org.assertj.core.api.Assertions.offset(1e-6)));
    }

    @ParameterizedTest
    @CsvSource({"x", "nested", "v"})
    void aStateIsAFunction(String column) throws IOException {
        TensorDataset door = door(column);
        DatasetStatistics statistics = door.statistics();
        BatchNormState state = statistics.stateAfter(fresh(statistics.channels()));
        write("Wine_1", state);
        assertSame(
                "SELECT id, bn.Wine_1(" + column + ") y FROM t",
                door.normalize(state, "y").inPlan().select("id", "y"));
        Dataset<Row> y = door.normalize(state, "y").inPlan().select("id", "y");
        assertSame(
                "SELECT id, bn.Wine_1_inverse(bn.Wine_1(" + column + ")) FROM t",
                TensorDataset.of(y, TensorOptions.column("y"))
                        .denormalize(state, "z")
                        .inPlan()
                        .select("id", "z"));
    }

    @Test
    void fieldsAreMatchedByName() throws IOException {
        TensorDataset door = TensorDataset.of(spark().table("t"), TensorOptions.channelColumns(List.of("b", "a")));
        BatchNormState state = door.statistics().stateAfter(fresh(2));
        write("named", state);
        Dataset<Row> expected = door.normalize(state, "unused").inPlan().select("id", "a", "b");
        assertThat(same(spark().sql("SELECT id, y.* FROM (SELECT id, bn.named(struct(a, b)) y FROM t)"), expected))
                .isTrue();
        assertThatThrownBy(() -> spark().sql("SELECT bn.named(struct(a, z)) FROM t"))
                .isInstanceOf(AnalysisException.class)
                .hasMessageContaining("the state has no column z; x lacks the column b; expected");
        assertThatThrownBy(() -> spark().sql("SELECT bn.named(struct(a, b AS B)) FROM t"))
                .hasMessageContaining("upper and lower case are different letters");
    }

    @Test
    void aChangedFileIsSeenByTheNextQuery() throws IOException {
        write(
                "m",
                BatchNormState.of(
                        BatchNormConfig.DEFAULT.withEps(0),
                        1,
                        new double[] {1},
                        new double[] {0},
                        new double[] {1},
                        new double[] {1},
                        1));
        String query = "SELECT bn.m(array(3d))[0]";
        assertThat(spark().sql(query).first().getDouble(0)).isEqualTo(2);
        write(
                "m",
                BatchNormState.of(
                        BatchNormConfig.DEFAULT.withEps(0),
                        1,
                        new double[] {1},
                        new double[] {0},
                        new double[] {-1.5},
                        new double[] {1},
                        1));
        assertThat(spark().sql(query).first().getDouble(0)).isEqualTo(4.5);
        assertThatThrownBy(() -> spark().sql("SELECT bn.M(array(3d))")).isInstanceOf(AnalysisException.class);
        assertThatThrownBy(() -> spark().sql("SELECT bn.other(array(3d))"))
                .isInstanceOf(AnalysisException.class)
                .hasMessageContaining("other");
    }

    @Test
    void nullsStayNull() {
        Row row = spark().sql("SELECT bn.normalize(cast(null as array<double>), m), bn.normalize(array(1d), NULL),"
                        + " bn.normalize(array(1d), array(1d), NULL, 1e-5) FROM (SELECT bn.moments_agg(x) m FROM t)")
                .first();
        assertThat(row.isNullAt(0) && row.isNullAt(1) && row.isNullAt(2)).isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "normalize(array(1d, 2d, 3d), m) | a row with C = 3; expected C = 2",
                "normalize(x, one) | normalize: Expected more than 1 value per channel when training, got input size [1, 2]: leave out groups of one row, for example by HAVING count(*) > 1",
                "normalize(x, m, if(id = 7, 'ignore', '2')) | in another; expected one constant text",
                "normalize(x, m, -1) | normalize: eps is -1.0; expected a finite number, 0 or more",
                "normalize(x, unhex('00')) | normalize: no result of moments_agg, which is expected: version 0 ",
                "normalize(x, array(1d), array(1d, 2d), 0) | normalize: mean has length 1 and variance has length 2; expected C, the number of channels of x, of each",
                "normalize(x, array(1d, 2d), array(1d, 2d), 0, array(1), array(1, 2)) | mean has length 2 and weight has length 1",
                "normalize(x, array(1d, 2d), array(1d, 2d), 0, array(1, 2), array(1)) | mean has length 2 and bias has length 1",
                "denormalize(x, array(1d, 2d), array(1d, -2d), 0) | denormalize: variance[1] is -2.0; expected 0 or more",
                "normalize(x, array(), array(), 0) | normalize: mean is empty; expected a number for each channel",
                "normalize(x, array(1d), array(1d), 0) | a row with C = 2; expected C = 1, as the moments, the arrays or the state have",
                "normalize(x, array(1d, null), array(1d, 2d), 0) | mean has a null element",
            })
    void wrongRowsAreErrorsOfOneLine(String call, String message) {
        Dataset<Row> query = spark().sql(
                        "SELECT bn." + call
                                + " FROM t CROSS JOIN (SELECT bn.moments_agg(x) m, bn.moments_agg(x) FILTER (WHERE id = 3) one FROM t)");
        assertThatThrownBy(query::collectAsList).hasStackTraceContaining(message);
    }

    @Test
    void statesAreTables() throws IOException {
        TensorDataset door = TensorDataset.of(spark().table("t"), TensorOptions.channelColumns(List.of("a", "z")));
        BatchNormState state = door.statistics().stateAfter(fresh(2));
        write("wine", state);
        Files.writeString(models.resolve("notes.txt"), "no state");
        assertThat(spark().sql("SELECT * FROM bn.states.wine ORDER BY channel").collectAsList())
                .map(Row::mkString)
                .containsExactly(
                        "0a1.00.0" + state.runningMean()[0] + state.runningVar()[0],
                        "1z1.00.0" + state.runningMean()[1] + state.runningVar()[1]);
        assertThat(spark().sql("SHOW TABLES IN bn.states").select("tableName").collectAsList())
                .map(row -> row.getString(0))
                .containsExactly("wine");
        assertThat(spark().sql("SHOW TBLPROPERTIES bn.states.wine").collectAsList())
                .map(row -> row.getString(0) + "=" + row.getString(1))
                .contains("num_features=2", "momentum=none", "rows=200", "num_batches_tracked=1");
        assertThat(spark().sql("SHOW USER FUNCTIONS IN bn").collectAsList())
                .map(row -> row.getString(0))
                .contains("bn.wine", "bn.wine_inverse", "bn.moments_agg");
        spark().sql("DROP TABLE bn.states.wine");
        assertThat(models).isDirectoryNotContaining("glob:**wine*").isDirectoryContaining("glob:**notes.txt");
        assertThatThrownBy(() -> spark().sql("SELECT * FROM bn.states.wine")).isInstanceOf(AnalysisException.class);
    }

    @Test
    void aFileThatIsNoStateIsNeitherQuotedNorDeleted() throws IOException {
        Files.writeString(models.resolve("secret.json"), "{\"password\": \"hunter2\"}");
        for (String statement : List.of(
                "SELECT bn.secret(array(1d))", "SELECT * FROM bn.states.secret", "DROP TABLE bn.states.secret")) {
            assertThatThrownBy(() -> spark().sql(statement).collectAsList())
                    .hasMessageContaining("state secret cannot be used: its file is no state file")
                    .hasMessageContaining("replace it by fit with overwrite => true, or delete the file")
                    .satisfies(e -> assertThat(org.assertj.core.util.Throwables.getStackTrace(e))
                            .doesNotContain("hunter2")
                            .doesNotContain("password"));
        }
        assertThat(models.resolve("secret.json")).exists();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "'my models' | spark.sql.catalog.bn.models is 'my models', with quotes, which would be part of the name; expected a folder without quotes: SET spark.sql.catalog.bn.models=my models",
                "\"m\"     | expected a folder without quotes: SET spark.sql.catalog.bn.models=m",
                "~/mm        | spark.sql.catalog.bn.models is ~/mm, and ~ stands for no folder here; expected the whole path, such as /home/NAME/mm",
                "s3a://b/x   | spark.sql.catalog.bn.models is s3a://b/x, whose file system cannot be opened: ",
                "nope://b/x  | spark.sql.catalog.bn.models is nope://b/x, whose file system cannot be opened: No FileSystem for scheme",
            })
    void aFolderThatCannotBeIsNamed(String folder, String message) {
        spark().conf().set(MODELS, folder);
        for (String statement :
                List.of("SELECT bn.exact_avgg(1)", "SHOW TABLES IN bn.states", "CALL bn.system.fit('t', 's', 'x')")) {
            assertThatThrownBy(() -> spark().sql(statement).collectAsList()).hasStackTraceContaining(message);
        }
        assertThat(spark().sql("SELECT bn.exact_avg(1)").first().getDouble(0)).isEqualTo(1);
    }

    @Test
    void theCatalogTakesNoTables() {
        for (String statement : List.of(
                "CREATE TABLE bn.states.t (a INT)",
                "CREATE NAMESPACE bn.other",
                "ALTER TABLE bn.states.t RENAME TO bn.states.u")) {
            assertThatThrownBy(() -> spark().sql(statement)).isInstanceOf(Exception.class);
        }
        assertThat(spark().sql("SHOW NAMESPACES IN bn").collectAsList()).hasSize(2);
        assertThat(spark().sql("SHOW TABLES IN bn.system").collectAsList()).isEmpty();
    }
}
