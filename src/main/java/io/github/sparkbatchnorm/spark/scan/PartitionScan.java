package io.github.sparkbatchnorm.spark.scan;

import io.github.sparkbatchnorm.spark.tensor.BatchKey;
import io.github.sparkbatchnorm.spark.tensor.Findings;
import io.github.sparkbatchnorm.spark.tensor.RowReader;
import io.github.sparkbatchnorm.spark.tensor.Sample;
import io.github.sparkbatchnorm.spark.tensor.SampleSize;
import io.github.sparkbatchnorm.spark.tensor.SparseRows;
import io.github.sparkbatchnorm.stats.Workspace;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Queue;
import org.apache.spark.TaskContext;
import org.jspecify.annotations.Nullable;
import scala.Tuple2;

/**
 * Scans the rows of a partition into partials: those of its batches, and last, under {@link BatchKey#NONE}, what was
 * found.
 *
 * <p>Without a batch column there is one partial, with both. With one, accumulators of all batches stay open while they
 * fit the memory allowed; then they are handed on and begun anew.
 */
final class PartitionScan<R> implements Iterator<Tuple2<BatchKey, Partial>> {
    /** The part of a core's heap that open accumulators may take. */
    private static final int HEAP_DIVISOR = 4;

    /** Channels whose sums may not fit a heap. */
    private static final int LARGE = 100_000;

    private final Iterator<R> rows;
    private final RowReader<R> reader;
    private final ScanPlan plan;
    private final long memory;

    private final Workspace workspace = new Workspace();
    private final Sample sample = new Sample();
    private final Sample gradients = new Sample();
    private final Findings findings = new Findings();
    private final Findings gradientFindings = new Findings();
    private final Map<BatchKey, RowAccumulator> open = new HashMap<>();
    private final Queue<Map.Entry<BatchKey, RowAccumulator>> closed = new ArrayDeque<>();
    private long used;
    private boolean finished;

    private @Nullable SampleSize firstSize;
    private long ofFirstSize;

    // Of sparse samples.
    private long sparseRows;
    private long namedValues;
    private long sparseValues;

    private BatchKey currentKey = BatchKey.NONE;
    private @Nullable RowAccumulator current;

    PartitionScan(Iterator<R> rows, RowReader<R> reader, ScanPlan plan) {
        this(
                rows,
                reader,
                plan,
                Runtime.getRuntime().maxMemory()
                        / HEAP_DIVISOR
                        / Runtime.getRuntime().availableProcessors());
    }

    PartitionScan(Iterator<R> rows, RowReader<R> reader, ScanPlan plan, long memory) {
        this.rows = rows;
        this.reader = reader;
        this.plan = plan;
        this.memory = memory;
    }

    @Override
    public boolean hasNext() {
        while (closed.isEmpty() && rows.hasNext()) {
            scan(rows.next());
        }
        return !closed.isEmpty() || !finished;
    }

    @Override
    public Tuple2<BatchKey, Partial> next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        if (closed.isEmpty() && !reader.hasBatches()) {
            return finish(current);
        }
        if (closed.isEmpty() && !open.isEmpty()) {
            closeAll();
        }
        Map.Entry<BatchKey, RowAccumulator> batch = closed.poll();
        return batch == null
                ? finish(null)
                : new Tuple2<>(batch.getKey(), batch.getValue().snapshot(Findings.NONE, Findings.NONE));
    }

    private Tuple2<BatchKey, Partial> finish(@Nullable RowAccumulator only) {
        finished = true;
        if (firstSize != null && ofFirstSize > 0) {
            findings.addSize(firstSize, ofFirstSize, null);
        }
        if (sparseRows > 0) {
            findings.addSparse(new SparseRows(sparseRows, namedValues, sparseValues));
        }
        return new Tuple2<>(
                BatchKey.NONE,
                only == null
                        ? new Partial(null, null, findings, gradientFindings)
                        : only.snapshot(findings, gradientFindings));
    }

    private void scan(R row) {
        RowReader.Problem problem = reader.readPair(row, sample, gradients);
        if (problem != null) {
            (problem.ofGradients() ? gradientFindings : findings).addDefect(problem.defect(), example(row, problem));
        } else if (sample.content() == Sample.Content.VALUES) {
            if (countSize(row)) {
                add(row);
            }
        } else if (sample.content() == Sample.Content.WRONG_SIZE) {
            findings.addSize(sample.size(), 1, example(row));
        } else {
            findings.addRowWithoutValues();
        }
    }

    /** Whether the sample is of the size of the first. */
    private boolean countSize(R row) {
        if (firstSize == null) {
            firstSize = sample.size();
        }
        if (!sample.size().equals(firstSize)) {
            findings.addSize(sample.size(), 1, example(row));
            return false;
        }
        if (reader.withExamples()) {
            findings.addSize(firstSize, 1, example(row));
        } else {
            ofFirstSize += sample.rows();
        }
        return true;
    }

    private void add(R row) {
        if (reader.hasBatches() && reader.isBatchNull(row)) {
            findings.addDefect(Findings.Defect.NULL_BATCH, example(row));
            return;
        }
        findings.addRows(sample.rows());
        if (sample.indices() != null) {
            sparseRows++;
            namedValues += sample.indices().length;
            sparseValues += sample.shape().length();
        }
        if (reader.withExamples()) {
            findNonFinite(row);
        }
        RowAccumulator batch = accumulator(row);
        long before = batch.heapBytes();
        batch.add(sample, gradients);
        used += batch.heapBytes() - before;
        if (used > memory && open.size() > 1) {
            closeAll();
        }
    }

    private void findNonFinite(R row) {
        if (sample.firstNonFinite() >= 0) {
            findings.addDefect(Findings.Defect.NON_FINITE, example(row));
        }
        if (plan.gradients() && gradients.firstNonFinite() >= 0) {
            gradientFindings.addDefect(Findings.Defect.NON_FINITE, example(row));
        }
    }

    private RowAccumulator accumulator(R row) {
        RowAccumulator last = current;
        if (!reader.hasBatches()) {
            if (last == null) {
                last = newAccumulator();
                current = last;
            }
            return last;
        }
        BatchKey key = reader.batchKey(row);
        if (last == null || !key.equals(currentKey)) {
            if (last != null) {
                long before = last.heapBytes();
                last.releaseBuffer();
                used += last.heapBytes() - before;
            }
            last = open.computeIfAbsent(key, k -> open());
            current = last;
            currentKey = key;
        }
        return last;
    }

    private RowAccumulator newAccumulator() {
        int channels = sample.shape().channels();
        if (sample.indices() == null) {
            TaskContext task = TaskContext.get(); // null outside of Spark
            int tasks = task == null ? 1 : Math.min(plan.tasksAtOnce(), task.numPartitions());
            // Only a first sample that is large is worth a look: others fit in any case.
            int nonZero = channels < LARGE ? channels : Math.min(channels, sample.countNonZero());
            RowAccumulator.requireHeap(
                    reader.tensor(),
                    channels,
                    nonZero,
                    plan,
                    tasks,
                    Runtime.getRuntime().maxMemory());
        }
        return new RowAccumulator(channels, plan, workspace);
    }

    private RowAccumulator open() {
        RowAccumulator opened = newAccumulator();
        used += opened.heapBytes();
        return opened;
    }

    private void closeAll() {
        closed.addAll(open.entrySet().stream().map(Map.Entry::copyOf).toList());
        open.clear();
        current = null;
        used = 0;
    }

    private @Nullable String example(R row) {
        return reader.withExamples() ? reader.example(row) : null;
    }

    private @Nullable String example(R row, RowReader.Problem problem) {
        String example = example(row);
        return example == null || problem.defect() != Findings.Defect.OTHER_SHAPE
                ? example
                : (example + " (" + gradients.size() + " for " + sample.size() + ")").strip();
    }
}
