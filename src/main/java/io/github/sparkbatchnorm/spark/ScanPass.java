package io.github.sparkbatchnorm.spark;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
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
    /** Batches x channels that a driver takes: about 1.5 GB of statistics. */
    private static final long MAX_BATCH_CHANNELS = 20_000_000;

    private static final int MAX_MERGE_PARTITIONS = 200;

    /** Up to so many partials the driver gets each of them, from a tree, too; but a tree takes 9 ms to set up. */
    private static final int MAX_PARTIALS_OF_DRIVER = 5;

    private final ScanInput input;
    private final NonFinitePolicy policy;
    private final @Nullable GradientRule rule;
    private final ScanPlan plan;
    private final long maxBatchChannels;

    /** @param rule how gradients are made of their sums; null for statistics only */
    ScanPass(ScanInput input, NonFinitePolicy policy, @Nullable GradientRule rule) {
        this(input, policy, rule, MAX_BATCH_CHANNELS);
    }

    ScanPass(ScanInput input, NonFinitePolicy policy, @Nullable GradientRule rule, long maxBatchChannels) {
        this.input = input;
        this.policy = policy;
        this.rule = rule;
        this.maxBatchChannels = maxBatchChannels;
        this.plan = rule == null
                ? ScanPlan.MOMENTS
                : new ScanPlan(rule.needsMoments(), true, policy == NonFinitePolicy.IGNORE);
    }

    /**
     * What a scan came to.
     *
     * @param channels C
     * @param rows that count
     * @param batches in ascending order of their keys
     * @param labels of the batches
     */
    record Outcome(int channels, long rows, List<BatchResult> batches, List<@Nullable Object> labels) {}

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
        long rows;
        if (input.tensor().hasBatches()) {
            JavaPairRDD<BatchKey, Partial> sorted = sortedByBatch(partials);
            List<MergedBatches> partitions =
                    merge(sorted, 2 * maxBatchChannels / sorted.getNumPartitions(), expectedChannels);
            Partial findings =
                    partitions.stream().map(MergedBatches::findings).reduce(Partial.empty(), Partial::combine);
            checkRows(findings);
            int seen =
                    partitions.stream().mapToInt(MergedBatches::channels).max().orElse(0);
            channels = channels(seen, expectedChannels);
            checkSize(partitions.stream().mapToLong(MergedBatches::count).sum(), channels);
            rows = findings.findings().rows();
            if (partitions.stream().anyMatch(partition -> !partition.hasResults())) {
                partitions = merge(sorted, maxBatchChannels, expectedChannels);
            }
            partitions.forEach(partition -> results.addAll(partition.results()));
            results.sort(Comparator.comparing(BatchResult::key));
        } else {
            Partial all = combine(partials.values());
            checkRows(all);
            channels = channels(all.channels(), expectedChannels);
            rows = all.findings().rows();
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
                channels, rows, results, BatchLabels.of(keys, input.tensor().batchType(), input::session));
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

    private void checkSize(long batches, int channels) {
        if (batches * channels > maxBatchChannels) {
            throw new BatchNormException(String.format(
                    Locale.ROOT,
                    "%s: %,d batches of %,d channels; expected at most %,d batches x channels: use larger batches",
                    input.tensor().describe(),
                    batches,
                    channels,
                    maxBatchChannels));
        }
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
                + "; expected finite values, or --non-finite propagate, skip-batch or ignore");
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

    private int channels(int seen, int expectedChannels) {
        int found = seen == 0 ? input.tensor().knownChannels() : seen;
        if (found == 0) {
            found = expectedChannels;
        }
        if (found == 0) {
            throw new BatchNormException("no rows: cannot tell the number of channels; give --shape");
        }
        if (expectedChannels != 0 && expectedChannels != found) {
            throw new BatchNormException(input.tensor().describe() + ": C = " + found + "; expected C = "
                    + expectedChannels + ", as the state has: give the state of this column");
        }
        return found;
    }
}
