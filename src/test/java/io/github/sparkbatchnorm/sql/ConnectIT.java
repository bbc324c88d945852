package io.github.sparkbatchnorm.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.spark.StateFiles;
import io.github.sparkbatchnorm.sql.SqlIT.Example;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** SQL of a client of Spark Connect: the server has the library from its start, or the client brings it. */
@Tag("connect")
final class ConnectIT {
    private static final Path JAR = SqlProgram.TARGET.resolve("spark-batchnorm.jar");
    private static final String SET_CATALOG = "SET spark.sql.catalog.bn=io.github.sparkbatchnorm.sql.BatchNormCatalog";
    private static final String SET_MODELS = "SET spark.sql.catalog.bn.models=";

    @TempDir
    private Path folder;

    /** Below the start folder, where the page writes. */
    private Path models;

    @BeforeEach
    void makeStates() throws IOException {
        assumeTrue(
                ConnectServer.isBuilt(),
                "skipped: target/connect has no jars of a Connect server and its client; mvn -P connect verify copies"
                        + " them there");
        models = folder.resolve("models/own");
        Files.createSymbolicLink(folder.resolve("jobs"), Path.of("jobs").toAbsolutePath());
        BatchNormState state = BatchNormState.of(
                BatchNormConfig.DEFAULT.withEps(0).withAffine(false),
                2,
                null,
                null,
                new double[] {1, 10},
                new double[] {4, 1},
                1);
        for (String place : List.of("models/own/wine", "models/own/sub/deep", "elsewhere/other")) {
            StateFiles.write(state, folder.resolve(place + ".json").toString(), new Configuration());
        }
        Files.createSymbolicLink(models.resolve("out"), folder.resolve("elsewhere"));
        Files.writeString(models.resolve("secret.json"), "{\"password\": \"hunter2\"}");
    }

    /** The options of a server whose users may have the states in the folder. */
    private static String[] options(String... more) {
        List<String> options = new ArrayList<>(List.of("--conf", "spark.sql.catalog.bn.models=models"));
        options.addAll(List.of(more));
        return options.toArray(String[]::new);
    }

    @Test
    void aServerWithTheJarHasTheCatalog() throws Exception {
        try (ConnectServer server = new ConnectServer(folder, options("--jars", JAR.toString()))) {
            assertPageIsTrue(new ConnectSession(server), SqlIT.examples());
            assertFunctions(new ConnectSession(server));
            assertProcedures(new ConnectSession(server));
            assertLimits(new ConnectSession(server));
        }
    }

    @Test
    void aClientThatBringsTheJarHasTheCatalogByOneSetting() throws Exception {
        try (ConnectServer server = new ConnectServer(folder, options())) {
            assertPageIsTrue(clientWithTheJar(server), SqlIT.examples());
            assertFunctions(clientWithTheJar(server));
            assertProceduresRun(clientWithTheJar(server));
            assertLimits(clientWithTheJar(server));
        }
    }

    private static ConnectSession clientWithTheJar(ConnectServer server) {
        ConnectSession client = new ConnectSession(server, JAR);
        client.expect(SET_CATALOG, "BatchNormCatalog");
        return client;
    }

    @Test
    void aServerCanHaveFunctionsWithoutStates() throws Exception {
        try (ConnectServer server =
                new ConnectServer(folder, options("--jars", JAR.toString(), "--conf", "spark.batchnorm.paths=none"))) {
            ConnectSession client = new ConnectSession(server);
            String refusal =
                    "states are files, and spark.batchnorm.paths is none; expected models or any, which is set when Spark starts";
            client.expect("SELECT bn.describe_agg(array(id)).mean AS mean FROM range(3)", "[1.0]");
            client.expect("SHOW USER FUNCTIONS IN bn", "bn.normalize");
            client.expect("SELECT bn.wine(array(3D, 4D))", refusal);
            client.expect("SELECT * FROM bn.states.wine", refusal);
            client.expect("SHOW TABLES IN bn.states", shown -> assertThat(shown).doesNotContain("wine", "error: "));
            client.expect("DROP TABLE bn.states.wine", refusal);
            client.expect("CREATE TEMPORARY VIEW t AS SELECT array(id) AS x FROM range(3)", "");
            client.expect("CALL bn.system.fit(table => 't', column => 'x', state => 'fitted')", refusal);
            client.expect("CALL bn.system.stats(table => 't', column => 'x')", "1.0");
            client.run();
        }
    }

    private static void assertPageIsTrue(ConnectSession client, List<Example> examples) throws Exception {
        assertThat(examples).hasSizeGreaterThan(9);
        examples.forEach(example -> client.expect(example.statement(), example::assertShown));
        client.run();
    }

    /** States, and errors. */
    private static void assertFunctions(ConnectSession client) throws Exception {
        client.expect(SET_MODELS + "models/own", "models/own");
        client.expect("SELECT bn.wine(array(3D, 4D)) AS y", "[1.0, -6.0]");
        client.expect("SELECT bn.wine_inverse(array(1D, -6D)) AS x", "[3.0, 4.0]");
        client.expect("SELECT running_mean, running_var FROM bn.states.wine WHERE channel = 1", "|10.0        |1.0");
        client.expect("SHOW TABLES IN bn.states", "|wine");
        client.expect("SHOW USER FUNCTIONS IN bn", "bn.wine_inverse");
        client.expect("SELECT bn.moments_agg(true)", "cannot process input");
        client.expect(
                "SELECT bn.normalize(array(1D), unhex('00'))",
                "normalize: no result of moments_agg, which is expected: ");
        client.expect("SELECT bn.wine(array(1D))", "expected C = 2");
        client.expect("SELECT bn.secret(array(1D))", "state secret cannot be used: its file is no state file");
        client.run();
    }

    private void assertProcedures(ConnectSession client) throws Exception {
        client.expect(SET_MODELS + "models/own", "models/own");
        client.expect("CREATE TEMPORARY VIEW t AS SELECT array(id, 2 * id) AS x FROM range(3)", "");
        client.expect("CALL bn.system.fit(table => 't', column => 'x', state => 'fitted')", "fitted.json");
        client.expect("SELECT running_mean FROM bn.states.fitted WHERE channel = 1", "2.0");
        client.expect(
                "CALL bn.system.normalize(table => 't', mode => 'eval', column => 'x', state_in => 'fitted',"
                        + " output_table => 'normalized')",
                "normalized");
        client.expect("SELECT count(*) AS n FROM normalized n JOIN t ON n.x_normalized = bn.fitted(t.x)", "|3");
        client.expect("DROP TABLE normalized", "");
        client.expect("CALL bn.system.fit(table => 't', column => 'x', state => 'secret')", "secret.json");
        client.expect(
                "CALL bn.system.fit(table => 't', column => 'x', state => 'next', state_in => 'secret')",
                "is no valid state of spark-batchnorm");
        for (String place : List.of(folder + "/elsewhere/new.json", "models/new.json", "file:/new")) {
            String refusal = " is the path " + place + ", and spark.batchnorm.paths is models; expected ";
            client.expect(
                    "CALL bn.system.fit(table => 't', column => 'x', state => '" + place + "')", "state" + refusal);
            client.expect(
                    "CALL bn.system.fit(table => 't', column => 'x', state => 'new', state_in => '" + place + "')",
                    "state_in" + refusal);
            client.expect(
                    "CALL bn.system.normalize(table => 't', mode => 'train', column => 'x', output_path => '" + place
                            + "')",
                    "output_path" + refusal);
        }
        client.expect(
                "CALL bn.system.normalize(table => 't', mode => 'train', column => 'x', output_table => 'parquet.`"
                        + folder + "/elsewhere/new`')",
                "error: ");
        client.run();
        assertThat(models.resolve("fitted.json")).isRegularFile();
        assertThat(folder.resolve("elsewhere").toFile().list()).containsExactly("other.json");
    }

    private static void assertProceduresRun(ConnectSession client) throws Exception {
        client.expect("CREATE TEMPORARY VIEW t AS SELECT id, id % 2 AS g, array(id) AS x FROM range(0, 30, 1, 12)", "");
        client.expect(
                "CALL bn.system.fit(table => 't', column => 'x', state => 'fitted', batch_column => 'g',"
                        + " momentum => 0.5)",
                "fitted");
        client.expect("CALL bn.system.stats(table => 't', column => 'x')", "|30   |14.5");
        client.run();
    }

    private void assertLimits(ConnectSession client) throws Exception {
        client.expect(SET_MODELS + "models/own/sub", "models/own/sub");
        client.expect("SELECT bn.deep(array(3D, 4D)) AS y", "[1.0, -6.0]");
        client.expect("SET spark.batchnorm.paths=any", "any");
        String models = this.models.toString();
        for (String place : List.of(
                folder + "/elsewhere",
                "elsewhere",
                models + "/../../elsewhere",
                models + "/out",
                "file:" + folder + "/elsewhere",
                "FILE:" + folder + "/elsewhere",
                "hdfs://127.0.0.1:1" + models)) {
            client.expect(SET_MODELS + place, place);
            client.expect(
                    "SELECT bn.other(array(3D, 4D)) AS y",
                    "spark.sql.catalog.bn.models is '" + place + "', and spark.batchnorm.paths is models; expected the"
                            + " folder that was set when Spark started, or one below it");
        }
        client.expect(SET_MODELS + "FILE:" + models + "/sub/../sub", "FILE:");
        client.expect("SELECT bn.deep(array(3D, 4D)) AS y", "[1.0, -6.0]");
        client.expect(SET_CATALOG.replace(".bn=", ".mine="), "BatchNormCatalog");
        client.expect("SET spark.sql.catalog.mine.models=" + models, models);
        client.expect(
                "SELECT mine.wine(array(3D, 4D)) AS y",
                "spark.sql.catalog.mine.models is '" + models + "', and spark.batchnorm.paths is models; expected no"
                        + " folder, since none was set when Spark started");
        client.run();
    }
}
