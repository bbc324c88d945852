package io.github.sparkbatchnorm.spark.scan;

import io.github.sparkbatchnorm.spark.codec.BatchKey;
import io.github.sparkbatchnorm.stats.Workspace;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;
import scala.Tuple2;

/**
 * Merges the parts of batches, which come sorted by batch, to one partial a batch: one accumulator is open at a time.
 */
final class BatchMerge implements Iterator<Tuple2<BatchKey, Partial>> {
    private final Iterator<Tuple2<BatchKey, BatchPart>> sorted;
    private final ScanSums sums;
    private final Workspace workspace = new Workspace();
    private @Nullable Tuple2<BatchKey, BatchPart> ahead;

    /**
     * Merges nothing yet.
     *
     * @param sorted parts in ascending order of their keys; consumed as the merged ones are asked for
     * @param sums that the parts have, or that are taken of their rows
     */
    BatchMerge(Iterator<Tuple2<BatchKey, BatchPart>> sorted, ScanSums sums) {
        this.sorted = sorted;
        this.sums = sums;
    }

    @Override
    public boolean hasNext() {
        return ahead != null || sorted.hasNext();
    }

    @Override
    public Tuple2<BatchKey, Partial> next() {
        Tuple2<BatchKey, BatchPart> first = take();
        BatchKey key = first._1();
        if (first._2() instanceof Partial only && !continues(key)) {
            return new Tuple2<>(key, only); // as it mostly is where rows come batch by batch
        }
        Merging merging = new Merging();
        merging.add(first._2());
        while (continues(key)) {
            merging.add(take()._2());
        }
        return new Tuple2<>(key, merging.merged());
    }

    private Tuple2<BatchKey, BatchPart> take() {
        Tuple2<BatchKey, BatchPart> taken = ahead;
        ahead = null;
        if (taken != null) {
            return taken;
        }
        if (!sorted.hasNext()) {
            throw new NoSuchElementException();
        }
        return sorted.next();
    }

    private boolean continues(BatchKey key) {
        Tuple2<BatchKey, BatchPart> next = ahead;
        if (next == null && sorted.hasNext()) {
            next = sorted.next();
            ahead = next;
        }
        return next != null && next._1().equals(key);
    }

    /** A batch at the work of being merged. */
    private final class Merging {
        private ScanReport report = ScanReport.NONE;
        private @Nullable RowAccumulator rows;

        /**
         * Adds a part; its values only if they have the channels of those before: else the report tells of an error.
         */
        void add(BatchPart part) {
            if (part instanceof Partial partial) {
                report = report.combine(partial.report());
            }
            if (part.channels() == 0) {
                return;
            }
            RowAccumulator all = rows;
            if (all == null) {
                all = new RowAccumulator(part.channels(), sums, workspace);
                rows = all;
            }
            if (all.channels() == part.channels()) {
                part.addTo(all);
            }
        }

        Partial merged() {
            return rows == null ? Partial.of(report) : rows.snapshot(report);
        }
    }
}
