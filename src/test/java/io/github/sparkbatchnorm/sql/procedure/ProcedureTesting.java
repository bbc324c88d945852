package io.github.sparkbatchnorm.sql.procedure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.io.StateJson;
import io.github.sparkbatchnorm.jobs.CommandTest;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.types.DataTypes;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** The base of tests that call procedures on data in a folder of their own. */
abstract class ProcedureTesting extends CommandTest {
    private static final long serialVersionUID = 1L;

    private static final AtomicLong CALLS = new AtomicLong();

    private static final String MODELS = "spark.sql.catalog.bn.models";

    @AfterEach
    void forgetModels() {
        spark().conf().unset(MODELS);
    }

    /**
     * A view of id, a tensor column x of two channels, a batch column b of three batches, and the channels c0 and c1.
     */
    @BeforeEach
    void makeView() {
        spark().conf().set(MODELS, directory.resolve("models").toString());
        spark().sql("CREATE OR REPLACE TEMPORARY VIEW t AS SELECT id, array(double(id), id * id) AS x, id % 3 AS b,"
                + " double(id) AS c0, id * id AS c1 FROM range(20)");
    }

    /** A view that gives other numbers each time, of which Spark does not know. */
    final void makeLyingView() {
        spark().udf()
                .register("lies", (UDF1<Long, Double>) id -> (double) CALLS.incrementAndGet(), DataTypes.DoubleType);
        spark().sql(
                        "CREATE OR REPLACE TEMPORARY VIEW lying AS SELECT id, array(lies(id), double(id)) AS x FROM range(20)");
    }

    /** The rows of a call; PROC stands for the namespace of procedures and DIR for the folder. */
    final List<Row> rows(String statement) {
        return spark().sql(filled(statement)).collectAsList();
    }

    /** The only row of a call. */
    final Row row(String statement) {
        List<Row> rows = rows(statement);
        assertThat(rows).describedAs(statement).hasSize(1);
        return rows.get(0);
    }

    final String filled(String statement) {
        return statement.replace("PROC.", "bn.system.").replace("DIR", directory.toString());
    }

    /** A call that fails with one line of ours. */
    final void fails(String statement, String... parts) {
        assertThatThrownBy(() -> rows(statement))
                .describedAs(statement)
                .isInstanceOf(BatchNormException.class)
                .satisfies(e ->
                        assertThat(e.getMessage()).doesNotContain("--", "\n").containsSubsequence(parts));
    }

    final BatchNormState model(String name) throws IOException {
        Path file = directory.resolve("models").resolve(name + ".json");
        return StateJson.read(Files.readString(file), name);
    }

    /** The names of what is in a folder, hidden or not, which may not exist. */
    final List<String> files(String folder) throws IOException {
        Path path = directory.resolve(folder);
        if (!Files.exists(path)) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(path)) {
            return all.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }
}
