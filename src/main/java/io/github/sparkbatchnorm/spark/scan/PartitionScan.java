package io.github.sparkbatchnorm.spark.scan;

import io.github.sparkbatchnorm.spark.codec.BatchKey;
import io.github.sparkbatchnorm.spark.codec.RowSample;
import io.github.sparkbatchnorm.spark.rows.RowReader;
import io.github.sparkbatchnorm.stats.Workspace;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.apache.spark.TaskContext;
import org.jspecify.annotations.Nullable;
import scala.Tuple2;

/**
 * Scans the rows of a partition into parts: those of its batches, and last, under {@link BatchKey#NONE}, the report.
 *
 * <p>Without a batch column there is one partial, with sums and report. With one, batches are handed on as soon as the
 * rows and sums of all take more than the memory allowed; a batch can then have several parts.
 */
final class PartitionScan<R> implements Iterator<Tuple2<BatchKey, BatchPart>> {
    /** The part of a core's heap that open accumulators may take. */
    private static final int HEAP_DIVISOR = 4;

    /** Channels whose sums may not fit a heap. */
    private static final int LARGE = 100_000;

    private final Iterator<R> rows;
    private final RowReader<R> reader;
    private final ScanSums sums;
    private final int tasksAtOnce;
    private final RowInspector<R> inspector;

    /** Scratch memory of the task. */
    private final Workspace workspace = new Workspace();

    /** All rows, where there is no batch column. */
    private @Nullable RowAccumulator only;

    /** The batches, where there is a batch column. */
    private final OpenBatches batches;

    private boolean finished;

    /** @param tasksAtOnce number of tasks that share a heap, as far as is known */
    PartitionScan(Iterator<R> rows, RowReader<R> reader, ScanSums sums, int tasksAtOnce) {
        this(
                rows,
                reader,
                sums,
                tasksAtOnce,
                Runtime.getRuntime().maxMemory()
                        / HEAP_DIVISOR
                        / Runtime.getRuntime().availableProcessors());
    }

    /** @param memory bytes that the accumulators of open batches may take */
    PartitionScan(Iterator<R> rows, RowReader<R> reader, ScanSums sums, int tasksAtOnce, long memory) {
        this.rows = rows;
        this.reader = reader;
        this.sums = sums;
        this.tasksAtOnce = tasksAtOnce;
        this.inspector = new RowInspector<>(reader);
        this.batches = new OpenBatches(memory, sums, this::newAccumulator);
    }

    @Override
    public boolean hasNext() {
        while (!batches.hasClosed() && rows.hasNext()) {
            scan(rows.next());
        }
        return batches.hasClosed() || !finished;
    }

    @Override
    public Tuple2<BatchKey, BatchPart> next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        if (!batches.hasClosed()) {
            batches.closeAll();
        }
        Tuple2<BatchKey, BatchPart> batch = batches.takeClosed();
        return batch == null ? finish() : batch;
    }

    private Tuple2<BatchKey, BatchPart> finish() {
        finished = true;
        ScanReport report = inspector.report();
        return new Tuple2<>(BatchKey.NONE, only == null ? Partial.of(report) : only.snapshot(report));
    }

    private void scan(R row) {
        if (!inspector.read(row) || !sums.any()) {
            return;
        }
        RowSample x = inspector.sample();
        RowSample dy = inspector.gradients();
        if (reader.hasBatches()) {
            batches.add(reader.batchKey(row), x, dy);
            return;
        }
        RowAccumulator all = only;
        if (all == null) {
            all = newAccumulator();
            only = all;
        }
        all.add(x, dy);
    }

    /** An accumulator for as many channels as the sample just read has. */
    private RowAccumulator newAccumulator() {
        RowSample sample = inspector.sample();
        int channels = sample.shape().channels();
        if (sample.indices() == null) {
            TaskContext task = TaskContext.get(); // null outside of Spark
            int tasks = task == null ? 1 : Math.min(tasksAtOnce, task.numPartitions());
            // Only a first sample that is large is worth a look: others fit in any case.
            int nonZero = channels < LARGE ? channels : Math.min(channels, sample.countNonZero());
            RowAccumulator.requireHeap(
                    reader.tensor(),
                    channels,
                    nonZero,
                    sums,
                    tasks,
                    Runtime.getRuntime().maxMemory());
        }
        return new RowAccumulator(channels, sums, workspace);
    }
}
