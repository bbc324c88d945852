package io.github.sparkbatchnorm.spark.scan;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.spark.codec.BatchKey;
import io.github.sparkbatchnorm.spark.rows.ByteSize;
import io.github.sparkbatchnorm.spark.rows.RowReport;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import org.apache.spark.HashPartitioner;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.jspecify.annotations.Nullable;
import scala.Tuple2;

/**
 * One scan of samples, and perhaps of their gradients, for the results of all batches.
 *
 * <p>Without a batch column the partials of the partitions are combined in a tree. With one they are shuffled by batch,
 * combined and rounded on executors, so that the driver gets a few doubles a batch and channel.
 *
 * <p>Rows that cannot be used are counted in the partials. Only where there are some, a second scan, over all columns,
 * finds the examples for the message.
 *
 * @param <R> the result of a batch
 */
public final class ScanPass<R extends BatchResult> {
    /**
     * One more than the number up to which Spark opens a file and a serializer for each of them in every task
     * (spark.shuffle.sort.bypassMergeThreshold): 200 serializers take more memory than many a task.
     */
    private static final int MAX_MERGE_PARTITIONS = 201;

    /** With at most this many partitions every partial goes to the driver: that saves the 9 ms of a shuffle. */
    private static final int FLAT_REDUCE_PARTITIONS = 5;

    /** Times the bytes of a partial that combining takes in a heap: as sent and as held, the next, sums of both. */
    private static final int COMBINING_FACTOR = 6;

    private final ScanInput input;
    private final ScanPlan<R> plan;
    private final DriverRoom room;
    private final ScanChecks checks;

    /**
     * A scan that has not run.
     *
     * @param input samples, and their gradients where the plan sums these
     * @param plan what is computed of each batch
     */
    public ScanPass(ScanInput input, ScanPlan<R> plan) {
        this(input, plan, DriverRoom.of(input.context()));
    }

    ScanPass(ScanInput input, ScanPlan<R> plan, DriverRoom room) {
        this.input = input;
        this.plan = plan;
        this.room = room;
        this.checks =
                new ScanChecks(input, plan.policy(), () -> combine(examples()).report());
    }

    /**
     * Scans, at once: one job, with a batch column at most two.
     *
     * @param expectedChannels C that a state tells; empty if nothing does
     * @return the result of each global batch; none without rows
     * @throws BatchNormException if rows cannot be used, if there are none and nothing tells the number of channels, if
     *     that is not the expected one, or if there are more batches than a driver takes
     */
    public ScanOutcome<R> run(OptionalInt expectedChannels) {
        return JobDescription.during(
                input.context(),
                plan.what() + " of " + input.tensor().describe(),
                () -> input.tensor().hasBatches() ? runBatches(expectedChannels) : runOneBatch(expectedChannels));
    }

    private ScanOutcome<R> runOneBatch(OptionalInt expectedChannels) {
        Partial all = combine(fitting(input.partials(plan.sums(), false)));
        MergedBatches.Totals totals = MergedBatches.Totals.of(all, plan);
        checks.rows(totals.report());
        int channels = checks.channels(totals, expectedChannels);
        List<R> results = all.hasValues() ? List.of(plan.result(BatchKey.NONE, all)) : List.of();
        return outcome(channels, totals, results);
    }

    private ScanOutcome<R> runBatches(OptionalInt expectedChannels) {
        JavaPairRDD<BatchKey, BatchPart> sorted = sortedByBatch(input.scan(plan.sums(), false));
        List<MergedBatches<R>> partitions = merge(sorted, room.ofResults() / sorted.getNumPartitions());
        MergedBatches.Totals totals = MergedBatches.Totals.of(partitions);
        checks.rows(totals.report());
        int channels = checks.channels(totals, expectedChannels);
        checkSize(totals, channels);
        if (partitions.stream().anyMatch(MergedBatches.TooMany.class::isInstance)) {
            // Few partitions hold most of the batches: each may send as much as all may.
            partitions = merge(sorted, room.ofResults());
        }
        List<R> results = new ArrayList<>();
        for (MergedBatches<R> partition : partitions) {
            if (partition instanceof MergedBatches.Rounded<R> rounded) {
                results.addAll(rounded.results());
            }
        }
        results.sort(Comparator.comparing(BatchResult::key));
        return outcome(channels, totals, results);
    }

    private ScanOutcome<R> outcome(int channels, MergedBatches.Totals totals, List<R> results) {
        checks.finite(totals);
        List<BatchKey> keys = results.stream().map(BatchResult::key).toList();
        List<@Nullable Object> labels = BatchLabels.of(keys, input.tensor().batchType(), input::session);
        List<ScanOutcome.Batch<R>> batches = new ArrayList<>();
        for (int i = 0; i < results.size(); i++) {
            batches.add(new ScanOutcome.Batch<>(labels.get(i), results.get(i)));
        }
        RowReport found = totals.report().values();
        return new ScanOutcome<>(
                channels, found.rows(), found.fingerprint(), found.sparse(), found.onlySize(), batches);
    }

    static Partial combine(JavaRDD<Partial> partials) {
        Partial all = Partial.EMPTY;
        for (Partial partial : TaskResults.collect(few(partials))) {
            all = all.combine(partial);
        }
        return all;
    }

    /** As many partials as the driver combines: those of some partitions each are combined on executors. */
    private static JavaRDD<Partial> few(JavaRDD<Partial> partials) {
        int few = sent(partials.getNumPartitions());
        if (few == partials.getNumPartitions()) {
            return partials;
        }
        JavaRDD<Tuple2<Integer, Partial>> grouped = partials.mapPartitionsWithIndex(
                (partition, own) -> {
                    List<Tuple2<Integer, Partial>> group = new ArrayList<>();
                    own.forEachRemaining(partial -> group.add(new Tuple2<>(partition % few, partial)));
                    return group.iterator();
                },
                true);
        return JavaPairRDD.fromJavaRDD(grouped)
                .reduceByKey(new HashPartitioner(few), Partial::combine)
                .values();
    }

    /** How many partials the driver gets of a number of partitions. */
    private static int sent(int partitions) {
        return partitions <= FLAT_REDUCE_PARTITIONS ? partitions : (int) Math.ceil(Math.sqrt(partitions));
    }

    private static JavaPairRDD<BatchKey, BatchPart> sortedByBatch(JavaPairRDD<BatchKey, BatchPart> parts) {
        int partitions = Math.max(1, Math.min(MAX_MERGE_PARTITIONS, parts.getNumPartitions()));
        return parts.repartitionAndSortWithinPartitions(
                new HashPartitioner(partitions), Comparator.<BatchKey>naturalOrder());
    }

    /** @param limit bytes of the results of a partition: where there are more, they stay where they are */
    private List<MergedBatches<R>> merge(JavaPairRDD<BatchKey, BatchPart> sorted, long limit) {
        ScanPlan<R> sent = plan;
        return TaskResults.collect(
                sorted.mapPartitions(parts -> List.of(MergedBatches.of(new BatchMerge(parts, sent.sums()), sent, limit))
                        .iterator()));
    }

    private void checkSize(MergedBatches.Totals totals, int channels) {
        String what = String.format(
                Locale.ROOT,
                "%s: %,d %s of %,d channels with results of %s",
                input.tensor().describe(),
                totals.batches(),
                totals.batches() == 1 ? "batch" : "batches",
                channels,
                ByteSize.of(totals.bytes()));
        room.requireForResults(what, totals.bytes());
    }

    /** The partials, refused in their tasks where the driver cannot take them. */
    private JavaRDD<Partial> fitting(JavaRDD<Partial> partials) {
        DriverRoom driver = room;
        String column = input.tensor().describe();
        int sent = sent(partials.getNumPartitions());
        return partials.map(partial -> {
            long bytes = partial.bytes();
            String what = String.format(
                    Locale.ROOT, "%s: sums of %,d channels, %s", column, partial.channels(), ByteSize.of(bytes));
            driver.require(what, sent * bytes, COMBINING_FACTOR * bytes);
            return partial;
        });
    }

    /** The reports of a second scan, with the smallest example of each kind of defect. */
    private JavaRDD<Partial> examples() {
        return input.partials(plan.sums(), true).map(partial -> Partial.of(partial.report()));
    }
}
