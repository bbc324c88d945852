package io.github.sparkbatchnorm.spark;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import io.github.sparkbatchnorm.stats.StatisticsDigest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import org.apache.spark.HashPartitioner;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.jspecify.annotations.Nullable;
import scala.Tuple2;
import scala.Tuple3;

/**
 * The distributed statistics of a tensor column.
 *
 * <p>One scan of the columns needed. Without a batch column the partials of the partitions are combined in a tree. With
 * one they are shuffled by batch, combined and rounded on executors, so that the driver gets a few doubles a batch and
 * channel.
 *
 * <p>Rows that cannot be used are counted in the partials. Only where there are some, a second scan, over all columns,
 * finds the examples for the message.
 */
public final class StatisticsPass {
    /** Batches x channels that a driver takes: about 1.5 GB of statistics. */
    private static final long MAX_BATCH_CHANNELS = 20_000_000;

    private static final int MAX_MERGE_PARTITIONS = 200;
    private static final int MAX_CHANNELS_LISTED = 10;

    private final Dataset<Row> data;
    private final TensorColumn tensor;
    private final NonFinitePolicy policy;

    private StatisticsPass(Dataset<Row> data, TensorColumn tensor, NonFinitePolicy policy) {
        this.data = data;
        this.tensor = tensor;
        this.policy = policy;
    }

    /**
     * Scans a data set.
     *
     * @param expectedChannels C that a state tells, 0 if nothing does
     * @throws BatchNormException if rows cannot be used, if there are none and nothing tells the number of channels, if
     *     that is not the expected one, or if there are more batches than a driver takes
     */
    public static DatasetStatistics run(
            Dataset<Row> data, TensorColumn tensor, NonFinitePolicy policy, int expectedChannels) {
        return JobDescription.during(
                data, "statistics of " + tensor.describe(), () -> new StatisticsPass(data, tensor, policy)
                        .run(expectedChannels));
    }

    private DatasetStatistics run(int expectedChannels) {
        JavaPairRDD<BatchKey, Partial> partials = scan(false);
        List<BatchResult> results = new ArrayList<>();
        Findings findings;
        if (tensor.hasBatches()) {
            JavaPairRDD<BatchKey, Partial> sorted = sortedByBatch(partials);
            Tuple3<Long, Integer, Findings> overview = overview(sorted);
            findings = overview._3();
            checkRows(findings);
            checkSize(overview._1(), overview._2());
            results.addAll(results(sorted));
        } else {
            Partial all = combine(partials.values());
            findings = all.findings();
            checkRows(findings);
            results.addAll(result(BatchKey.NONE, all, policy));
        }
        int channels = channels(results, expectedChannels);
        if (policy == NonFinitePolicy.FAIL) {
            checkFinite(results);
        }
        List<DatasetStatistics.Batch> batches = label(results);
        return new DatasetStatistics(channels, findings.rows(), batches, digest(channels, results, batches));
    }

    private JavaPairRDD<BatchKey, Partial> scan(boolean withExamples) {
        TensorColumn column = tensor;
        return RowSource.rows(data.select(column.columns(data, withExamples)))
                .mapPartitionsToPair(rows -> new PartitionScan(rows, column, withExamples));
    }

    private static Partial combine(JavaRDD<Partial> partials) {
        return partials.getNumPartitions() == 0
                ? new Partial(null, new Findings())
                : partials.treeReduce(Partial::combine);
    }

    private static JavaPairRDD<BatchKey, Partial> sortedByBatch(JavaPairRDD<BatchKey, Partial> partials) {
        int partitions = Math.max(1, Math.min(MAX_MERGE_PARTITIONS, partials.getNumPartitions()));
        return partials.repartitionAndSortWithinPartitions(
                new HashPartitioner(partitions), Comparator.<BatchKey>naturalOrder());
    }

    /** The number of batches, of their channels, and what was found in all rows. */
    private static Tuple3<Long, Integer, Findings> overview(JavaPairRDD<BatchKey, Partial> sorted) {
        List<Tuple3<Long, Integer, Findings>> overviews =
                sorted.mapPartitions(StatisticsPass::overview).collect();
        long batches = 0;
        int channels = 0;
        Findings findings = new Findings();
        for (Tuple3<Long, Integer, Findings> overview : overviews) {
            batches += overview._1();
            channels = Math.max(channels, overview._2());
            findings = findings.combine(overview._3());
        }
        return new Tuple3<>(batches, channels, findings);
    }

    private static Iterator<Tuple3<Long, Integer, Findings>> overview(Iterator<Tuple2<BatchKey, Partial>> partials) {
        long batches = 0;
        int channels = 0;
        Findings findings = new Findings();
        BatchKey last = BatchKey.NONE;
        while (partials.hasNext()) {
            Tuple2<BatchKey, Partial> partial = partials.next();
            findings = findings.combine(partial._2().findings());
            batches += partial._1().equals(last) ? 0 : 1;
            last = partial._1();
            ChannelMoments moments = partial._2().moments();
            channels = Math.max(channels, moments == null ? 0 : moments.channels());
        }
        return List.of(new Tuple3<>(batches, channels, findings)).iterator();
    }

    private void checkSize(long batches, int channels) {
        if (batches * channels > MAX_BATCH_CHANNELS) {
            throw new BatchNormException(String.format(
                    Locale.ROOT,
                    "%s: %,d batches of %,d channels; expected at most %,d batches x channels: use larger batches",
                    tensor.describe(),
                    batches,
                    channels,
                    MAX_BATCH_CHANNELS));
        }
    }

    private List<BatchResult> results(JavaPairRDD<BatchKey, Partial> sorted) {
        NonFinitePolicy how = policy;
        List<BatchResult> results = new ArrayList<>(sorted.mapPartitions(BatchMerge::new)
                .flatMap(batch -> result(batch._1(), batch._2(), how).iterator())
                .collect());
        results.sort(Comparator.comparing(BatchResult::key));
        return results;
    }

    /** The rounded numbers of a batch; nothing if it has no value. */
    private static List<BatchResult> result(BatchKey key, Partial partial, NonFinitePolicy policy) {
        ChannelMoments moments = partial.moments();
        return moments == null || moments.isEmpty() ? List.of() : List.of(BatchResult.of(key, moments, policy));
    }

    private void checkRows(Findings findings) {
        SampleSize expected = tensor.expectedSize();
        if (findings.hasErrors(expected)) {
            Findings examples = examples();
            Findings best = examples.hasErrors(expected) ? examples : findings;
            throw new BatchNormException(tensor.describe() + ": " + best.describe(expected));
        }
    }

    /** Scans once more, for the smallest example of each kind of defect. */
    private Findings examples() {
        JavaRDD<Partial> findings = scan(true).values().map(partial -> new Partial(null, partial.findings()));
        Findings all = combine(findings).findings();
        all.keepOnlyErrors(policy == NonFinitePolicy.FAIL);
        return all;
    }

    private void checkFinite(List<BatchResult> results) {
        if (results.stream().noneMatch(result -> result.statistics().hasNonFinite())) {
            return;
        }
        int channels = results.get(0).statistics().channels();
        List<String> listed = new ArrayList<>();
        int affected = 0;
        for (int c = 0; c < channels; c++) {
            long nan = 0;
            long infinite = 0;
            for (BatchResult result : results) {
                nan += result.statistics().nanCount(c);
                infinite += result.statistics().infinityCount(c);
            }
            if (nan + infinite > 0 && affected++ < MAX_CHANNELS_LISTED) {
                listed.add(tensor.channelName(c) + " (" + nan + " NaN, " + infinite + " infinite)");
            }
        }
        String more = affected > MAX_CHANNELS_LISTED ? " and " + (affected - MAX_CHANNELS_LISTED) + " more" : "";
        Findings.Tally rows = examples().tally(Findings.Defect.NON_FINITE);
        throw new BatchNormException(tensor.describe() + ": values that are not finite in channel "
                + String.join(", ", listed) + more + (rows == null ? "" : "; " + rows)
                + "; expected finite values, or --non-finite propagate, skip-batch or ignore");
    }

    private int channels(List<BatchResult> results, int expectedChannels) {
        int known = tensor.knownChannels();
        int found = results.isEmpty() ? known : results.get(0).statistics().channels();
        if (found == 0) {
            found = expectedChannels;
        }
        if (found == 0) {
            throw new BatchNormException("no rows: cannot tell the number of channels; give --shape");
        }
        if (expectedChannels != 0 && expectedChannels != found) {
            throw new BatchNormException(tensor.describe() + ": C = " + found + "; expected C = " + expectedChannels
                    + ", as the state has: give the state of this column");
        }
        return found;
    }

    private List<DatasetStatistics.Batch> label(List<BatchResult> results) {
        List<@Nullable Object> labels = BatchLabels.of(
                results.stream().map(BatchResult::key).toList(), tensor.batchType(), data.sparkSession());
        List<DatasetStatistics.Batch> batches = new ArrayList<>();
        for (int i = 0; i < results.size(); i++) {
            ChannelStatistics statistics = results.get(i).statistics();
            batches.add(new DatasetStatistics.Batch(results.get(i).key(), labels.get(i), statistics));
        }
        return batches;
    }

    private static String digest(int channels, List<BatchResult> results, List<DatasetStatistics.Batch> batches) {
        StatisticsDigest digest = new StatisticsDigest(channels);
        for (int i = 0; i < results.size(); i++) {
            byte[] hash = results.get(i).hash();
            Object label = batches.get(i).label();
            if (label == null) {
                digest.add(hash);
            } else if (label instanceof Long number) {
                digest.add(number, hash);
            } else {
                digest.add(label.toString(), hash);
            }
        }
        return digest.finish();
    }
}
