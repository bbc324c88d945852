package io.github.sparkbatchnorm.spark.shims;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.spark.SharedSpark;
import java.nio.file.Path;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class OperatorRecorderTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    @Test
    void tellsTheOperatorsOfThePlanInItsLastForm() {
        try (OperatorRecorder recorder = new OperatorRecorder(spark())) {
            spark().sql("select id % 3, sum(id) from range(0, 100, 1, 4) group by 1")
                    .collectAsList();
            // AQEShuffleRead is put in while the query runs.
            assertThat(recorder.take())
                    .containsExactly("HashAggregate", "AQEShuffleRead", "Exchange", "Project", "Range");
            assertThat(recorder.take()).isEmpty();
        }
    }

    @Test
    void tellsTheOperatorsOfQueriesThatFail() {
        try (OperatorRecorder recorder = new OperatorRecorder(spark())) {
            assertThatThrownBy(() -> spark().sql("select max(assert_true(id < 0)) from range(3)")
                            .collectAsList())
                    .hasMessageContaining("id");
            assertThat(recorder.take()).contains("Range");
        }
    }

    @Test
    void hearsNothingOnceItIsClosed() {
        OperatorRecorder recorder = new OperatorRecorder(spark());
        recorder.close();
        spark().range(3).collectAsList();
        assertThat(recorder.take()).isEmpty();
    }

    @Test
    void tellsTheNodesOfAnotherEngineByTheirNames(@TempDir Path folder) {
        String path = folder.resolve("data").toString();
        spark().range(10).write().parquet(path);
        ForeignEngine engine = new ForeignEngine(ForeignVectors.REUSING, true);
        SparkSession shared = spark();
        SparkSession.clearActiveSession();
        SparkSession.clearDefaultSession();
        try {
            SparkSession session =
                    SparkSession.builder().withExtensions(engine::install).getOrCreate();
            try (OperatorRecorder recorder = new OperatorRecorder(session)) {
                session.read().parquet(path).groupBy().sum("id").collectAsList();
                assertThat(recorder.take()).containsExactly("HashAggregate", "Exchange", "ToRow", "Scan");
            }
        } finally {
            SparkSession.setDefaultSession(shared);
            SparkSession.setActiveSession(shared);
        }
    }
}
