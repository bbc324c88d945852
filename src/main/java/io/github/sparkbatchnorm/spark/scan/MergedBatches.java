package io.github.sparkbatchnorm.spark.scan;

import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.spark.codec.BatchKey;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import scala.Tuple2;

/** The batches of one shuffle partition: rounded, or only counted where the driver cannot take their results. */
sealed interface MergedBatches<R extends BatchResult> extends Serializable {
    /** Totals over the batches of the partition. */
    Totals totals();

    /**
     * Batches with their results.
     *
     * @param results in ascending order of their keys
     */
    record Rounded<R extends BatchResult>(Totals totals, ArrayList<R> results) implements MergedBatches<R> {
        private static final long serialVersionUID = 1L;
    }

    /** Batches whose results have more bytes than allowed. */
    record TooMany<R extends BatchResult>(Totals totals) implements MergedBatches<R> {
        private static final long serialVersionUID = 1L;
    }

    /**
     * Rounds batches.
     *
     * @param merged one partial a batch, and under {@link BatchKey#NONE} the report; consumed
     * @param limit bytes that all results together may have
     */
    static <R extends BatchResult> MergedBatches<R> of(
            Iterator<Tuple2<BatchKey, Partial>> merged, ScanPlan<R> plan, long limit) {
        Totals totals = Totals.NONE;
        ArrayList<R> results = new ArrayList<>();
        while (merged.hasNext()) {
            Tuple2<BatchKey, Partial> batch = merged.next();
            BatchKey key = batch._1();
            Partial partial = batch._2();
            totals = totals.plus(key, partial, plan);
            if (totals.bytes > limit) {
                results.clear();
            } else if (partial.hasValues() && plan.accepts(partial.channels())) {
                results.add(plan.result(key, partial));
            }
        }
        return totals.bytes > limit ? new TooMany<>(totals) : new Rounded<>(totals, results);
    }

    /**
     * Totals over batches.
     *
     * @param report findings in all rows
     * @param nonFiniteValues where values that are not finite are an error
     * @param nonFiniteGradients where values that are not finite are an error
     * @param batches number of batches
     * @param channels most channels of a batch; 0 without a value
     * @param bytes about the bytes of all results
     */
    record Totals(
            ScanReport report,
            NonFiniteCounts nonFiniteValues,
            NonFiniteCounts nonFiniteGradients,
            long batches,
            int channels,
            long bytes)
            implements Serializable {
        private static final long serialVersionUID = 1L;

        static final Totals NONE = new Totals(ScanReport.NONE, NonFiniteCounts.NONE, NonFiniteCounts.NONE, 0, 0, 0);

        /** The totals of the only batch of a pass. */
        static Totals of(Partial only, ScanPlan<?> plan) {
            return NONE.plus(BatchKey.NONE, only, plan);
        }

        static Totals of(List<? extends MergedBatches<?>> partitions) {
            return partitions.stream().map(MergedBatches::totals).reduce(NONE, Totals::plus);
        }

        private Totals plus(BatchKey key, Partial partial, ScanPlan<?> plan) {
            boolean fails = plan.policy() == NonFinitePolicy.FAIL;
            boolean isBatch = !key.equals(BatchKey.NONE);
            return plus(new Totals(
                    partial.report(),
                    fails ? NonFiniteCounts.ofValues(partial) : NonFiniteCounts.NONE,
                    fails ? NonFiniteCounts.ofGradients(partial) : NonFiniteCounts.NONE,
                    isBatch ? 1 : 0,
                    partial.channels(),
                    isBatch ? plan.bytes(partial) : 0));
        }

        private Totals plus(Totals other) {
            return new Totals(
                    report.combine(other.report),
                    nonFiniteValues.plus(other.nonFiniteValues),
                    nonFiniteGradients.plus(other.nonFiniteGradients),
                    batches + other.batches,
                    Math.max(channels, other.channels),
                    bytes + other.bytes);
        }
    }
}
