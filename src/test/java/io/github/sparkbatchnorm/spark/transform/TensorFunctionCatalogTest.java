package io.github.sparkbatchnorm.spark.transform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.spark.BroadcastDataset;
import io.github.sparkbatchnorm.spark.SharedSpark;
import io.github.sparkbatchnorm.spark.TensorDataset;
import io.github.sparkbatchnorm.spark.Tensors;
import io.github.sparkbatchnorm.spark.codec.TensorColumn;
import io.github.sparkbatchnorm.spark.rows.ColumnReader;
import io.github.sparkbatchnorm.spark.tensor.HandleInvalid;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;

/** Our functions are found by every session, and leave nothing in its settings. */
class TensorFunctionCatalogTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    private static final String SETTING = "spark.sql.catalog.spark_batchnorm_internal";
    private static final BatchNormState STATE = BatchNormState.initial(1, BatchNormConfig.DEFAULT);

    private static List<Row> normalized(SparkSession session) {
        Dataset<Row> data = session.range(5).selectExpr("if(id = 4, null, array(double(id))) x");
        TensorDataset x = TensorDataset.of(data, Tensors.column("x", HandleInvalid.SKIP));
        try (BroadcastDataset result = x.normalize(STATE, "y").broadcast()) {
            return result.dataset().collectAsList();
        }
    }

    @Test
    void anOutputLeavesNoSettingInItsSessionAndTheNextIsResolvedToo() {
        SparkSession session = spark().newSession();
        List<Row> first = normalized(session);
        assertThat(first).hasSize(4);
        assertThat(session.conf().getOption(SETTING).isEmpty()).isTrue();
        assertThat(normalized(session)).isEqualTo(first);
        assertThat(session.conf().getOption(SETTING).isEmpty()).isTrue();
    }

    @Test
    void anOutputIsUsedInPlansAfterItsFunctionIsResolved() {
        SparkSession session = spark().newSession();
        Dataset<Row> data = session.range(5).selectExpr("id", "array(double(id)) x");
        TensorDataset x = TensorDataset.of(data, Tensors.column("x"));
        try (BroadcastDataset result = x.normalize(STATE, "y").broadcast()) {
            result.dataset().createOrReplaceTempView("normalized");
            assertThat(session.sql("select a.y from normalized a join normalized b using (id) where b.y[0] > 1")
                            .count())
                    .isEqualTo(3);
        }
    }

    @Test
    void aResolutionThatFailsDoesNotKeepTheNextFromSucceeding() {
        SparkSession session = spark().newSession();
        Dataset<Row> data = session.range(5).selectExpr("array(double(id)) x");
        ColumnReader reader = new ColumnReader(TensorColumn.of(data.schema(), Tensors.column("x")), null, false);
        Column[] columns = reader.columns(data);
        RowFilterFunction function = new RowFilterFunction(data.select(columns).schema(), reader);
        assertThatThrownBy(() -> TensorFunctionCatalog.call(session, function, columns, call -> {
                    throw new IllegalStateException("not resolved");
                }))
                .hasMessage("not resolved");
        assertThat(normalized(session)).hasSize(4);
        assertThat(session.conf().getOption(SETTING).isEmpty()).isTrue();
    }

    @Test
    void threadsOfSeveralSessionsResolveAtTheSameTime() throws Exception {
        List<SparkSession> sessions = new ArrayList<>();
        List<Callable<List<Row>>> tasks = new ArrayList<>();
        for (int s = 0; s < 3; s++) {
            SparkSession session = spark().newSession();
            sessions.add(session);
            for (int i = 0; i < 4; i++) {
                tasks.add(() -> normalized(session));
            }
        }
        List<Row> expected = normalized(spark());
        ExecutorService threads = Executors.newFixedThreadPool(tasks.size());
        try {
            for (Future<List<Row>> rows : threads.invokeAll(tasks)) {
                assertThat(rows.get()).isEqualTo(expected);
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(sessions)
                .allMatch(session -> session.conf().getOption(SETTING).isEmpty());
    }
}
