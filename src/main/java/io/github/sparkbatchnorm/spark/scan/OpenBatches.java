package io.github.sparkbatchnorm.spark.scan;

import io.github.sparkbatchnorm.spark.codec.BatchKey;
import io.github.sparkbatchnorm.spark.codec.RowSample;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import scala.Tuple2;

/**
 * The batches of a partition that have no part handed on yet.
 *
 * <p>While rows come batch by batch, a batch that other rows follow closes at once. As soon as a batch comes back that
 * was closed so, batches stay open while they fit the memory allowed; then all close. Not thread-safe.
 */
final class OpenBatches {
    /** About the bytes of a key and its place in a map. */
    private static final int ENTRY_BYTES = 150;

    private final long memory;
    private final ScanSums sums;
    private final Supplier<RowAccumulator> opening;
    private final Map<BatchKey, Batch> open = new HashMap<>();
    private final Queue<Map.Entry<BatchKey, Batch>> closed = new ArrayDeque<>();
    /** The batches that closed because other rows followed. */
    private final Set<BatchKey> passed = new HashSet<>();
    /** Whether none of these came back. */
    private boolean batchByBatch = true;
    /** Bytes of all open batches but the current one, and of keys. */
    private long used;

    // Rows mostly come batch by batch: the last batch is remembered.
    private BatchKey currentKey = BatchKey.NONE;
    private @Nullable Batch current;
    /** Whether the current batch has had two rows one after the other. */
    private boolean inRun;

    /**
     * Starts without batches.
     *
     * @param memory bytes that open batches may take, beside the one at hand
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
        batch(key, x.shape().channels()).add(x, dy);
    }

    private Batch batch(BatchKey key, int channels) {
        Batch last = current;
        if (last != null && key.equals(currentKey)) {
            inRun = true;
            return last;
        }
        if (last != null) {
            leave(currentKey, last);
        }
        Batch found = open.get(key);
        if (found == null) {
            found = new Batch(channels, sums, opening);
            used += ENTRY_BYTES;
            open.put(key, found);
            if (passed.contains(key)) {
                batchByBatch = false;
                used -= (long) ENTRY_BYTES * passed.size();
                passed.clear();
            }
        } else {
            used -= found.heapBytes();
        }
        current = found;
        currentKey = key;
        inRun = false;
        return found;
    }

    /** Turns from the current batch to another one. */
    private void leave(BatchKey key, Batch batch) {
        batch.releaseBuffer();
        if (batchByBatch && inRun) {
            closed.add(Map.entry(key, batch));
            open.remove(key);
            passed.add(key);
        } else {
            used += batch.heapBytes();
        }
        if (used > memory) {
            closeAll();
        }
    }

    /** Closes all: their batches are opened anew where more rows of them come. */
    void closeAll() {
        closed.addAll(open.entrySet().stream().map(Map.Entry::copyOf).toList());
        open.clear();
        passed.clear();
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
