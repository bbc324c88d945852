package io.github.sparkbatchnorm.spark;

import io.github.sparkbatchnorm.stats.ChannelMoments;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Queue;
import org.apache.spark.sql.catalyst.InternalRow;
import org.jspecify.annotations.Nullable;
import scala.Tuple2;

/**
 * Scans the rows of a partition into partials: those of its batches, and last, under {@link BatchKey#NONE}, what was
 * found.
 *
 * <p>Without a batch column there is one partial, with both. With one, accumulators of all batches stay open while they
 * fit the memory allowed; then they are handed on and begun anew.
 */
final class PartitionScan implements Iterator<Tuple2<BatchKey, Partial>> {
    /** The part of a core's heap that open accumulators may take. */
    private static final int HEAP_DIVISOR = 4;

    private final Iterator<InternalRow> rows;
    private final TensorColumn tensor;
    private final boolean withExamples;
    private final long memory;

    private final Sample sample = new Sample();
    private final Findings findings = new Findings();
    private final Map<BatchKey, ChannelMoments.Accumulator> open = new HashMap<>();
    private final Queue<Map.Entry<BatchKey, ChannelMoments.Accumulator>> closed = new ArrayDeque<>();
    private long used;
    private boolean finished;

    private @Nullable SampleSize firstSize;
    private long ofFirstSize;

    private BatchKey currentKey = BatchKey.NONE;
    private ChannelMoments.@Nullable Accumulator current;

    /**
     * @param rows as {@link TensorColumn#select} gives them
     * @param withExamples whether their last column describes them
     */
    PartitionScan(Iterator<InternalRow> rows, TensorColumn tensor, boolean withExamples) {
        this(
                rows,
                tensor,
                withExamples,
                Runtime.getRuntime().maxMemory()
                        / HEAP_DIVISOR
                        / Runtime.getRuntime().availableProcessors());
    }

    PartitionScan(Iterator<InternalRow> rows, TensorColumn tensor, boolean withExamples, long memory) {
        this.rows = rows;
        this.tensor = tensor;
        this.withExamples = withExamples;
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
        if (closed.isEmpty() && !tensor.hasBatches()) {
            return finish(current == null ? null : current.snapshot());
        }
        if (closed.isEmpty() && !open.isEmpty()) {
            closeAll();
        }
        Map.Entry<BatchKey, ChannelMoments.Accumulator> batch = closed.poll();
        return batch == null
                ? finish(null)
                : new Tuple2<>(batch.getKey(), new Partial(batch.getValue().snapshot(), new Findings()));
    }

    private Tuple2<BatchKey, Partial> finish(@Nullable ChannelMoments moments) {
        finished = true;
        if (firstSize != null && ofFirstSize > 0) {
            findings.addSize(firstSize, ofFirstSize, null);
        }
        return new Tuple2<>(BatchKey.NONE, new Partial(moments, findings));
    }

    private void scan(InternalRow row) {
        tensor.codec().read(row, sample);
        Findings.Defect defect = tensor.defect(sample.content());
        if (defect != null) {
            findings.addDefect(defect, example(row));
        } else if (sample.content() == Sample.Content.VALUES) {
            if (countSize(row)) {
                add(row);
            }
        } else if (sample.content() == Sample.Content.WRONG_SIZE) {
            findings.addSize(sample.size(), 1, example(row));
        }
    }

    /** Whether the sample is of the size of the first. */
    private boolean countSize(InternalRow row) {
        if (firstSize == null) {
            firstSize = sample.size();
        }
        if (!sample.size().equals(firstSize)) {
            findings.addSize(sample.size(), 1, example(row));
            return false;
        }
        if (withExamples) {
            findings.addSize(firstSize, 1, example(row));
        } else {
            ofFirstSize++;
        }
        return true;
    }

    private void add(InternalRow row) {
        if (tensor.hasBatches() && tensor.isBatchNull(row)) {
            findings.addDefect(Findings.Defect.NULL_BATCH, example(row));
            return;
        }
        findings.addRow();
        if (withExamples && sample.firstNonFinite() >= 0) {
            findings.addDefect(Findings.Defect.NON_FINITE, example(row));
        }
        ChannelMoments.Accumulator batch = accumulator(row);
        long before = batch.heapBytes();
        sample.addTo(batch);
        used += batch.heapBytes() - before;
        if (used > memory && tensor.hasBatches()) {
            closeAll();
        }
    }

    private ChannelMoments.Accumulator accumulator(InternalRow row) {
        ChannelMoments.Accumulator last = current;
        if (!tensor.hasBatches()) {
            if (last == null) {
                last = new ChannelMoments.Accumulator(sample.shape().channels());
                current = last;
            }
            return last;
        }
        BatchKey key = tensor.batchKey(row);
        if (last == null || !key.equals(currentKey)) {
            last = open.computeIfAbsent(key, k -> open(sample.shape().channels()));
            current = last;
            currentKey = key;
        }
        return last;
    }

    private ChannelMoments.Accumulator open(int channels) {
        ChannelMoments.Accumulator opened = new ChannelMoments.Accumulator(channels);
        used += opened.heapBytes();
        return opened;
    }

    private void closeAll() {
        closed.addAll(open.entrySet().stream().map(Map.Entry::copyOf).toList());
        open.clear();
        current = null;
        used = 0;
    }

    private @Nullable String example(InternalRow row) {
        return withExamples ? tensor.example(row) : null;
    }
}
