package io.github.sparkbatchnorm.jobs;

import java.util.List;

/** Bugs that a cluster, a JVM, a native engine or a careless change could bring. */
final class PlantedBugs {
    private static final String SCAN = "spark/scan/PartitionScan";
    private static final String FORWARD = "layer/ForwardStatistics";
    private static final String GRADIENTS = "layer/ChannelGradients";
    private static final String STATE = "layer/BatchNormState";
    private static final String OUTPUT = "spark/transform/OutputColumns";

    private static final String ON_EXECUTOR_1 = "\"1\".equals(org.apache.spark.SparkEnv.get().executorId())";

    private PlantedBugs() {}

    /** Bugs in statistics. */
    static final List<PlantedBug> OF_STATISTICS = List.of(
            PlantedBug.of(
                            "a partition is lost in the statistics pass",
                            SCAN,
                            "this.rows = rows;",
                            "this.rows = TaskContext.getPartitionId() == 1 ? java.util.Collections.emptyIterator() : rows;")
                    .isFoundIn("floats", "statistics", "digest", "running-statistics", "train", "backward"),
            PlantedBug.of(
                            "a partition is counted twice in the statistics pass",
                            "spark/scan/ScanPass",
                            "return parts.repartitionAndSortWithinPartitions(",
                            "return parts.union(JavaPairRDD.fromJavaRDD(parts.mapPartitionsWithIndex((i, sums) ->"
                                    + " i == 1 ? sums : java.util.Collections.emptyIterator(), true)))"
                                    + ".repartitionAndSortWithinPartitions(")
                    .isFoundIn("floats", "statistics", "digest"),
            PlantedBug.of(
                            "sums of floats are floats",
                            "stats/ScalarLaneLoops",
                            "sum += v;",
                            "sum = (float) sum + (float) v;")
                    .isFoundIn("floats", "statistics", "digest"),
            PlantedBug.of(
                            "the lowest parts of squares are left away",
                            "stats/BlockSums",
                            "errorLow += (long)",
                            "errorLow += 0 * (long)")
                    .isFoundIn("doubles", "statistics", "digest", "running-statistics", "train", "train-moments"),
            PlantedBug.of(
                            "the bytes of sums depend on the partitions: zeros at their ends stay",
                            "stats/ExactSum",
                            "while (i < limbs.length && limbs[i] == 0) {",
                            "while (false && limbs[i] == 0) {")
                    .isFoundIn("floats", "digest")
                    .notBy("statistics", "running-statistics", "train", "eval", "backward"),
            PlantedBug.of("NaN is left out", "stats/MomentSums", "nan[slot]++;", "")
                    .isFoundIn("not-finite", "statistics", "digest"),
            PlantedBug.of(
                            "minimum and maximum are swapped",
                            "stats/ChannelStatistics",
                            "min[run] = moments.min(c);",
                            "min[run] = moments.max(c);")
                    .isFoundIn("floats", "statistics")
                    .notBy("digest", "running-statistics", "train", "eval", "backward"),
            PlantedBug.of(
                            "zeros that sparse samples do not name are not among the minima",
                            "stats/SlottedSums",
                            "sparseCount += valuesOfChannel;",
                            "")
                    .isFoundIn("sparse", "statistics", "digest")
                    .notBy("running-statistics", "train", "eval", "backward"));

    /** Bugs in outputs. */
    static final List<PlantedBug> OF_OUTPUTS = List.of(
            PlantedBug.of(
                            "eps is added to the root",
                            FORWARD,
                            "var == 0 ? 0 : 1 / Math.sqrt(var)",
                            "var == 0 ? 0 : 1 / (Math.sqrt(batch.populationVariance(c)) + eps)")
                    .isFoundIn("floats", "train", "backward", "gradients")
                    .notBy("statistics", "digest", "running-statistics", "eval"),
            PlantedBug.of(
                            "the statistics of another batch are used",
                            "spark/DatasetStatistics",
                            "of.apply(batches.get(i).statistics())",
                            "of.apply(batches.get((i + 1) % keys.size()).statistics())")
                    .isFoundIn("floats", "train", "train-moments")
                    .notBy("statistics", "digest", "running-statistics", "eval", "backward"),
            PlantedBug.of(
                            "the mean is centred without its low part",
                            FORWARD,
                            "meanLow[c] = batch.meanLow(c);",
                            "meanLow[c] = 0;")
                    .isFoundIn("doubles", "train")
                    .notBy("statistics", "digest", "running-statistics", "eval"),
            PlantedBug.of(
                            "the low part of the running mean is ignored in evaluation",
                            FORWARD,
                            "new ForwardStatistics(mean, low, invstd)",
                            "new ForwardStatistics(mean, new double[low.length], invstd)")
                    .isFoundIn("doubles", "eval")
                    .notBy("statistics", "digest", "running-statistics", "train", "backward"),
            PlantedBug.of(
                            "eps is forgotten in evaluation",
                            FORWARD,
                            "1 / Math.sqrt(invstd[c] + state.config().eps())",
                            "1 / Math.sqrt(invstd[c])")
                    .isFoundIn("floats", "eval", "backward-eval", "gradients")
                    .notBy("statistics", "digest", "running-statistics", "train", "backward"),
            PlantedBug.of(
                            "floats are normalized with floats",
                            "layer/TransformLoops",
                            "y[start + c] = (float) by.applyDirect(x[start + c], c);",
                            "y[start + c] = (x[start + c] - (float) by.mean()[c]) * (float) by.scale()[c]"
                                    + " + (float) by.bias()[c];")
                    .isFoundIn("floats", "train", "eval")
                    .notBy("statistics", "digest", "running-statistics", "backward"),
            PlantedBug.of(
                            "a row is dropped",
                            OUTPUT,
                            "withoutInvalid(data, reader) : data;",
                            "withoutInvalid(data, reader) : data.filter(\"id <> 7\");")
                    .isFoundIn("floats", "train-rows", "eval-rows", "backward-rows", "backward-eval-rows")
                    .notBy("statistics", "digest"),
            PlantedBug.of(
                            "a row is written twice",
                            OUTPUT,
                            "withoutInvalid(data, reader) : data;",
                            "withoutInvalid(data, reader) : data.union(data.filter(\"id = 7\"));")
                    .isFoundIn("floats", "train-rows", "eval-rows", "backward-rows", "backward-eval-rows")
                    .notBy("statistics", "digest"),
            PlantedBug.of(
                            "a temporary folder stays",
                            "jobs/publish/Publication",
                            ".filter(folder -> !folder.deletePublished())",
                            ".filter(folder -> false)")
                    .isFoundIn("floats", "clean")
                    .notBy("statistics", "digest", "running-statistics", "train", "eval", "backward"));

    /** Bugs in gradients. */
    static final List<PlantedBug> OF_GRADIENTS = List.of(
            PlantedBug.of(
                            "the mean of the gradients is divided by n - 1",
                            GRADIENTS,
                            "sums.mean(c, n);",
                            "sums.mean(c, n - 1);")
                    .isFoundIn("floats", "backward", "gradient-identities")
                    .notBy("statistics", "digest", "train", "eval", "gradients", "backward-eval"),
            PlantedBug.of(
                            "the projection in dx is divided by n - 1",
                            GRADIENTS,
                            "centredProducts(sums, c, statistics, n);",
                            "centredProducts(sums, c, statistics, n - 1);")
                    .isFoundIn("floats", "backward", "gradient-identities")
                    .notBy("statistics", "digest", "train", "eval", "gradients", "backward-eval"),
            PlantedBug.of(
                            "the gradient of the bias is a float",
                            GRADIENTS,
                            "bias[c] = sums.sum(c);",
                            "bias[c] = (float) sums.sum(c);")
                    .isFoundIn("doubles", "gradients")
                    .notBy("statistics", "train", "eval", "backward", "backward-eval", "gradient-identities"));

    /** Bugs in states. */
    static final List<PlantedBug> OF_STATES = List.of(
            PlantedBug.of(
                            "the running variance is biased",
                            "layer/RunningStatistics",
                            "f * batch.sampleVariance(c)",
                            "f * batch.populationVariance(c)")
                    .isFoundIn("floats", "running-statistics")
                    .notBy("statistics", "digest", "train", "eval", "backward"),
            PlantedBug.of(
                            "running statistics are advanced twice for a batch, which counts once",
                            STATE,
                            "after = after.after(batch, config.momentum());",
                            "after = after.after(batch, config.momentum()); "
                                    + "if (after.numBatchesTracked() == 2) { "
                                    + "    RunningStatistics twice = after.after(batch, config.momentum()); "
                                    + "    after = new RunningStatistics(twice.mean(), twice.meanLow(), twice.var(), 2); "
                                    + "}")
                    .isFoundIn("floats", "running-statistics")
                    .notBy("statistics", "digest", "train", "eval", "backward"),
            PlantedBug.of(
                            "running statistics are advanced twice for a batch, which counts twice",
                            STATE,
                            "after = after.after(batch, config.momentum());",
                            "after = after.after(batch, config.momentum()); "
                                    + "if (after.numBatchesTracked() == 2) { "
                                    + "    after = after.after(batch, config.momentum()); "
                                    + "}")
                    .isFoundIn("doubles", "running-statistics")
                    .notBy("statistics", "digest", "train", "eval", "backward"),
            PlantedBug.of(
                            "a state is rounded to floats when it is written",
                            "io/StateJson",
                            "DoubleNode.valueOf(v)",
                            "DoubleNode.valueOf((float) v)")
                    .isFoundIn("floats", "running-statistics", "state")
                    .notBy("statistics", "digest"),
            PlantedBug.of(
                            "the low part of the running mean is not written",
                            "io/StateJson",
                            "state.hasRunningMeanLow() ? state.runningMeanLow() : null",
                            "null")
                    .isFoundIn("doubles", "running-statistics", "state")
                    .notBy("statistics", "digest", "train", "eval", "backward"));

    /** Bugs of one executor: of a partial, which flips once, and of the loops that make all sums. */
    static final List<PlantedBug> OF_ONE_HOST = List.of(
            partialFlips("a bit of a partial flips once", 4)
                    .isFoundIn("floats", "statistics", "digest")
                    .notBy("running-statistics", "train", "eval", "backward"),
            partialFlips("a bit of a partial flips once that rounded statistics do not show", 1)
                    .isFoundIn("floats", "digest")
                    .notBy("statistics", "running-statistics", "train", "eval", "backward"),
            PlantedBug.of(
                            "a bit of each sum flips",
                            "stats/BlockSums",
                            "addUnits(sum, sumHigh, e - SUM_HIGH_UNIT);",
                            "addUnits(sum, " + ON_EXECUTOR_1 + " ? sumHigh ^ 1 : sumHigh, e - SUM_HIGH_UNIT);")
                    .isFoundIn("floats", "statistics", "digest", "running-statistics"));

    /** @param fromEnd which byte of the sums, whose last word is the lowest of the last channel's sum of squares */
    private static PlantedBug partialFlips(String name, int fromEnd) {
        return PlantedBug.of(
                name,
                "spark/scan/RowAccumulator",
                "Partial snapshot(ScanReport report) {",
                "private static final java.util.concurrent.atomic.AtomicBoolean FLIPPED ="
                        + " new java.util.concurrent.atomic.AtomicBoolean(); "
                        + "Partial snapshot(ScanReport report) { "
                        + "    if (moments != null && gradients == null && " + ON_EXECUTOR_1
                        + " && !FLIPPED.getAndSet(true)) { "
                        + "        byte[] sums = moments.snapshot().toBytes(); "
                        + "        sums[sums.length - " + fromEnd + "] ^= 1; "
                        + "        return new Partial(ChannelMoments.fromBytes(sums), null, report); "
                        + "    }");
    }
}
