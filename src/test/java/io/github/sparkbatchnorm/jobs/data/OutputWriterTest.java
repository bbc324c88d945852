package io.github.sparkbatchnorm.jobs.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.spark.SharedSpark;
import java.util.concurrent.TimeUnit;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Observation;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.junit.jupiter.api.Test;
import scala.concurrent.duration.FiniteDuration;

final class OutputWriterTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    private static final FiniteDuration SHORT = FiniteDuration.apply(1, TimeUnit.MILLISECONDS);
    private static final FiniteDuration LONG = FiniteDuration.apply(1, TimeUnit.MINUTES);

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
}
