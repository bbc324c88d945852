package io.github.sparkbatchnorm.spark.transform;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.spark.DatasetStatistics;
import io.github.sparkbatchnorm.spark.SharedSpark;
import io.github.sparkbatchnorm.spark.TensorBackward;
import io.github.sparkbatchnorm.spark.TensorDataset;
import io.github.sparkbatchnorm.spark.tensor.TensorOptions;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;

/** Spark computes rows that a program made when it plans a query: several threads then call one function. */
class SharedFunctionTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    private static final int THREADS = 2;
    private static final int ROUNDS = 40;

    /** Samples of two channels in two batches that alternate. */
    private TensorDataset x() {
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            double[] values = new double[40];
            for (int k = 0; k < values.length; k++) {
                values[k] = Math.sin(i * 100 + k) * (1 + i % 2 * 1000);
            }
            rows.add(RowFactory.create(i, i % 2, values, values));
        }
        Dataset<Row> data =
                spark().createDataFrame(rows, StructType.fromDDL("id INT, b INT, x ARRAY<DOUBLE>, dy ARRAY<DOUBLE>"));
        return TensorDataset.of(
                data, TensorOptions.column("x").withBatchColumn("b").withShape(SampleShape.channelsFirst(2, 20)));
    }

    private static List<String> rows(Dataset<Row> output) {
        return output.selectExpr("to_json(struct(id, y))").collectAsList().stream()
                .map(row -> row.getString(0))
                .toList();
    }

    private static void assertThreadsAgree(Dataset<Row> output) throws Exception {
        assertThat(output.queryExecution().optimizedPlan().nodeName()).isEqualTo("LocalRelation");
        List<String> expected = rows(output);
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            Callable<Void> reads = () -> {
                for (int round = 0; round < ROUNDS; round++) {
                    assertThat(rows(output).equals(expected)).isTrue(); // a message with all rows helps nobody
                }
                return null;
            };
            for (Future<Void> done : threads.invokeAll(List.of(reads, reads))) {
                done.get();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void threadsComputeTheSameRows() throws Exception {
        TensorDataset x = x();
        DatasetStatistics statistics = x.statistics();
        BatchNormState state = BatchNormState.initial(2, BatchNormConfig.DEFAULT);
        assertThreadsAgree(x.normalize(statistics, state, "y").inPlan());
        TensorBackward backward = x.backward(List.of("dy"));
        assertThreadsAgree(backward.inputGradients(backward.trainingGradients(BatchNormConfig.DEFAULT), state, "y")
                .inPlan());
    }
}
