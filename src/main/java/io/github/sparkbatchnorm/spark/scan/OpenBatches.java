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

/**
 * The batches of a partition that have no part handed on yet. All stay open while they fit the memory allowed; then all
 * close.
 */
final class OpenBatches {
    /** About the bytes of a key and its place in a map. */
    private static final int ENTRY_BYTES = 150;

    private final long memory;
    private final ScanSums sums;
    private final Supplier<RowAccumulator> opening;
    private final Map<BatchKey, Batch> open = new HashMap<>();
    private final Queue<Map.Entry<BatchKey, Batch>> closed = new ArrayDeque<>();
    private long used;

    // Rows mostly come batch by batch: the last batch is remembered.
    private BatchKey currentKey = BatchKey.NONE;
    private @Nullable Batch current;

    /**
     * Starts without batches.
     *
     * @param memory bytes that open batches may take; a single one may take more
     * @param sums that are taken of each batch
     * @param opening makes an accumulator of these sums for the row just read
     */
    OpenBatches(long memory, ScanSums sums, Supplier<RowAccumulator> opening) {
        this.memory = memory;
        this.sums = sums;
        this.opening = opening;
    }

    /**
     * Adds a row to its batch.
     *
     * @param dy unused where gradients are not summed
     */
    void add(BatchKey key, RowSample x, RowSample dy) {
        Batch batch = batch(key, x.shape().channels());
        long before = batch.heapBytes();
        batch.add(x, dy);
        used += batch.heapBytes() - before;
        if (used > memory && open.size() > 1) {
            closeAll();
        }
    }

    private Batch batch(BatchKey key, int channels) {
        Batch last = current;
        if (last != null && key.equals(currentKey)) {
            return last;
        }
        if (last != null) {
            long before = last.heapBytes();
            last.releaseBuffer();
            used += last.heapBytes() - before;
        }
        Batch found = open.get(key);
        if (found == null) {
            found = new Batch(channels, sums, opening);
            used += ENTRY_BYTES + found.heapBytes();
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

    /** Takes the part of a closed batch, without a report; null if there is none. */
    @Nullable
    Tuple2<BatchKey, BatchPart> takeClosed() {
        Map.Entry<BatchKey, Batch> batch = closed.poll();
        return batch == null
                ? null
                : new Tuple2<>(batch.getKey(), batch.getValue().part());
    }

    /** The rows of a batch that a task has met: themselves while they are few, then their sums. Not thread-safe. */
    static final class Batch {
        private final Supplier<RowAccumulator> opening;
        /** Null from the first row on that is summed. */
        private FewRows.@Nullable Accumulator few;

        private @Nullable RowAccumulator summed;

        /**
         * Starts without rows.
         *
         * @param sums that are taken of the rows
         * @param opening makes an accumulator of these sums for the row just read
         */
        Batch(int channels, ScanSums sums, Supplier<RowAccumulator> opening) {
            this.opening = opening;
            if (channels <= FewRows.MAX_CHANNELS) {
                few = new FewRows.Accumulator(channels, sums);
            }
        }

        /**
         * Adds a row.
         *
         * @param dy unused where gradients are not summed
         */
        void add(RowSample x, RowSample dy) {
            if (few == null || !few.add(x, dy)) {
                sums().add(x, dy);
            }
        }

        /** The sums of the rows so far; from now on rows are summed. */
        private RowAccumulator sums() {
            RowAccumulator sums = summed;
            if (sums == null) {
                sums = opening.get();
                summed = sums;
            }
            if (few != null) {
                FewRows before = few.snapshot();
                if (before != null) {
                    before.addTo(sums);
                }
                few = null;
            }
            return sums;
        }

        /** Hints that rows of another batch come next; releases buffers. More rows of this batch may follow. */
        void releaseBuffer() {
            if (summed != null) {
                summed.releaseBuffer();
            }
        }

        /** What the task hands on of this batch, which has a row. */
        BatchPart part() {
            BatchPart rows = few == null ? null : few.snapshot();
            return rows == null ? sums().snapshot(ScanReport.NONE) : rows;
        }

        /** About the bytes of the Java heap in use. */
        long heapBytes() {
            return (few == null ? 0 : few.heapBytes()) + (summed == null ? 0 : summed.heapBytes());
        }
    }
}
