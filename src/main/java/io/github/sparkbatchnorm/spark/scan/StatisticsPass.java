package io.github.sparkbatchnorm.spark.scan;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.spark.tensor.TensorColumn;
import io.github.sparkbatchnorm.stats.StatisticsDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataTypes;
import org.jspecify.annotations.Nullable;

/** The distributed statistics of a tensor column: one scan of the columns needed. */
public final class StatisticsPass {
    private StatisticsPass() {}

    /**
     * Scans a data set, at once.
     *
     * @param data rows with the tensor
     * @param tensor the tensor column or the channel columns, resolved in the schema of the data; tells the batch
     *     column, too
     * @param policy what happens to values that are not finite: {@code IGNORE} leaves them out, {@code FAIL} refuses
     *     them; with the others the statistics of their channels are not finite either
     * @param expectedChannels C that a state tells; empty if nothing does
     * @return the statistics of each global batch; none without rows
     * @throws BatchNormException if rows cannot be used, if there are none and nothing tells the number of channels, if
     *     that is not the expected one, or if there are more batches than a driver takes
     */
    public static DatasetStatistics run(
            Dataset<Row> data, TensorColumn tensor, NonFinitePolicy policy, OptionalInt expectedChannels) {
        return run(ScanInput.of(data, tensor, null), policy, expectedChannels);
    }

    /**
     * Scans an input, at once; no API.
     *
     * @param input samples
     * @param policy as in {@link #run(Dataset, TensorColumn, NonFinitePolicy, OptionalInt)}
     * @param expectedChannels C that a state tells; empty if nothing does
     * @return the statistics of each global batch; none without rows
     */
    public static DatasetStatistics run(ScanInput input, NonFinitePolicy policy, OptionalInt expectedChannels) {
        ScanPass.Outcome<BatchResult.Statistics> outcome = new ScanPass<>(input, new ScanPlan.Statistics(policy))
                .run("statistics of " + input.tensor().describe(), expectedChannels);
        boolean byTimestamp = input.tensor().batchType().equals(DataTypes.TimestampType);
        StatisticsDigest digest = new StatisticsDigest(outcome.channels());
        List<DatasetStatistics.Batch> batches = new ArrayList<>();
        for (ScanPass.LabelledBatch<BatchResult.Statistics> batch : outcome.batches()) {
            BatchResult.Statistics result = batch.result();
            addTo(digest, batch.label(), byTimestamp, result);
            batches.add(new DatasetStatistics.Batch(result.key(), batch.label(), result.statistics()));
        }
        return new DatasetStatistics(outcome.channels(), outcome.rows(), outcome.sparse(), batches, digest.finish());
    }

    /** @param byTimestamp whether keys are timestamps, whose labels depend on the session's time zone */
    private static void addTo(
            StatisticsDigest digest, @Nullable Object label, boolean byTimestamp, BatchResult.Statistics result) {
        if (label == null) {
            digest.add(result.hash());
        } else if (label instanceof Long || byTimestamp) {
            digest.add(result.key().number(), result.hash());
        } else {
            digest.add(label.toString(), result.hash());
        }
    }
}
