package io.github.sparkbatchnorm.spark;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.spark.tensor.HandleInvalid;
import io.github.sparkbatchnorm.spark.tensor.TensorOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The two passes of training see the same rows, or the run is an error. */
class GuardTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    private static final String ROWS = "select id, id % 3 b, array(sin(id), cos(id), double(id), 1d, id * 0.5d) x,"
            + " float(id) f, sin(id) d, if(id % 5 = 0, null, id) k from range(0, 30, 1, 3)";

    @TempDir
    Path directory;

    private Dataset<Row> sql(String query) {
        return spark().sql(query);
    }

    /**
     * Reads the data once for statistics and once for the output, and compares; what is done in between can be wrong.
     */
    private static void run(TensorDataset x, Consumer<Dataset<Row>> action) {
        TensorDataset guarded = x.withGuard();
        DatasetStatistics statistics = guarded.statistics();
        BatchNormState state = BatchNormState.initial(statistics.channels(), BatchNormConfig.DEFAULT);
        try (BroadcastDataset y = guarded.normalize(statistics, state, "y").broadcast()) {
            action.accept(y.dataset());
            y.requireSameRows();
        }
    }

    private static void readAll(Dataset<Row> y) {
        y.write().format("noop").mode("overwrite").save();
    }

    /** Writes rows into a file, in place of those that are there. */
    private Path store(Dataset<Row> rows) throws IOException {
        return Files.write(directory.resolve("data.json"), rows.toJSON().collectAsList());
    }

    private TensorDataset stored(String query, TensorOptions options) throws IOException {
        Dataset<Row> rows = sql(query);
        return TensorDataset.of(
                spark().read().schema(rows.schema()).json(store(rows).toString()), options);
    }

    /** Columns are read by batches in one pass and by rows in the other. */
    @ParameterizedTest
    @ValueSource(strings = {"parquet", "orc", "json"})
    void rowsThatStayAreTheSame(String format) {
        String path = directory.resolve(format).toString();
        sql(ROWS).write().format(format).save(path);
        Dataset<Row> data = spark().read().format(format).load(path);
        for (TensorOptions options : List.of(
                Tensors.column("x"),
                Tensors.columnByBatch("x", "b"),
                Tensors.channels(HandleInvalid.ERROR, "f", "d"),
                Tensors.channels(HandleInvalid.ERROR, "f"),
                Tensors.channels(HandleInvalid.KEEP, "d", "k"),
                Tensors.channels(HandleInvalid.SKIP, "k", "f"))) {
            assertThatCode(() -> run(TensorDataset.of(data, options), GuardTest::readAll))
                    .describedAs("%s", options)
                    .doesNotThrowAnyException();
        }
        assertThatCode(() -> run(TensorDataset.of(data, Tensors.column("x")).withWhere("id < 7"), GuardTest::readAll))
                .doesNotThrowAnyException();
    }

    /** Spark computes these while it plans, once or more often, and not in a task. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "select * from values (array(1d, 2d)), (array(3d, 5d)) as t(x)",
                "select array(1d, 2d) x from range(3)",
                "select array(1d, 2d) x union all select array(double(id), 3d) from range(9)"
            })
    void rowsThatThePlanHoldsAreTheSame(String query) {
        TensorDataset x = TensorDataset.of(sql(query), Tensors.column("x"));
        assertThatCode(() -> run(x, GuardTest::readAll)).doesNotThrowAnyException();
        String table = directory.resolve("t").toString();
        assertThatCode(() -> run(x, y -> y.write().parquet(table))).doesNotThrowAnyException();
    }

    /** A task of a partition that runs again counts once: here in a shuffle whose job runs twice. */
    @Test
    void aPartitionThatIsComputedAgainCountsOnce() throws IOException {
        TensorDataset x = stored(ROWS, Tensors.columnByBatch("x", "b"));
        assertThatCode(() -> run(x, y -> {
                    readAll(y.repartitionByRange(4, functions.col("id")));
                    readAll(y);
                }))
                .doesNotThrowAnyException();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "id, b, x            | where id <> 7                           | 29 rows instead of 30",
                "id, b, x            | union all select id, b, x from old where id = 7 | 31 rows instead of 30",
                "id, b, transform(x, v -> if(v = 7, 8d, v)) | | 30 rows, some with other values",
                "id, case id when 7 then 2 when 8 then 1 else b end, x | | 30 rows, some with other values",
            })
    void rowsThatChangeBetweenThePassesAreAnError(String columns, String rest, String message) throws IOException {
        TensorDataset x = stored("select id, b, x from (" + ROWS + ")", Tensors.columnByBatch("x", "b"));
        x.data().createOrReplaceTempView("old");
        String changed = "select " + columns + " from old " + (rest == null ? "" : rest);
        assertThatThrownBy(() -> run(x, y -> {
                    try {
                        store(sql(changed).toDF("id", "b", "x"));
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                    readAll(y);
                }))
                .isInstanceOf(BatchNormException.class)
                .hasMessage("column x: the second pass over the data found " + message
                        + "; expected what the first one found: the data has changed, or is not the same each time that it"
                        + " is read; write it to files or to a table of its own, and read that");
    }

    private static final AtomicLong CALLS = new AtomicLong();

    /** Spark does not know that this function gives something else each time. */
    @Test
    void aFunctionThatLiesIsAnError() {
        spark().udf()
                .register("lies", (UDF1<Long, Double>) id -> (double) CALLS.incrementAndGet(), DataTypes.DoubleType);
        TensorDataset x = TensorDataset.of(sql("select array(lies(id), 1d) x from range(5)"), Tensors.column("x"));
        assertThatThrownBy(() -> run(x, GuardTest::readAll))
                .isInstanceOf(BatchNormException.class)
                .hasMessageContaining("found 5 rows, some with other values");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select array(rand(), 1d) x from range(3)",
                "select array(1d) x, monotonically_increasing_id() m from range(3)",
                "select array(d, d) x from (select id * 1d d from range(9)) where rand(3) < 0.5"
            })
    void whatSparkKnowsToChangeIsRefusedAtOnce(String query) {
        TensorDataset x = TensorDataset.of(sql(query), Tensors.column("x"));
        assertThatThrownBy(x::withGuard)
                .isInstanceOf(BatchNormException.class)
                .hasMessageMatching(
                        "column x: the data is made with (rand\\(.*\\)|monotonically_increasing_id\\(\\)), which"
                                + " may be another value each time that it is read, and two passes read it; write it to files or to a"
                                + " table first, and read that");
    }

    @Test
    void gradientsAreGuardedToo() throws IOException {
        String query = "select array(double(id), 1d) x, array(1d, sin(id)) dy from range(9)";
        TensorDataset x = stored(query, Tensors.column("x")).withGuard();
        TensorBackward backward = x.backward(List.of("dy"));
        DatasetGradients gradients = backward.trainingGradients(BatchNormConfig.DEFAULT);
        BatchNormState state = BatchNormState.initial(2, BatchNormConfig.DEFAULT);
        try (BroadcastDataset dx =
                backward.inputGradients(gradients, state, "dx").broadcast()) {
            readAll(dx.dataset());
            assertThatCode(dx::requireSameRows).doesNotThrowAnyException();
        }
        try (BroadcastDataset dx =
                backward.inputGradients(gradients, state, "dx").broadcast()) {
            store(sql(query.replace("sin(id)", "cos(id)")));
            readAll(dx.dataset());
            assertThatThrownBy(dx::requireSameRows).hasMessageContaining("9 rows, some with other values");
        }
    }

    @Test
    void whatHasNoGuardIsNotCompared() {
        TensorDataset x = TensorDataset.of(sql(ROWS), Tensors.column("x"));
        DatasetStatistics statistics = x.statistics();
        BatchNormState state = BatchNormState.initial(5, BatchNormConfig.DEFAULT);
        try (BroadcastDataset y = x.normalize(statistics, state, "y").broadcast()) {
            assertThatCode(y::requireSameRows).doesNotThrowAnyException();
        }
        TensorDataset guarded = x.withGuard();
        try (BroadcastDataset y =
                guarded.normalize(guarded.statistics(), state, "y").broadcast()) {
            assertThatThrownBy(y::requireSameRows).hasMessageContaining("0 rows instead of 30");
        }
    }
}
