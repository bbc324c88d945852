package io.github.sparkbatchnorm.spark.scan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.spark.DatasetStatistics;
import io.github.sparkbatchnorm.spark.SharedSpark;
import io.github.sparkbatchnorm.spark.Tensors;
import io.github.sparkbatchnorm.spark.codec.TensorColumn;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.util.OptionalInt;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;

/** What is too large for the driver, or for a task, is refused before it is sent or summed. */
class DriverLimitsTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    private static final ScanSums MOMENTS = new ScanSums(true, false, false);

    private Dataset<Row> rows(String... expressions) {
        return spark().range(0, 20, 1, 3).selectExpr(expressions);
    }

    @Test
    void batchesThatAreTooManyForTheDriverAreAnError() {
        Dataset<Row> data = rows("array(id, 1) x", "id % 7 batch");
        assertThatThrownBy(() -> sevenBatches(data, new DriverRoom(2000, Long.MAX_VALUE)))
                .isInstanceOf(BatchNormException.class)
                .hasMessage(
                        "column x: 7 batches of 2 channels with results of 2.1 KiB; the driver needs 4.2 KiB of heap"
                                + " for that and has 2.0 KiB: set spark.driver.memory to 1g or more");
        assertThatThrownBy(() -> sevenBatches(data, new DriverRoom(1L << 30, 2000)))
                .isInstanceOf(BatchNormException.class)
                .hasMessage("column x: 7 batches of 2 channels with results of 2.1 KiB; spark.driver.maxResultSize is"
                        + " 2.0 KiB: give 1g or more");
    }

    @Test
    void aPartitionWithMoreThanItsShareOfTheBatchesIsRead() {
        Dataset<Row> data = rows("array(id, 1) x", "id % 7 batch");
        DatasetStatistics expected = Tensors.statistics(data, Tensors.columnByBatch("x", "batch"));
        for (int partitions : new int[] {1, 3, 40}) { // of 40, the share is none
            ScanOutcome<BatchResult.Statistics> outcome =
                    sevenBatches(data.repartition(partitions), new DriverRoom(1L << 30, 2200));
            assertThat(outcome.rows()).isEqualTo(20);
            assertThat(outcome.batches())
                    .extracting(batch -> batch.result().statistics().mean(0))
                    .isEqualTo(expected.batches().stream()
                            .map(batch -> batch.statistics().mean(0))
                            .toList());
        }
    }

    private static ScanOutcome<BatchResult.Statistics> sevenBatches(Dataset<Row> data, DriverRoom room) {
        TensorColumn tensor = TensorColumn.of(data.schema(), Tensors.columnByBatch("x", "batch"));
        return run(ScanInput.of(data, tensor, null), room);
    }

    private static ScanOutcome<BatchResult.Statistics> run(ScanInput input, DriverRoom room) {
        return new ScanPass<>(input, new ScanPlan.Statistics(NonFinitePolicy.PROPAGATE), room).run(OptionalInt.empty());
    }

    @Test
    void sumsThatTheDriverCannotTakeAreRefusedBeforeTheyAreSent() {
        Dataset<Row> data = rows("array(id, id * 1e100) x").repartition(3);
        TensorColumn tensor = TensorColumn.of(data.schema(), Tensors.column("x"));
        ScanInput input = ScanInput.of(data, tensor, null);
        assertThatThrownBy(() -> run(input, new DriverRoom(500, 1L << 30)))
                .hasStackTraceContaining("BatchNormException: column x: sums of 2 channels,")
                .hasStackTraceContaining("; the driver needs")
                .hasStackTraceContaining("has 500 bytes: set spark.driver.memory to 1g or more");
        assertThatThrownBy(() -> run(input, new DriverRoom(1L << 30, 300)))
                .hasStackTraceContaining("; spark.driver.maxResultSize is 300 bytes: give 1g or more");
        run(input, new DriverRoom(1L << 30, 1000));
    }

    @Test
    void channelsWhoseSumsCannotFitATaskAreRefused() {
        TensorColumn tensor = TensorColumn.ofArrays("column x", SampleShape.channelsFirst(10_000_000));
        assertThatThrownBy(() -> RowAccumulator.requireHeap(tensor, 10_000_000, 10_000_000, MOMENTS, 2, 4L << 30))
                .isInstanceOf(BatchNormException.class)
                .hasMessage(
                        tensor.describe() + ": sums of 10,000,000 channels need 3.4 GiB of heap in each of 2 tasks at"
                                + " once, and there are 4.0 GiB: set spark.executor.memory to 7g or more (in local"
                                + " mode, set spark.driver.memory)");
        RowAccumulator.requireHeap(tensor, 10_000_000, 10_000_000, MOMENTS, 1, 4L << 30);
        RowAccumulator.requireHeap(tensor, 10_000_000, 1000, MOMENTS, 2, 4L << 30);
    }
}
