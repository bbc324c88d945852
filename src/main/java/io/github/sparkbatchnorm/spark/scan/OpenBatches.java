package io.github.sparkbatchnorm.spark.scan;

import io.github.sparkbatchnorm.spark.codec.BatchKey;
import io.github.sparkbatchnorm.spark.codec.RowSample;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import scala.Tuple2;

/** The accumulators of the batches of a partition. All stay open while they fit the memory allowed; then all close. */
final class OpenBatches {
    private final long memory;
    private final Supplier<RowAccumulator> opening;
    private final Map<BatchKey, RowAccumulator> open = new HashMap<>();
    private final Queue<Map.Entry<BatchKey, RowAccumulator>> closed = new ArrayDeque<>();
    private long used;

    // Rows mostly come batch by batch: the last batch is remembered.
    private BatchKey currentKey = BatchKey.NONE;
    private @Nullable RowAccumulator current;

    /**
     * Starts without batches.
     *
     * @param memory bytes that open accumulators may take; a single one may take more
     * @param opening makes an accumulator for the first row of a batch that is not open
     */
    OpenBatches(long memory, Supplier<RowAccumulator> opening) {
        this.memory = memory;
        this.opening = opening;
    }

    /**
     * Adds a row to its batch.
     *
     * @param dy unused where gradients are not summed
     */
    void add(BatchKey key, RowSample x, RowSample dy) {
        RowAccumulator batch = accumulator(key);
        long before = batch.heapBytes();
        batch.add(x, dy);
        used += batch.heapBytes() - before;
        if (used > memory && open.size() > 1) {
            closeAll();
        }
    }

    private RowAccumulator accumulator(BatchKey key) {
        RowAccumulator last = current;
        if (last != null && key.equals(currentKey)) {
            return last;
        }
        if (last != null) {
            long before = last.heapBytes();
            last.releaseBuffer();
            used += last.heapBytes() - before;
        }
        RowAccumulator found = open.get(key);
        if (found == null) {
            found = opening.get();
            used += found.heapBytes();
            open.put(key, found);
        }
        current = found;
        currentKey = key;
        return found;
    }

    /** Closes all: their batches are opened anew where more rows of them come. */
    void closeAll() {
        closed.addAll(open.entrySet().stream().map(Map.Entry::copyOf).toList());
        open.clear();
        current = null;
        used = 0;
    }

    boolean hasClosed() {
        return !closed.isEmpty();
    }

    /** Takes the partial of a closed batch, without a report; null if there is none. */
    @Nullable
    Tuple2<BatchKey, Partial> takeClosed() {
        Map.Entry<BatchKey, RowAccumulator> batch = closed.poll();
        return batch == null
                ? null
                : new Tuple2<>(batch.getKey(), batch.getValue().snapshot(ScanReport.NONE));
    }
}
