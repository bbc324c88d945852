package io.github.sparkbatchnorm.spark.rows;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.spark.codec.BatchKey;
import io.github.sparkbatchnorm.spark.codec.RowDefect;
import io.github.sparkbatchnorm.spark.codec.RowSample;
import io.github.sparkbatchnorm.spark.codec.TensorColumn;
import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * Reads from a row what a pass needs: a sample, perhaps its gradients, perhaps its batch.
 *
 * @param <R> the row
 */
public abstract class RowReader<R> implements Serializable {
    private static final long serialVersionUID = 1L;

    private final TensorColumn tensor;
    private final @Nullable TensorColumn gradients;
    private final boolean withExamples;
    private final boolean guarded;

    /**
     * @param gradients of the tensor; null if there are none
     * @param withExamples whether rows describe themselves
     * @param guarded whether rows have fingerprints
     */
    RowReader(TensorColumn tensor, @Nullable TensorColumn gradients, boolean withExamples, boolean guarded) {
        this.tensor = tensor;
        this.gradients = gradients;
        this.withExamples = withExamples;
        this.guarded = guarded;
    }

    /** What a pass finds in a row. */
    public sealed interface Outcome permits Usable, Problem {}

    /** A row without a problem of its own. */
    public enum Usable implements Outcome {
        /** The pair holds values. */
        VALUES,
        /** The sample is null, or has no gradients, and the policy for nulls allows that. */
        WITHOUT_VALUES,
        /** The sample is of a size that its column does not allow: {@link RowSample#size} tells. */
        WRONG_SIZE
    }

    /**
     * A row that cannot be used.
     *
     * @param ofGradients whether the gradients are at fault, and not the sample
     * @param defect of the sample or the gradients
     */
    public record Problem(boolean ofGradients, RowDefect defect) implements Outcome {}

    /** {@return the columns of the samples} */
    public final TensorColumn tensor() {
        return tensor;
    }

    /** {@return the columns of the gradients; null if none are read} */
    public final @Nullable TensorColumn gradients() {
        return gradients;
    }

    /** {@return whether rows describe themselves} */
    public final boolean withExamples() {
        return withExamples;
    }

    /** {@return whether the rows of a pass are compared with those of another, by their fingerprints} */
    public final boolean isGuarded() {
        return guarded;
    }

    /**
     * {@return the {@link RowFingerprint} of a row that has values}
     *
     * @param row as the pass has it
     * @param pair its values
     */
    public final long fingerprint(R row, RowPair pair) {
        long batch = 0;
        if (hasBatches()) {
            BatchKey key = batchKey(row);
            batch = key.number() ^ key.text().hashCode();
        }
        return RowFingerprint.of(batch, pair, gradients != null);
    }

    /** {@return whether rows belong to batches} */
    public boolean hasBatches() {
        return false;
    }

    /** Reads the sample of a row. */
    abstract void read(R row, RowSample x);

    /** Reads the gradients of a row. */
    abstract void readGradients(R row, TensorColumn column, RowSample dy);

    /**
     * {@return whether the batch of a row is null}
     *
     * @param row as the pass has it
     */
    public boolean isBatchNull(R row) {
        return false;
    }

    /**
     * {@return the batch of a row, which is not null}
     *
     * @param row as the pass has it
     */
    public BatchKey batchKey(R row) {
        return BatchKey.NONE;
    }

    /**
     * {@return the row in words, for messages; empty without them}
     *
     * @param row as the pass has it
     */
    public String example(R row) {
        return "";
    }

    /**
     * Reads a row whose sample and gradients have to be usable.
     *
     * @param row as the pass has it
     * @param pair takes the values, until the next row is read into it
     * @return whether the pair holds values; if not, the sample is null, and allowed to be
     * @throws BatchNormException if the row cannot be used
     */
    public final boolean read(R row, RowPair pair) {
        Outcome outcome = examine(row, pair);
        if (outcome == Usable.VALUES || outcome == Usable.WITHOUT_VALUES) {
            return outcome == Usable.VALUES;
        }
        RowReport.Accumulator findings = new RowReport.Accumulator();
        TensorColumn column = tensor;
        if (outcome instanceof Problem problem) {
            RowSample sample = problem.ofGradients() ? pair.gradients() : pair.sample();
            findings.add(problem.defect(), sample, null);
            column = problem.ofGradients() && gradients != null ? gradients : tensor;
        } else {
            findings.addSize(pair.sample().size(), 1, null);
        }
        throw new BatchNormException(findings.snapshot().describe(column, column.expectedSize()));
    }

    /**
     * Reads a row and says what was found. Channels that are null in the sample or in its gradients are missing in
     * both; a sample whose gradients are null counts as null.
     *
     * @param row as the pass has it
     * @param pair takes the values, until the next row is read into it
     * @return usable, or the problem
     */
    public final Outcome examine(R row, RowPair pair) {
        RowSample x = pair.sample();
        read(row, x);
        RowSample.Content content = x.content();
        if (content == RowSample.Content.VALUES) {
            return gradients == null ? Usable.VALUES : examineGradients(row, gradients, pair);
        }
        if (content == RowSample.Content.WRONG_SIZE) {
            return Usable.WRONG_SIZE;
        }
        return withoutValues(false, RowDefect.of(content, tensor.handleInvalid()));
    }

    private Outcome examineGradients(R row, TensorColumn column, RowPair pair) {
        RowSample dy = pair.gradients();
        readGradients(row, column, dy);
        RowSample.Content content = dy.content();
        boolean hasValues = content == RowSample.Content.VALUES;
        if (content == RowSample.Content.WRONG_SIZE || (hasValues && !column.fits(dy, pair.sample()))) {
            return new Problem(true, RowDefect.OTHER_SHAPE);
        }
        if (hasValues) {
            return pair.uniteMissing() ? Usable.VALUES : Usable.WITHOUT_VALUES;
        }
        return withoutValues(true, RowDefect.of(content, column.handleInvalid()));
    }

    private static Outcome withoutValues(boolean ofGradients, @Nullable RowDefect defect) {
        return defect == null ? Usable.WITHOUT_VALUES : new Problem(ofGradients, defect);
    }
}
