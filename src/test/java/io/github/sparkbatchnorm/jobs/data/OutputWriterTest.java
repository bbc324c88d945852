package io.github.sparkbatchnorm.jobs.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.spark.SharedSpark;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Observation;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import scala.concurrent.duration.FiniteDuration;

final class OutputWriterTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    private static final FiniteDuration SHORT = FiniteDuration.apply(1, TimeUnit.MILLISECONDS);
    private static final FiniteDuration LONG = FiniteDuration.apply(1, TimeUnit.MINUTES);

    /** Opens when the task that sleeps runs. */
    private static final AtomicReference<CountDownLatch> RUNNING = new AtomicReference<>(new CountDownLatch(1));

    @Test
    void rowsAreObserved() {
        Observation written = new Observation();
        Dataset<Row> data = spark().range(7).toDF();
        data.observe(written, functions.count(functions.lit(1)).as("rows")).collect();
        assertThat(OutputWriter.rows(written, data.limit(3), LONG)).isEqualTo(7);
    }

    @Test
    void rowsThatSparkDoesNotTellAreCounted() {
        assertThat(OutputWriter.rows(new Observation(), spark().range(7).toDF(), SHORT))
                .isEqualTo(7);
    }

    @Test
    void anInterruptionEndsTheWait() {
        Dataset<Row> data = spark().range(7).toDF();
        Thread.currentThread().interrupt();
        try {
            assertThatThrownBy(() -> OutputWriter.rows(new Observation(), data, LONG))
                    .isInstanceOf(BatchNormException.class)
                    .hasMessage("interrupted before anything was published; nothing was changed");
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    /** A task that goes on could write into a folder that was deleted. */
    @Test
    void aWriteThatFailsEndsWithItsTasks(@TempDir java.nio.file.Path folder) {
        CountDownLatch slow = new CountDownLatch(1);
        RUNNING.set(slow);
        spark().udf().register("fail_or_sleep", (UDF1<Long, Long>) OutputWriterTest::failOrSleep, DataTypes.LongType);
        Dataset<Row> data = spark().range(0, 2, 1, 2).selectExpr("fail_or_sleep(id) x");
        OutputWriter writer = new OutputWriter("json", Map.of());
        Path output = new Path(folder.resolve("out").toString());
        assertThatThrownBy(() -> writer.write(data, List.of(), output)).hasStackTraceContaining("injected");
        assertThat(slow.getCount()).isZero();
        assertThat(spark().sparkContext().statusTracker().getExecutorInfos())
                .allMatch(executor -> executor.numRunningTasks() == 0);
    }

    private static long failOrSleep(long id) throws InterruptedException {
        if (id == 0) {
            RUNNING.get().await();
            throw new IllegalStateException("injected");
        }
        RUNNING.get().countDown();
        Thread.sleep(700);
        return id;
    }
}
