package io.github.sparkbatchnorm.spark;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.layer.Preset;
import io.github.sparkbatchnorm.layer.Provenance;
import io.github.sparkbatchnorm.spark.codec.BatchKey;
import io.github.sparkbatchnorm.spark.codec.TensorColumn;
import io.github.sparkbatchnorm.spark.rows.SparseRows;
import io.github.sparkbatchnorm.spark.scan.BatchResult;
import io.github.sparkbatchnorm.spark.scan.RowsSeen;
import io.github.sparkbatchnorm.spark.scan.ScanOutcome;
import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import io.github.sparkbatchnorm.stats.StatisticsDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.apache.spark.sql.types.DataTypes;
import org.jspecify.annotations.Nullable;

/** The statistics of all global batches of a data set. Immutable. */
public final class DatasetStatistics {
    private final int channels;
    private final long rows;
    private final List<Batch> batches;
    private final String digest;
    private final boolean byBatch;
    private final NonFinitePolicy policy;
    private final SparseRows sparse;
    private final String column;
    private final Provenance provenance;
    private final @Nullable RowsSeen seen;
    /** Of the batches, in their order. */
    private final List<BatchKey> keys = new ArrayList<>();

    private DatasetStatistics(
            TensorColumn tensor,
            NonFinitePolicy policy,
            @Nullable String where,
            @Nullable RowsSeen seen,
            ScanOutcome<BatchResult.Statistics> outcome) {
        this.seen = seen;
        channels = outcome.channels();
        rows = outcome.rows();
        sparse = outcome.sparse();
        byBatch = tensor.hasBatches();
        column = tensor.describe();
        this.policy = policy;
        List<Batch> found = new ArrayList<>();
        StatisticsDigest sum = new StatisticsDigest(channels);
        // The labels of timestamps depend on the session's time zone.
        boolean byTimestamp = tensor.batchType().equals(DataTypes.TimestampType);
        for (ScanOutcome.Batch<BatchResult.Statistics> batch : outcome.batches()) {
            BatchResult.Statistics result = batch.result();
            addTo(sum, batch.label(), byTimestamp, result);
            keys.add(result.key());
            found.add(new Batch(batch.label(), result.statistics()));
        }
        batches = List.copyOf(found);
        digest = sum.finish();
        provenance = new Provenance(
                rows,
                counts(batches, channels),
                digest,
                tensor.isChannelPerColumn() ? tensor.names() : null,
                tensor.shapeOf(outcome.size()),
                tensor.layout(),
                tensor.dtype(),
                List.of(),
                where,
                DatasetStatistics.class.getPackage().getImplementationVersion(),
                org.apache.spark.package$.MODULE$.SPARK_VERSION());
    }

    private static long[] counts(List<Batch> batches, int channels) {
        long[] counts = new long[channels];
        for (Batch batch : batches) {
            for (int c = 0; c < channels; c++) {
                counts[c] += batch.statistics().count(c);
            }
        }
        return counts;
    }

    /** @param seen all rows of the data; null if they are not guarded */
    static DatasetStatistics of(
            TensorColumn tensor,
            NonFinitePolicy policy,
            @Nullable String where,
            @Nullable RowsSeen seen,
            ScanOutcome<BatchResult.Statistics> outcome) {
        return new DatasetStatistics(tensor, policy, where, seen, outcome);
    }

    private static void addTo(
            StatisticsDigest sum, @Nullable Object label, boolean byTimestamp, BatchResult.Statistics result) {
        if (label == null) {
            sum.add(result.hash());
        } else if (label instanceof Long || byTimestamp) {
            sum.add(result.key().number(), result.hash());
        } else {
            sum.add(label.toString(), result.hash());
        }
    }

    /**
     * One global batch.
     *
     * @param key the value of the batch column: a {@link Long} for integers; for strings, dates and timestamps Spark's
     *     cast to string; null without a batch column
     * @param statistics of each channel, over all values, or over the finite ones where the others are ignored
     */
    public record Batch(@Nullable Object key, ChannelStatistics statistics) {}

    /** All rows of the data, also those that no condition matches; null if they are not guarded. */
    @Nullable
    RowsSeen seen() {
        return seen;
    }

    /** {@return C, the number of channels} */
    public int channels() {
        return channels;
    }

    /** {@return the number of rows that count} Rows that are dropped and null samples that are kept do not. */
    public long rows() {
        return rows;
    }

    /** {@return the batches that have a value, in ascending order of the batch column; at most one without it} */
    public List<Batch> batches() {
        return batches;
    }

    /** {@return whether the data has a batch column} */
    public boolean isByBatch() {
        return byBatch;
    }

    /**
     * {@return the statistics of data without a batch column; those of no values if there are no rows}
     *
     * @throws IllegalStateException if the data has a batch column
     */
    public ChannelStatistics whole() {
        if (byBatch) {
            throw new IllegalStateException(column
                    + ": statistics by batch; expected data without a batch column: use batches, or the moments");
        }
        return batches.isEmpty()
                ? ChannelMoments.empty(channels).statistics()
                : batches.get(0).statistics();
    }

    /**
     * {@return the digest of the statistics: {@code sha256:} and 64 hexadecimal digits} The same values in the same
     * batches have the same digest, in any order of the rows and however they are stored.
     */
    public String digest() {
        return digest;
    }

    /**
     * {@return the state after training on all batches, in ascending order} Where its running statistics are other
     * ones, its {@linkplain BatchNormState#provenance provenance} is this pass.
     *
     * @param before the state before them; its channels are matched by name where both have names
     * @throws BatchNormException if a channel of a batch has one value only
     * @throws IllegalArgumentException if the state has another number of channels, or other names
     * @see BatchNormState#afterBatches
     */
    public BatchNormState stateAfter(BatchNormState before) {
        requireMoreThanOneValue();
        List<ChannelStatistics> inOrder =
                batches.stream().map(Batch::statistics).toList();
        BatchNormState aligned = provenance.columns() == null ? before : before.forColumns(provenance.columns());
        BatchNormState after = aligned.afterBatches(inOrder, policy);
        return after.numBatchesTracked() == before.numBatchesTracked() ? aligned : after.withProvenance(provenance);
    }

    /**
     * {@return the state that a preset makes of data without a batch column, with this pass as its provenance}
     *
     * @param preset the way to fill the state
     * @param centres whether the mean is taken away
     * @param scales whether values are divided by the deviation
     * @throws BatchNormException if a channel has no values
     * @throws IllegalStateException if the data has a batch column
     */
    public BatchNormState stateOf(Preset preset, boolean centres, boolean scales) {
        return preset.state(whole(), centres, scales).withProvenance(provenance);
    }

    /** {@return a warning in words if rows were sparse and their normalized form is much larger; else empty} */
    public Optional<String> denseOutputWarning() {
        return Optional.ofNullable(sparse.becomingDense(column));
    }

    /** @throws BatchNormException if a channel of a batch has one value only */
    void requireMoreThanOneValue() {
        batches.forEach(batch -> BatchNormState.requireMoreThanOneValue(batch.statistics(), batch.key()));
    }

    /** Makes something of the statistics of each batch. */
    <T> Map<BatchKey, T> byKey(Function<ChannelStatistics, T> of) {
        Map<BatchKey, T> made = new HashMap<>();
        for (int i = 0; i < keys.size(); i++) {
            made.put(keys.get(i), of.apply(batches.get(i).statistics()));
        }
        return made;
    }

    /** @throws IllegalArgumentException if these are by batch and a tensor is not, or the other way round */
    void requireBatchesOf(TensorColumn tensor) {
        if (byBatch != tensor.hasBatches()) {
            throw new IllegalArgumentException(tensor.describe()
                    + (byBatch
                            ? ": statistics by batch for data without a batch column"
                            : ": statistics of one batch for data with a batch column")
                    + "; expected those of the same data");
        }
    }

    @Override
    public String toString() {
        return "DatasetStatistics[" + column + ", " + rows + " rows, " + batches.size() + " batches, " + digest + "]";
    }
}
