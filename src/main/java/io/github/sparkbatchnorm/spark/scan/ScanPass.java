package io.github.sparkbatchnorm.spark.scan;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.spark.tensor.BatchKey;
import io.github.sparkbatchnorm.spark.tensor.ByteSize;
import io.github.sparkbatchnorm.spark.tensor.Findings;
import io.github.sparkbatchnorm.spark.tensor.SampleSize;
import io.github.sparkbatchnorm.spark.tensor.SparseRows;
import io.github.sparkbatchnorm.spark.tensor.TensorColumn;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.apache.spark.HashPartitioner;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.jspecify.annotations.Nullable;

/**
 * One scan of samples, and perhaps of their gradients, to what is known of each batch.
 *
 * <p>Without a batch column the partials of the partitions are combined in a tree. With one they are shuffled by batch,
 * combined and rounded on executors, so that the driver gets a few doubles a batch and channel.
 *
 * <p>Rows that cannot be used are counted in the partials. Only where there are some, a second scan, over all columns,
 * finds the examples for the message.
 */
final class ScanPass {
    private static final int MAX_MERGE_PARTITIONS = 200;

    /** Up to so many partials the driver gets each of them, from a tree, too; but a tree takes 9 ms to set up. */
    private static final int MAX_PARTIALS_OF_DRIVER = 5;

    /** Times the bytes of a partial that combining takes in a heap: as sent and as held, the next, sums of both. */
    private static final int COMBINING_FACTOR = 6;

    private final ScanInput input;
    private final NonFinitePolicy policy;
    private final @Nullable GradientRule rule;
    private final ScanPlan plan;
    private final DriverRoom room;

    /** @param rule how gradients are made of their sums; null for statistics only */
    ScanPass(ScanInput input, NonFinitePolicy policy, @Nullable GradientRule rule) {
        this(input, policy, rule, DriverRoom.of(input.context()));
    }

    ScanPass(ScanInput input, NonFinitePolicy policy, @Nullable GradientRule rule, DriverRoom room) {
        this.input = input;
        this.policy = policy;
        this.rule = rule;
        this.room = room;
        ScanPlan sums = rule == null
                ? ScanPlan.MOMENTS
                : new ScanPlan(rule.needsMoments(), true, policy == NonFinitePolicy.IGNORE, 1);
        this.plan = sums.in(input.context());
    }

    /**
     * What a scan came to.
     *
     * @param channels C
     * @param rows that count
     * @param sparse those of them that are sparse
     * @param batches in ascending order of their keys
     * @param labels of the batches
     */
    record Outcome(
            int channels, long rows, SparseRows sparse, List<BatchResult> batches, List<@Nullable Object> labels) {}

    /**
     * Scans.
     *
     * @param description for Spark's UI
     * @param expectedChannels C that a state tells, 0 if nothing does
     */
    Outcome run(String description, int expectedChannels) {
        return JobDescription.during(input.context(), description, () -> run(expectedChannels));
    }

    private Outcome run(int expectedChannels) {
        JavaPairRDD<BatchKey, Partial> partials = input.scan(plan, false);
        List<BatchResult> results = new ArrayList<>();
        int channels;
        Findings found;
        if (input.tensor().hasBatches()) {
            JavaPairRDD<BatchKey, Partial> sorted = sortedByBatch(partials);
            List<MergedBatches> partitions =
                    merge(sorted, room.ofResults() / sorted.getNumPartitions(), expectedChannels);
            Partial findings =
                    partitions.stream().map(MergedBatches::findings).reduce(Partial.empty(), Partial::combine);
            checkRows(findings);
            int seen =
                    partitions.stream().mapToInt(MergedBatches::channels).max().orElse(0);
            found = findings.findings();
            channels = channels(seen, expectedChannels, found);
            checkSize(partitions, channels);
            if (partitions.stream().anyMatch(partition -> !partition.hasResults())) {
                partitions = merge(sorted, room.ofResults(), expectedChannels);
            }
            partitions.forEach(partition -> results.addAll(partition.results()));
            results.sort(Comparator.comparing(BatchResult::key));
        } else {
            Partial all = combine(fitting(partials.values()));
            checkRows(all);
            found = all.findings();
            channels = channels(all.channels(), expectedChannels, found);
            BatchResult only = BatchResult.of(BatchKey.NONE, all, policy, rule);
            if (only != null) {
                results.add(only);
            }
        }
        if (policy == NonFinitePolicy.FAIL) {
            checkFinite(results);
        }
        List<BatchKey> keys = results.stream().map(BatchResult::key).toList();
        return new Outcome(
                channels,
                found.rows(),
                found.sparse(),
                results,
                BatchLabels.of(keys, input.tensor().batchType(), input::session));
    }

    private static Partial combine(JavaRDD<Partial> partials) {
        int partitions = partials.getNumPartitions();
        if (partitions == 0) {
            return Partial.empty();
        }
        return partitions <= MAX_PARTIALS_OF_DRIVER
                ? partials.reduce(Partial::combine)
                : partials.treeReduce(Partial::combine);
    }

    private static JavaPairRDD<BatchKey, Partial> sortedByBatch(JavaPairRDD<BatchKey, Partial> partials) {
        int partitions = Math.max(1, Math.min(MAX_MERGE_PARTITIONS, partials.getNumPartitions()));
        return partials.repartitionAndSortWithinPartitions(
                new HashPartitioner(partitions), Comparator.<BatchKey>naturalOrder());
    }

    /** @param limit of batches x channels of a partition: where there are more, their results stay where they are */
    private List<MergedBatches> merge(JavaPairRDD<BatchKey, Partial> sorted, long limit, int expectedChannels) {
        NonFinitePolicy how = policy;
        GradientRule with = rule;
        return sorted.mapPartitions(partials -> List.of(
                                new MergedBatches(new BatchMerge(partials), limit, expectedChannels, how, with))
                        .iterator())
                .collect();
    }

    private void checkSize(List<MergedBatches> partitions, int channels) {
        long batches = partitions.stream().mapToLong(MergedBatches::count).sum();
        long bytes = partitions.stream().mapToLong(MergedBatches::bytes).sum();
        String what = String.format(
                Locale.ROOT,
                "%s: %,d %s of %,d channels with results of %s",
                input.tensor().describe(),
                batches,
                batches == 1 ? "batch" : "batches",
                channels,
                ByteSize.of(bytes));
        room.requireForResults(what, bytes);
    }

    /** The partials, refused in their tasks where the driver cannot take them. */
    private JavaRDD<Partial> fitting(JavaRDD<Partial> partials) {
        DriverRoom driver = room;
        String column = input.tensor().describe();
        int partitions = partials.getNumPartitions();
        int sent = partitions <= MAX_PARTIALS_OF_DRIVER ? partitions : (int) Math.ceil(Math.sqrt(partitions));
        return partials.map(partial -> {
            long bytes = partial.bytes();
            String what = String.format(
                    Locale.ROOT, "%s: sums of %,d channels, %s", column, partial.channels(), ByteSize.of(bytes));
            driver.require(what, sent * bytes, COMBINING_FACTOR * bytes);
            return partial;
        });
    }

    private void checkRows(Partial found) {
        if (hasErrors(found)) {
            Partial examples = examples();
            throw new BatchNormException(describe(hasErrors(examples) ? examples : found));
        }
    }

    private boolean hasErrors(Partial found) {
        return found.findings().hasErrors(input.tensor().expectedSize())
                || found.gradientFindings().hasErrors(null);
    }

    private String describe(Partial found) {
        List<String> errors = new ArrayList<>();
        SampleSize expected = input.tensor().expectedSize();
        if (found.findings().hasErrors(expected)) {
            errors.add(input.tensor().describe() + ": " + found.findings().describe(expected));
        }
        TensorColumn gradients = input.gradients();
        if (gradients != null && found.gradientFindings().hasErrors(null)) {
            errors.add(gradients.describe() + ": " + found.gradientFindings().describe(null));
        }
        return String.join("; ", errors);
    }

    /** Scans once more, for the smallest example of each kind of defect. */
    private Partial examples() {
        Partial all = combine(input.scan(plan, true).values().map(Partial::withoutSums));
        boolean nonFiniteIsError = policy == NonFinitePolicy.FAIL;
        all.findings().keepOnlyErrors(nonFiniteIsError);
        all.gradientFindings().keepOnlyErrors(nonFiniteIsError);
        return all;
    }

    private void checkFinite(List<BatchResult> results) {
        String inputs = describeNonFinite(results, BatchResult::nonFiniteInputs, input.tensor());
        TensorColumn column = input.gradients();
        String gradients = column == null ? "" : describeNonFinite(results, BatchResult::nonFiniteGradients, column);
        if (inputs.isEmpty() && gradients.isEmpty()) {
            return;
        }
        Partial examples = examples();
        List<String> errors = new ArrayList<>();
        if (!inputs.isEmpty()) {
            errors.add(inputs + rows(examples.findings()));
        }
        if (!gradients.isEmpty()) {
            errors.add(gradients + rows(examples.gradientFindings()));
        }
        throw new BatchNormException(String.join("; ", errors)
                + "; expected finite values, or set nonFinite to propagate, skip-batch or ignore");
    }

    private static String describeNonFinite(
            List<BatchResult> results, Function<BatchResult, @Nullable NonFiniteCounts> counts, TensorColumn column) {
        NonFiniteCounts all = null;
        for (BatchResult result : results) {
            NonFiniteCounts some = counts.apply(result);
            all = all == null || some == null ? some : all.plus(some);
        }
        String channels = all == null ? "" : all.describe(column);
        return channels.isEmpty() ? "" : column.describe() + ": values that are not finite in channel " + channels;
    }

    private static String rows(Findings examples) {
        Findings.Tally rows = examples.tally(Findings.Defect.NON_FINITE);
        return rows == null ? "" : "; " + rows;
    }

    private int channels(int seen, int expectedChannels, Findings findings) {
        int found = seen == 0 ? input.tensor().knownChannels() : seen;
        if (found == 0) {
            found = expectedChannels;
        }
        if (found == 0) {
            throw new BatchNormException(
                    noValues(findings.rowsWithoutValues()) + ": cannot tell the number of channels; set shape");
        }
        if (expectedChannels != 0 && expectedChannels != found) {
            throw new BatchNormException(input.tensor().describe() + ": C = " + found + "; expected C = "
                    + expectedChannels + ", as the state has: give the state of this column");
        }
        return found;
    }

    private String noValues(long rows) {
        return rows == 0
                ? "no rows"
                : String.format(
                        Locale.ROOT,
                        "%s: %,d %s, all %s",
                        input.tensor().describe(),
                        rows,
                        rows == 1 ? "row" : "rows",
                        input.tensor().dropsInvalid() ? "skipped since they hold nulls" : "null");
    }
}
