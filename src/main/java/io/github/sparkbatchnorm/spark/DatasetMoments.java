package io.github.sparkbatchnorm.spark;

import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.spark.codec.TensorColumn;
import io.github.sparkbatchnorm.spark.scan.BatchResult;
import io.github.sparkbatchnorm.spark.scan.ScanOutcome;
import io.github.sparkbatchnorm.spark.scan.ScanPlan;
import io.github.sparkbatchnorm.stats.ChannelMoments;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The exact sums of all global batches of a data set: what its statistics are rounded from. Immutable.
 *
 * <p>{@link ChannelMoments#combine} adds those of other data, such as of the next day, and
 * {@link ChannelMoments#toRecord} keeps them in a column, file or table. {@link ChannelMoments#subtract} takes those of
 * a part away.
 */
public final class DatasetMoments {
    private final TensorColumn tensor;
    private final NonFinitePolicy policy;
    private final @Nullable String where;
    private final ScanOutcome<BatchResult.Moments> outcome;

    DatasetMoments(
            TensorColumn tensor,
            NonFinitePolicy policy,
            @Nullable String where,
            ScanOutcome<BatchResult.Moments> outcome) {
        this.where = where;
        this.tensor = tensor;
        this.policy = policy;
        this.outcome = outcome;
    }

    /**
     * One global batch.
     *
     * @param key the value of the batch column: a {@link Long} for integers; for strings, dates and timestamps Spark's
     *     cast to string; null without a batch column
     * @param moments of each channel, over all values, finite or not
     */
    public record Batch(@Nullable Object key, ChannelMoments moments) {}

    /** {@return C, the number of channels} */
    public int channels() {
        return outcome.channels();
    }

    /** {@return the number of rows that count} Rows that are dropped and null samples that are kept do not. */
    public long rows() {
        return outcome.rows();
    }

    /** {@return the batches that have a value, in ascending order of the batch column; at most one without it} */
    public List<Batch> batches() {
        return outcome.batches().stream()
                .map(batch -> new Batch(batch.label(), batch.result().moments()))
                .toList();
    }

    /** {@return the moments of the whole data set: those of all batches combined} */
    public ChannelMoments whole() {
        ChannelMoments.Accumulator all = new ChannelMoments.Accumulator(channels());
        outcome.batches().forEach(batch -> all.addAll(batch.result().moments()));
        return all.snapshot();
    }

    /** {@return the statistics that these are rounded to, to the bit those of {@link TensorDataset#statistics}} */
    public DatasetStatistics statistics() {
        List<ScanOutcome.Batch<BatchResult.Statistics>> rounded = outcome.batches().stream()
                .map(batch -> new ScanOutcome.Batch<>(
                        batch.label(),
                        ScanPlan.rounded(batch.result().key(), batch.result().moments(), policy)))
                .toList();
        return DatasetStatistics.of(
                tensor,
                policy,
                where,
                null,
                new ScanOutcome<>(
                        channels(), rows(), outcome.fingerprint(), outcome.sparse(), outcome.size(), rounded));
    }

    @Override
    public String toString() {
        return "DatasetMoments[" + tensor.describe() + ", " + rows() + " rows, "
                + outcome.batches().size() + " batches]";
    }
}
