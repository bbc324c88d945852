package io.github.sparkbatchnorm.spark;

import io.github.sparkbatchnorm.layer.ChannelGradients;
import io.github.sparkbatchnorm.spark.codec.BatchKey;
import io.github.sparkbatchnorm.spark.codec.TensorColumn;
import io.github.sparkbatchnorm.spark.rows.SparseRows;
import io.github.sparkbatchnorm.spark.scan.BatchResult;
import io.github.sparkbatchnorm.spark.scan.RowsSeen;
import io.github.sparkbatchnorm.spark.scan.ScanOutcome;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** The gradients of weight and bias of all global batches of a data set. Immutable. */
public final class DatasetGradients {
    private final String column;
    private final int channels;
    private final long rows;
    private final SparseRows sparse;
    private final boolean byBatch;
    /** That training has added to variances; NaN in evaluation. */
    private final double eps;
    /** The rows of the data; null if they are not guarded. */
    private final @Nullable RowsSeen seen;

    private final List<Batch> batches = new ArrayList<>();
    /** Of the batches, in their order. */
    private final List<BatchKey> keys = new ArrayList<>();

    private DatasetGradients(TensorColumn tensor, ScanOutcome<?> outcome, double eps, boolean guarded) {
        this.seen = guarded ? outcome.seen() : null;
        this.column = tensor.describe();
        this.byBatch = tensor.hasBatches();
        this.channels = outcome.channels();
        this.rows = outcome.rows();
        this.sparse = outcome.sparse();
        this.eps = eps;
    }

    static DatasetGradients ofTraining(
            TensorColumn tensor, ScanOutcome<BatchResult.WithStatistics> outcome, double eps, boolean guarded) {
        DatasetGradients gradients = new DatasetGradients(tensor, outcome, eps, guarded);
        for (ScanOutcome.Batch<BatchResult.WithStatistics> batch : outcome.batches()) {
            BatchResult.WithStatistics result = batch.result();
            gradients.keys.add(result.key());
            gradients.batches.add(new Batch(batch.label(), result.statistics(), result.gradients()));
        }
        return gradients;
    }

    static DatasetGradients ofEvaluation(TensorColumn tensor, ScanOutcome<BatchResult.Gradients> outcome) {
        DatasetGradients gradients = new DatasetGradients(tensor, outcome, Double.NaN, false);
        for (ScanOutcome.Batch<BatchResult.Gradients> batch : outcome.batches()) {
            gradients.keys.add(batch.result().key());
            gradients.batches.add(new Batch(batch.label(), null, batch.result().gradients()));
        }
        return gradients;
    }

    /**
     * One global batch.
     *
     * @param key the value of the batch column: a {@link Long} for integers; for strings, dates and timestamps Spark's
     *     cast to string; null without a batch column
     * @param statistics of the samples; null where running statistics are used
     * @param gradients dweight and dbias of each channel: sums over the batch
     */
    public record Batch(@Nullable Object key, @Nullable ChannelStatistics statistics, ChannelGradients gradients) {}

    /** The rows of the data; null if they are not guarded. */
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
        return List.copyOf(batches);
    }

    /** {@return whether the data has a batch column} */
    public boolean isByBatch() {
        return byBatch;
    }

    /**
     * {@return the gradients of data without a batch column; zeros if there are no rows}
     *
     * @throws IllegalStateException if the data has a batch column
     */
    public ChannelGradients whole() {
        if (byBatch) {
            throw new IllegalStateException(
                    column + ": gradients by batch; expected data without a batch column: use batches");
        }
        return batches.isEmpty()
                ? ChannelGradients.zero(channels)
                : batches.get(0).gradients();
    }

    /** {@return a warning in words if rows were sparse and dx is much larger; else empty} */
    public Optional<String> denseOutputWarning() {
        return Optional.ofNullable(sparse.becomingDense(column));
    }

    /** @throws IllegalArgumentException if these are not of training, or of training with another eps */
    void requireEps(double expected) {
        if (Double.isNaN(eps)) {
            throw new IllegalArgumentException(column
                    + ": gradients of evaluation mode, without statistics; expected those of trainingGradients, or no"
                    + " gradients: dx of evaluation mode needs the state alone");
        }
        if (eps != expected) {
            throw new IllegalArgumentException(
                    column + ": gradients with eps " + eps + "; expected " + expected + ", as the state has");
        }
    }

    /** Makes something of the gradients and the statistics of each batch of training. */
    <T> Map<BatchKey, T> byKey(BiFunction<ChannelGradients, ChannelStatistics, T> of) {
        Map<BatchKey, T> made = new HashMap<>();
        for (int i = 0; i < keys.size(); i++) {
            Batch batch = batches.get(i);
            if (batch.statistics() != null) {
                made.put(keys.get(i), of.apply(batch.gradients(), batch.statistics()));
            }
        }
        return made;
    }

    @Override
    public String toString() {
        return "DatasetGradients[" + column + ", " + rows + " rows, " + batches.size() + " batches]";
    }
}
