package io.github.sparkbatchnorm.sql.procedure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.layer.BatchNormException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.types.DataTypes;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Calls that are interrupted, and calls at the same time. */
final class CallLifeTest extends ProcedureTesting {
    private static final long serialVersionUID = 1L;

    /** Counted down when a row of a slow view is read; tests run in one process with their executors. */
    private static volatile CountDownLatch begun = new CountDownLatch(1);

    /** Until it is counted down, no row of a slow view is read to its end. */
    private static volatile CountDownLatch end = new CountDownLatch(1);

    private final transient ExecutorService threads = Executors.newFixedThreadPool(2);

    @BeforeEach
    void makeSlowView() {
        begun = new CountDownLatch(1);
        end = new CountDownLatch(1);
        UDF1<Double, Double> slow = value -> {
            begun.countDown();
            end.await();
            return value;
        };
        MemoryCatalog.register(spark());
        spark().udf().register("proc_slow", slow, DataTypes.DoubleType);
        spark().sql("CREATE OR REPLACE TEMPORARY VIEW slow AS SELECT id, proc_slow(c0) AS c0, c1 FROM t");
        spark().sql("CREATE OR REPLACE TEMPORARY VIEW late AS SELECT id, c0, c1, proc_slow(c0) AS other FROM t");
    }

    @AfterEach
    void stop() throws InterruptedException {
        end.countDown();
        threads.shutdownNow();
        assertThat(threads.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
        spark().sql("DROP TABLE IF EXISTS proc_out");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    CALL PROC.fit('slow', 's', columns => 'c0,c1')
                    CALL PROC.stats('slow', columns => 'c0,c1')
                    CALL PROC.normalize('slow', 'train', columns => 'c0,c1', output_path => 'DIR/o', state_out => 's')
                    CALL PROC.normalize('late', 'train', columns => 'c0,c1', output_path => 'DIR/o', state_out => 's')
                    CALL PROC.normalize('late', 'train', columns => 'c0,c1', output_table => 'proc_new', state_out => 's')
                    CALL PROC.normalize('late', 'train', columns => 'c0,c1', output_table => 'proc_out', overwrite => true)
                    CALL PROC.normalize('late', 'train', columns => 'c0,c1', output_table => 'proc_renaming.proc_out', overwrite => true)
                    CALL PROC.normalize('late', 'train', columns => 'c0,c1', output_table => 'proc_staging.proc_out', overwrite => true)
                    CALL PROC.normalize('late', 'train', columns => 'c0,c1', output_table => 'proc_staging.proc_new', state_out => 's')
                    """)
    void theCallersTagEndsACallAndLeavesNothing(String call) throws Exception {
        spark().sql("CREATE TABLE proc_out USING parquet AS SELECT 'old' AS old");
        spark().sql("CREATE TABLE proc_renaming.proc_out AS SELECT 'old' AS old");
        spark().sql("CREATE TABLE proc_staging.proc_out AS SELECT 'old' AS old");
        SparkSession session = spark();
        session.addTag("mine"); // a new thread gets it, too
        Future<?> running = threads.submit(() -> {
            SparkSession.setActiveSession(session);
            rows(call);
        });
        assertThat(begun.await(30, TimeUnit.SECONDS)).isTrue();

        session.interruptTag("mine");
        session.removeTag("mine");

        assertThatThrownBy(() -> running.get(20, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasMessageContaining("cancelled");
        end.countDown(); // the tasks of a job that is cancelled run on
        assertThat(files("")).doesNotContain("o").noneMatch(name -> name.contains("batchnorm"));
        assertThat(files("models")).isEmpty();
        assertThat(rows("SHOW TABLES").toString()).doesNotContain("batchnorm", "proc_new");
        assertThat(rows("SELECT * FROM proc_out").toString()).isEqualTo("[[old]]");
        for (String catalog : List.of("proc_renaming", "proc_staging")) {
            assertThat(MemoryCatalog.of(session, catalog).names()).containsExactly("proc_out");
            assertThat(MemoryCatalog.of(session, catalog).tables.get("proc_out").rows())
                    .hasToString("[[old]]");
        }
    }

    @Test
    void twoCallsOnOneNameAreEachWholeOrAnError() throws Exception {
        fitAtOnce(4);
    }

    @Test
    @Tag("full")
    void manyTimesTwoCallsOnOneNameAreEachWholeOrAnError() throws Exception {
        fitAtOnce(200);
    }

    private void fitAtOnce(int rounds) throws Exception {
        for (int round = 0; round < rounds; round++) {
            String name = "r" + round;
            boolean overwrite = round % 2 == 0;
            List<Exception> failures = atOnce(fit(name, "id < 10", overwrite), fit(name, "id >= 10", overwrite));
            assertThat(failures).hasSizeLessThanOrEqualTo(1).allSatisfy(e -> assertThat(e)
                    .hasCauseInstanceOf(BatchNormException.class)
                    .hasMessageContaining("/models/" + name + ".json"));
            assertThat(model(name).runningMean()[0]).isIn(4.5, 14.5);
        }
        assertThat(files("models")).hasSize(rounds);
    }

    private Callable<?> fit(String name, String where, boolean overwrite) {
        return () -> rows(
                "CALL PROC.fit('t', '" + name + "', 'x', where => '" + where + "', overwrite => " + overwrite + ")");
    }

    @Tag("full")
    @Test
    void twoCallsOnOneTableAreEachWholeOrAnError() throws Exception {
        normalizeAtOnce("proc_out", 4);
    }

    @ParameterizedTest
    @Tag("full")
    @ValueSource(strings = {"proc_out", "proc_renaming.proc_out", "proc_staging.proc_out"})
    void manyTimesTwoCallsOnOneTableAreEachWholeOrAnError(String table) throws Exception {
        normalizeAtOnce(table, 60);
    }

    private void normalizeAtOnce(String table, int rounds) throws Exception {
        for (int round = 0; round < rounds; round++) {
            boolean overwrite = round % 2 == 0;
            List<Exception> failures =
                    atOnce(normalize("id < 10", table, overwrite), normalize("id >= 10", table, overwrite));
            assertThat(failures).hasSizeLessThanOrEqualTo(1).allSatisfy(e -> assertThat(e)
                    .hasCauseInstanceOf(BatchNormException.class)
                    .hasMessageContaining("output_table " + table));
            assertThat(normalizedRows(table)).isEqualTo(20);
            assertThat(rows("SHOW TABLES IN " + (table.equals("proc_out") ? "default" : table.replace(".proc_out", "")))
                            .toString())
                    .doesNotContain("batchnorm");
            if (round % 4 != 1) { // the third of four rounds replaces what the second made
                spark().sql("DROP TABLE " + table);
            }
        }
    }

    private long normalizedRows(String table) {
        if (table.equals("proc_out")) {
            return rows("SELECT count(x_normalized) FROM proc_out").get(0).getLong(0);
        }
        MemoryCatalog.MemoryTable written =
                MemoryCatalog.of(spark(), table.replace(".proc_out", "")).tables.get("proc_out");
        assertThat(written.columnNames()).contains("x_normalized");
        return written.rows().size();
    }

    private Callable<?> normalize(String where, String table, boolean overwrite) {
        return () -> rows("CALL PROC.normalize('t', 'train', 'x', where => '" + where + "', output_table => '" + table
                + "', overwrite => " + overwrite + ")");
    }

    /** The failures of two calls in this session at the same time. */
    private List<Exception> atOnce(Callable<?> one, Callable<?> other) throws InterruptedException {
        SparkSession session = spark();
        CountDownLatch ready = new CountDownLatch(2);
        List<Future<?>> calls = new ArrayList<>();
        for (Callable<?> call : List.of(one, other)) {
            calls.add(threads.submit(() -> {
                SparkSession.setActiveSession(session);
                ready.countDown();
                ready.await();
                return call.call();
            }));
        }
        List<Exception> failures = new ArrayList<>();
        for (Future<?> call : calls) {
            try {
                call.get();
            } catch (ExecutionException e) {
                failures.add(e);
            }
        }
        return failures;
    }
}
