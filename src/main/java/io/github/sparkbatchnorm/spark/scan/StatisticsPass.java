package io.github.sparkbatchnorm.spark.scan;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.spark.tensor.TensorColumn;
import io.github.sparkbatchnorm.stats.StatisticsDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataTypes;

/** The distributed statistics of a tensor column: one scan of the columns needed. */
public final class StatisticsPass {
    private StatisticsPass() {}

    /**
     * Scans a data set.
     *
     * @param expectedChannels C that a state tells, 0 if nothing does
     * @throws BatchNormException if rows cannot be used, if there are none and nothing tells the number of channels, if
     *     that is not the expected one, or if there are more batches than a driver takes
     */
    public static DatasetStatistics run(
            Dataset<Row> data, TensorColumn tensor, NonFinitePolicy policy, int expectedChannels) {
        return run(ScanInput.of(data, tensor, null), policy, expectedChannels);
    }

    public static DatasetStatistics run(ScanInput input, NonFinitePolicy policy, int expectedChannels) {
        ScanPass.Outcome outcome = new ScanPass(input, policy, null)
                .run("statistics of " + input.tensor().describe(), expectedChannels);
        List<DatasetStatistics.Batch> batches = new ArrayList<>();
        StatisticsDigest digest = new StatisticsDigest(outcome.channels());
        for (int i = 0; i < outcome.batches().size(); i++) {
            BatchResult result = outcome.batches().get(i);
            Object label = outcome.labels().get(i);
            byte[] hash = Objects.requireNonNull(result.hash());
            if (label == null) {
                digest.add(hash);
            } else if (label instanceof Long || input.tensor().batchType().equals(DataTypes.TimestampType)) {
                digest.add(result.key().number(), hash); // the text of a timestamp depends on the session's time zone
            } else {
                digest.add(label.toString(), hash);
            }
            batches.add(new DatasetStatistics.Batch(result.key(), label, Objects.requireNonNull(result.statistics())));
        }
        return new DatasetStatistics(outcome.channels(), outcome.rows(), outcome.sparse(), batches, digest.finish());
    }
}
