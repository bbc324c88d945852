package io.github.sparkbatchnorm.sql;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.spark.SharedSpark;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.spark.TaskContext;
import org.apache.spark.memory.MemoryConsumer;
import org.apache.spark.memory.MemoryMode;
import org.apache.spark.memory.TaskMemoryManager;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.execution.SparkPlan;
import org.apache.spark.sql.types.DataTypes;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import scala.jdk.javaapi.CollectionConverters;

/** Aggregates have the same bits where Spark sorts the rows of the groups, and where rows and states lie on disk. */
@Tag("full")
class SpillSqlTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    private static final Map<String, String> SMALL = Map.of(
            "spark.sql.adaptive.enabled", "false", // the plan is then the one that ran
            "spark.sql.objectHashAggregate.sortBased.fallbackThreshold", "1",
            "spark.sql.windowExec.buffer.in.memory.threshold", "4",
            "spark.sql.windowExec.buffer.spill.threshold", "8");

    private final transient AtomicLong onDisk = new AtomicLong();
    private final transient SparkListener listener = new SparkListener() {
        @Override
        public void onTaskEnd(SparkListenerTaskEnd end) {
            onDisk.addAndGet(end.taskMetrics().diskBytesSpilled());
        }
    };

    @BeforeEach
    void makeRows() throws Exception {
        spark().range(0, 600, 1, 3)
                .selectExpr(
                        "id",
                        "id * 7 % 40 g",
                        "1e8 + sin(id) v",
                        "array(1e8 + sin(id), if(id = 99, double('NaN'), id / 7), 1e-3 * cos(id)) x")
                .createOrReplaceTempView("t");
        spark().sparkContext().listenerBus().waitUntilEmpty(10_000); // tasks of other tests
        spark().sparkContext().addSparkListener(listener);
    }

    @AfterEach
    void restore() {
        small(false);
        spark().sparkContext().removeSparkListener(listener);
    }

    private void small(boolean on) {
        SMALL.forEach((key, value) -> {
            if (on) {
                spark().conf().set(key, value);
            } else {
                spark().conf().unset(key);
            }
        });
    }

    /** Asks for all memory, for which Spark writes to disk what else is in the task's memory. */
    private static final class Greedy extends MemoryConsumer {
        private static final long ALL = 1L << 40;

        Greedy(TaskMemoryManager memory) {
            super(memory, MemoryMode.ON_HEAP);
        }

        @Override
        public long spill(long size, MemoryConsumer trigger) {
            return 0;
        }

        static long spillOthers(long row) {
            Greedy greedy = new Greedy(TaskContext.get().taskMemoryManager());
            greedy.freeMemory(greedy.acquireMemory(ALL));
            return row;
        }
    }

    private static List<String> text(Dataset<Row> rows) {
        return rows.toJSON().collectAsList().stream().sorted().toList();
    }

    private static long metric(SparkPlan plan, String name) {
        long found = plan.metrics().contains(name) ? plan.metrics().apply(name).value() : 0;
        for (SparkPlan child : CollectionConverters.asJava(plan.children())) {
            found += metric(child, name);
        }
        return found;
    }

    private long onDisk() throws Exception {
        spark().sparkContext().listenerBus().waitUntilEmpty(10_000);
        return onDisk.getAndSet(0);
    }

    /** The states of the groups, and rows that wait, go to disk while the first groups are merged. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "bn.moments_agg(x) AS m, bn.describe_agg(x, 'ignore') AS s, bn.exact_var_pop(v) AS e FROM t",
                "bn.moments_merge_agg(m) AS m FROM (SELECT g, id % 5, bn.moments_agg(x) AS m FROM t GROUP BY 1, 2)"
            })
    void groupsThatAreSortedOnDiskHaveTheSameBits(String aggregates) throws Exception {
        spark().udf().register("spill_others", (UDF1<Long, Long>) Greedy::spillOthers, DataTypes.LongType);
        String query = "SELECT spill_others(g) AS g, " + aggregates + " GROUP BY g";
        List<String> expected = text(spark().sql(query));
        assertThat(expected).hasSize(40);
        assertThat(onDisk()).isZero();

        small(true);
        Dataset<Row> sorted = spark().sql(query);
        assertThat(text(sorted)).isEqualTo(expected);
        assertThat(onDisk()).isPositive();
        SparkPlan plan = sorted.queryExecution().executedPlan();
        sorted.queryExecution().toRdd().count();
        assertThat(metric(plan, "numTasksFallBacked")).as("tasks that sort").isPositive();
    }

    @ParameterizedTest
    @ValueSource(strings = {"PARTITION BY g", "PARTITION BY g ORDER BY id ROWS BETWEEN 3 PRECEDING AND 2 FOLLOWING"})
    void windowsWhoseRowsAreOnDiskHaveTheSameBits(String window) throws Exception {
        String query = "SELECT id, bn.moments_agg(x) OVER w AS m, bn.exact_avg(v) OVER w AS e FROM t WINDOW w AS ("
                + window + ")";
        List<String> expected = text(spark().sql(query));
        assertThat(onDisk()).isZero();

        small(true);
        assertThat(text(spark().sql(query))).isEqualTo(expected);
        assertThat(onDisk()).isPositive();
    }
}
