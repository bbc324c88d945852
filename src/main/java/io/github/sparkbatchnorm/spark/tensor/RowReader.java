package io.github.sparkbatchnorm.spark.tensor;

import io.github.sparkbatchnorm.layer.BatchNormException;
import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/** Reads from a row what a scan looks at: a sample, perhaps its gradients, perhaps its batch. */
public abstract class RowReader<R> implements Serializable {
    private static final long serialVersionUID = 1L;

    private final TensorColumn tensor;
    private final @Nullable TensorColumn gradients;
    private final boolean withExamples;

    /**
     * @param gradients of the tensor; null if there are none
     * @param withExamples whether rows describe themselves
     */
    RowReader(TensorColumn tensor, @Nullable TensorColumn gradients, boolean withExamples) {
        this.tensor = tensor;
        this.gradients = gradients;
        this.withExamples = withExamples;
    }

    public final TensorColumn tensor() {
        return tensor;
    }

    public final @Nullable TensorColumn gradients() {
        return gradients;
    }

    public final boolean withExamples() {
        return withExamples;
    }

    /** Whether rows belong to batches. */
    public boolean hasBatches() {
        return false;
    }

    /** Reads the sample of a row. */
    abstract void read(R row, Sample x);

    /** Reads the gradients of a row. */
    abstract void readGradients(R row, TensorColumn column, Sample dy);

    public boolean isBatchNull(R row) {
        return false;
    }

    /** The batch of a row, which is not null there. */
    public BatchKey batchKey(R row) {
        return BatchKey.NONE;
    }

    /** The row in words, for messages. */
    public String example(R row) {
        return "";
    }

    /**
     * Reads a sample and its gradients. Channels that are null in either are missing in the sample.
     *
     * @return what is wrong, null if nothing is: then one of them is not usable, but allowed to be, or both are
     */
    public final @Nullable Problem readPair(R row, Sample x, Sample dy) {
        read(row, x);
        TensorColumn column = gradients;
        Findings.Defect defect = tensor.defect(x.content());
        if (defect != null) {
            return new Problem(false, defect);
        }
        if (column == null || x.content() != Sample.Content.VALUES) {
            return null;
        }
        readGradients(row, column, dy);
        defect = column.defect(dy.content());
        if (defect != null) {
            return new Problem(true, defect);
        }
        boolean wrong = dy.content() == Sample.Content.WRONG_SIZE;
        if (wrong || (dy.content() == Sample.Content.VALUES && !column.fits(dy, x))) {
            return new Problem(true, Findings.Defect.OTHER_SHAPE);
        }
        if (dy.content() == Sample.Content.VALUES) {
            Sample.uniteMissing(x, dy);
        } else {
            x.set(dy.content()); // a null gradient makes a null sample
        }
        return null;
    }

    /**
     * Whether the row just read has values; if not, its sample is null and allowed to be.
     *
     * @throws BatchNormException if something is wrong with it
     */
    public final boolean hasValues(@Nullable Problem problem, Sample x) {
        if (problem == null && x.content() != Sample.Content.WRONG_SIZE) {
            return x.content() == Sample.Content.VALUES;
        }
        Findings.Accumulator findings = new Findings.Accumulator();
        TensorColumn column = tensor;
        if (problem == null) {
            findings.addSize(x.size(), 1, null);
        } else {
            findings.addDefect(problem.defect(), null);
            column = problem.ofGradients() && gradients != null ? gradients : tensor;
        }
        throw new BatchNormException(
                column.describe() + ": " + findings.snapshot().describe(column.expectedSize()));
    }

    /** What is wrong with a row: with its sample, or with its gradients. */
    public record Problem(boolean ofGradients, Findings.Defect defect) {}
}
