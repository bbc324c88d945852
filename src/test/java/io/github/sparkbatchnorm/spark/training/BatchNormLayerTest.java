package io.github.sparkbatchnorm.spark.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormMode;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.spark.SharedSpark;
import io.github.sparkbatchnorm.spark.Tensors;
import io.github.sparkbatchnorm.spark.tensor.HandleInvalid;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.apache.spark.storage.StorageLevel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import scala.Tuple2;

class BatchNormLayerTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    private static final SampleShape SHAPE = SampleShape.channelsFirst(3, 4);

    private static BatchNormLayer layer(int channels) {
        return new BatchNormLayer(BatchNormState.initial(channels, BatchNormConfig.DEFAULT));
    }

    private static List<Tuple2<double[], double[]>> pairs(int count, SampleShape shape, long seed) {
        Random random = new Random(seed);
        List<Tuple2<double[], double[]>> pairs = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            double[] x = random.doubles(shape.length()).map(v -> 10 + v).toArray();
            pairs.add(new Tuple2<>(x, random.doubles(shape.length()).toArray()));
        }
        return pairs;
    }

    /** All that a step computes, as text with all digits. */
    private record Step(String y, String dx, String dweight, String dbias, BatchNormState state) {}

    private Step step(JavaRDD<Tuple2<double[], double[]>> batch, BatchNormMode mode) {
        BatchNormLayer layer = layer(3);
        try (RddForward<double[]> forward = layer.forward(batch.map(Tuple2::_1), SHAPE, mode);
                RddBackward<double[]> backward = forward.backward(JavaPairRDD.fromJavaRDD(batch))) {
            return new Step(
                    text(forward.output().collect()),
                    text(backward.output().collect()),
                    Arrays.toString(backward.weightGradient()),
                    Arrays.toString(backward.biasGradient()),
                    layer.state());
        }
    }

    private static String text(List<double[]> arrays) {
        return Arrays.deepToString(arrays.toArray());
    }

    @ParameterizedTest
    @EnumSource(BatchNormMode.class)
    void unevenAndEmptyPartitionsGiveTheSameBits(BatchNormMode mode) {
        List<Tuple2<double[], double[]>> pairs = pairs(72, SHAPE, 1);
        Step whole = step(jsc().parallelize(pairs, 1), mode);
        assertThat(step(uneven(pairs, 5, 50, 0, 17), mode)).isEqualTo(whole);
        assertThat(step(jsc().parallelize(pairs, 7), mode)).isEqualTo(whole);
        assertThat(whole.state().numBatchesTracked()).isEqualTo(mode == BatchNormMode.TRAIN ? 1 : 0);
    }

    private <T> JavaRDD<T> uneven(List<T> rows, int... sizes) {
        JavaRDD<T> all = jsc().emptyRDD();
        int from = 0;
        for (int size : sizes) {
            all = all.union(jsc().parallelize(rows.subList(from, from + size), 1));
            from += size;
        }
        return all;
    }

    @Test
    void aColumnGivesTheBitsOfAnRdd() {
        List<Tuple2<double[], double[]>> pairs = pairs(20, SHAPE, 2);
        Step expected = step(jsc().parallelize(pairs, 3), BatchNormMode.TRAIN);
        List<String> rows = new ArrayList<>();
        pairs.forEach(pair ->
                rows.add("{\"x\":" + Arrays.toString(pair._1()) + ",\"dy\":" + Arrays.toString(pair._2()) + "}"));
        Dataset<Row> data = spark().read().json(spark().createDataset(rows, org.apache.spark.sql.Encoders.STRING()));
        BatchNormLayer layer = layer(3);
        try (DatasetForward forward = layer.forward(data, Tensors.column("x", 3, 4), "y", BatchNormMode.TRAIN);
                DatasetBackward backward = forward.backward(forward.output(), "dy", "dx")) {
            Dataset<Row> output = backward.output();
            assertThat(output.columns()).containsExactly("dy", "x", "y", "dx");
            assertThat(new Step(
                            text(arrays(output, "y")),
                            text(arrays(output, "dx")),
                            Arrays.toString(backward.weightGradient()),
                            Arrays.toString(backward.biasGradient()),
                            layer.state()))
                    .isEqualTo(expected);
            assertThat(forward.mean()).hasSize(3);
            assertThat(forward.invstd()).hasSize(3);
        }
    }

    private static List<double[]> arrays(Dataset<Row> data, String column) {
        return data.select(column).collectAsList().stream()
                .map(row -> row.<Double>getList(0).stream().mapToDouble(v -> v).toArray())
                .toList();
    }

    @Test
    void meanAndInvstdAreTheBatchsInTrainingAndTheRunningOnesInEvaluation() {
        BatchNormLayer layer = layer(1);
        JavaRDD<double[]> batch = jsc().parallelize(List.of(new double[] {1}, new double[] {3}));
        SampleShape shape = SampleShape.channelsFirst(1);
        try (RddForward<double[]> forward = layer.forward(batch, shape, BatchNormMode.TRAIN)) {
            assertThat(forward.mean()).containsExactly(2);
            assertThat(forward.invstd()).containsExactly(1 / Math.sqrt(1 + 1e-5));
        }
        try (RddForward<double[]> forward = layer.forward(batch, shape, BatchNormMode.EVAL)) {
            assertThat(forward.mean()).containsExactly(layer.state().runningMean());
            assertThat(forward.invstd())
                    .containsExactly(1 / Math.sqrt(layer.state().runningVar()[0] + 1e-5));
        }
    }

    @Test
    void floatsStayFloats() {
        BatchNormLayer layer = layer(2);
        List<float[]> samples = List.of(new float[] {1, 5}, new float[] {2, 7}, new float[] {4, 7});
        SampleShape shape = SampleShape.channelsFirst(2);
        try (RddForward<float[]> forward = layer.forward(jsc().parallelize(samples), shape, BatchNormMode.TRAIN)) {
            List<float[]> y = forward.output().collect();
            List<Tuple2<float[], float[]>> pairs = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                pairs.add(new Tuple2<>(samples.get(i), y.get(i)));
            }
            try (RddBackward<float[]> backward = forward.backward(jsc().parallelizePairs(pairs, 2))) {
                assertThat(backward.output().collect()).hasSize(3).allMatch(dx -> dx.length == 2);
                assertThat(backward.weightGradient()[0]).isCloseTo(3, org.assertj.core.data.Offset.offset(1e-4));
            }
        }
    }

    @Test
    void aPassIsOneJobAndEvaluationWithRunningStatisticsNone() throws Exception {
        JavaRDD<Tuple2<double[], double[]>> batch = jsc().parallelize(pairs(10, SHAPE, 3), 2);
        AtomicInteger jobs = new AtomicInteger();
        SparkListener listener = new SparkListener() {
            @Override
            public void onJobStart(SparkListenerJobStart start) {
                jobs.incrementAndGet();
            }
        };
        spark().sparkContext().listenerBus().waitUntilEmpty(10_000); // jobs of other tests
        spark().sparkContext().addSparkListener(listener);
        try {
            BatchNormLayer layer = layer(3);
            try (RddForward<double[]> forward = layer.forward(batch.map(Tuple2::_1), SHAPE, BatchNormMode.TRAIN)) {
                assertThat(seen(jobs)).isEqualTo(1);
                forward.backward(JavaPairRDD.fromJavaRDD(batch)).close();
                assertThat(seen(jobs)).isEqualTo(2);
            }
            Dataset<Row> data = spark().range(10).selectExpr("array(double(id), 1D, 2D) x");
            layer.forward(data, Tensors.column("x"), "y", BatchNormMode.TRAIN).close();
            assertThat(seen(jobs)).isEqualTo(3);
            layer.forward(batch.map(Tuple2::_1), SHAPE, BatchNormMode.EVAL).close();
            assertThat(seen(jobs)).isEqualTo(3);
        } finally {
            spark().sparkContext().removeSparkListener(listener);
        }
    }

    private int seen(AtomicInteger jobs) throws Exception {
        spark().sparkContext().listenerBus().waitUntilEmpty(10_000);
        return jobs.get();
    }

    @Test
    void aLongTrainingLoopLeaksNothing() throws Exception {
        SampleShape shape = SampleShape.channelsFirst(2);
        JavaRDD<Tuple2<double[], double[]>> batch =
                jsc().parallelize(pairs(8, shape, 4), 2).persist(StorageLevel.MEMORY_ONLY());
        batch.count();
        BatchNormLayer layer = layer(2);
        trainingSteps(layer, batch, shape, 1);
        int broadcastsBefore = settledBroadcastBlocks(Integer.MAX_VALUE);
        int cachedBefore = spark().sparkContext().getPersistentRDDs().size();
        trainingSteps(layer, batch, shape, 200);
        assertThat(layer.state().numBatchesTracked()).isEqualTo(201);
        assertThat(settledBroadcastBlocks(broadcastsBefore)).isLessThanOrEqualTo(broadcastsBefore);
        assertThat(spark().sparkContext().getPersistentRDDs().size()).isEqualTo(cachedBefore);
        batch.unpersist();
    }

    private static void trainingSteps(
            BatchNormLayer layer, JavaRDD<Tuple2<double[], double[]>> batch, SampleShape shape, int steps) {
        for (int i = 0; i < steps; i++) {
            try (RddForward<double[]> forward = layer.forward(batch.map(Tuple2::_1), shape, BatchNormMode.TRAIN);
                    RddBackward<double[]> backward =
                            forward.backward(forward.output().zip(batch.map(Tuple2::_2)))) {
                backward.output().count();
                double[] weight = layer.state().weight();
                double[] bias = layer.state().bias();
                for (int c = 0; c < weight.length; c++) {
                    weight[c] -= 1e-3 * backward.weightGradient()[c];
                    bias[c] -= 1e-3 * backward.biasGradient()[c];
                }
                layer.setParameters(weight, bias);
            }
        }
    }

    /** Broadcast blocks in memory; Spark's cleaner drops those of finished tasks after a garbage collection. */
    @SuppressWarnings("SystemGc")
    private int settledBroadcastBlocks(int enough) throws InterruptedException {
        int blocks = Integer.MAX_VALUE;
        int unchanged = 0;
        for (int i = 0; i < 100 && unchanged < 5 && blocks > enough - 1; i++) {
            System.gc();
            Thread.sleep(100);
            int now = broadcastBlocks();
            unchanged = now == blocks ? unchanged + 1 : 0;
            blocks = now;
        }
        return blocks;
    }

    private int broadcastBlocks() {
        return org.apache.spark.SparkEnv.get()
                .blockManager()
                .master()
                .getMatchingBlockIds(new IsBroadcast(), true)
                .size();
    }

    private static final class IsBroadcast
            extends scala.runtime.AbstractFunction1<org.apache.spark.storage.BlockId, Object>
            implements java.io.Serializable {
        private static final long serialVersionUID = 1L;

        @Override
        public Object apply(org.apache.spark.storage.BlockId block) {
            return block.isBroadcast();
        }
    }

    @Test
    void aClosedOutputSaysSo() {
        JavaRDD<Tuple2<double[], double[]>> batch = jsc().parallelize(pairs(4, SHAPE, 5), 2);
        RddForward<double[]> forward = layer(3).forward(batch.map(Tuple2::_1), SHAPE, BatchNormMode.TRAIN);
        RddBackward<double[]> backward = forward.backward(JavaPairRDD.fromJavaRDD(batch));
        JavaRDD<double[]> y = forward.output();
        JavaRDD<double[]> dx = backward.output();
        forward.close();
        backward.close();
        String message = "the output of a closed batch norm pass is used";
        assertThatThrownBy(forward::output)
                .isInstanceOf(BatchNormException.class)
                .hasMessageStartingWith(message);
        assertThatThrownBy(backward::output)
                .isInstanceOf(BatchNormException.class)
                .hasMessageStartingWith(message);
        assertThatThrownBy(y::collect).hasStackTraceContaining(message);
        assertThatThrownBy(dx.map(a -> a.length)::count).hasStackTraceContaining(message);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aCheckpointedOutputOutlivesItsPass(boolean local, @TempDir Path folder) {
        sc().setCheckpointDir(folder.toString());
        JavaRDD<Tuple2<double[], double[]>> batch = jsc().parallelize(pairs(4, SHAPE, 5), 2);
        RddForward<double[]> forward = layer(3).forward(batch.map(Tuple2::_1), SHAPE, BatchNormMode.TRAIN);
        RddBackward<double[]> backward = forward.backward(JavaPairRDD.fromJavaRDD(batch));
        List<JavaRDD<double[]>> outputs = List.of(forward.output(), backward.output());
        for (JavaRDD<double[]> output : outputs) {
            if (local) {
                output.rdd().localCheckpoint();
            } else {
                output.checkpoint();
            }
        }
        List<List<double[]>> before = outputs.stream().map(JavaRDD::collect).toList();
        forward.close();
        backward.close();
        assertThat(forward.output()).isSameAs(outputs.get(0));
        for (int i = 0; i < 2; i++) {
            JavaRDD<double[]> output = outputs.get(i);
            assertThat(output.collect().toArray(double[][]::new))
                    .isDeepEqualTo(before.get(i).toArray(double[][]::new));
            assertThat(output.map(a -> a.length).repartition(3).count()).isEqualTo(4);
        }
    }

    @Test
    void aCachedOutputAndOneNotYetMaterializedAreRefusedAfterClose(@TempDir Path folder) {
        sc().setCheckpointDir(folder.toString());
        JavaRDD<double[]> batch = jsc().parallelize(pairs(4, SHAPE, 5), 2).map(Tuple2::_1);
        String message = "the output of a closed batch norm pass is used";
        RddForward<double[]> cached = layer(3).forward(batch, SHAPE, BatchNormMode.TRAIN);
        JavaRDD<double[]> y = cached.output().cache();
        y.count();
        cached.close();
        assertThatThrownBy(cached::output).hasMessageStartingWith(message);
        assertThatThrownBy(y::count).hasStackTraceContaining(message);
        y.unpersist();
        RddForward<double[]> marked = layer(3).forward(batch, SHAPE, BatchNormMode.TRAIN);
        JavaRDD<double[]> late = marked.output();
        late.checkpoint();
        marked.close();
        assertThatThrownBy(marked::output).hasMessageStartingWith(message);
        assertThatThrownBy(late::count).hasStackTraceContaining(message);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aCheckpointedDatasetOutlivesItsPass(boolean local, @TempDir Path folder) {
        sc().setCheckpointDir(folder.toString());
        Dataset<Row> batch = spark().range(6).selectExpr("id", "array(id, id * id) x", "array(1d, id) dy");
        DatasetForward forward = layer(2).forward(batch, Tensors.column("x"), "y", BatchNormMode.TRAIN);
        DatasetBackward backward = forward.backward(batch, "dy", "dx");
        List<Dataset<Row>> outputs = List.of(forward.output(), backward.output());
        List<List<Row>> before = outputs.stream().map(Dataset::collectAsList).toList();
        List<Dataset<Row>> kept = outputs.stream()
                .map(output -> local ? output.localCheckpoint() : output.checkpoint())
                .toList();
        forward.close();
        backward.close();
        assertThatThrownBy(outputs.get(0)::collectAsList)
                .hasStackTraceContaining("the output of a closed batch norm pass is used");
        for (int i = 0; i < 2; i++) {
            assertThat(kept.get(i).collectAsList()).isEqualTo(before.get(i));
            assertThat(kept.get(i).repartition(3).where("id > 2").count()).isEqualTo(3);
        }
    }

    @Test
    void anEmptyBatchChangesNothing() {
        BatchNormLayer layer = layer(3);
        JavaRDD<double[]> none = jsc().emptyRDD();
        try (RddForward<double[]> forward = layer.forward(none, SHAPE, BatchNormMode.TRAIN);
                RddBackward<double[]> backward = forward.backward(none.zip(none))) {
            assertThat(forward.output().collect()).isEmpty();
            assertThat(backward.output().collect()).isEmpty();
            assertThat(backward.weightGradient()).containsExactly(0, 0, 0);
            assertThat(backward.biasGradient()).containsExactly(0, 0, 0);
        }
        assertThat(layer.state()).isEqualTo(layer(3).state());
    }

    @Test
    void oneValueAChannelIsAnErrorThatLeavesTheStateAlone() {
        BatchNormLayer layer = layer(2);
        JavaRDD<double[]> one = jsc().parallelize(List.of(new double[] {1, 2}));
        assertThatThrownBy(() -> layer.forward(one, SampleShape.channelsFirst(2), BatchNormMode.TRAIN))
                .isInstanceOf(BatchNormException.class)
                .hasMessage("Expected more than 1 value per channel when training, got input size [1, 2]");
        assertThat(layer.state()).isEqualTo(layer(2).state());
    }

    @Test
    void samplesThatCannotBeUsedAreNamed() {
        SampleShape shape = SampleShape.channelsFirst(2);
        double[] good = {1, 2};
        assertFails(
                jsc().parallelize(Arrays.asList(good, null, new double[] {1, 2, 3})),
                "samples: null in 1 row; expected a sample in each row, or set handleInvalid to skip or keep; rows of length"
                        + " 3 (1 row); expected length 2");
        assertThatThrownBy(() -> layer(2).forward(jsc().parallelize(List.of("a")), shape, BatchNormMode.TRAIN))
                .hasStackTraceContaining("samples: an element of java.lang.String; expected float[] or double[]");
        JavaRDD<double[]> samples = jsc().parallelize(List.of(good, good, good), 1);
        try (RddForward<double[]> forward = layer(2).forward(samples, shape, BatchNormMode.TRAIN)) {
            JavaRDD<double[]> short1 =
                    jsc().parallelize(List.of(new double[] {1, 2}, new double[] {1}, new double[] {1, 2}), 1);
            assertThatThrownBy(() -> forward.backward(samples.zip(short1)))
                    .isInstanceOf(BatchNormException.class)
                    .hasMessage("gradients: gradients of another shape than the values in 1 row, e.g. (length 1 for"
                            + " length 2); expected the same shape");
            JavaRDD<double[]> holes = jsc().parallelize(Arrays.asList(new double[] {1, 2}, null, null), 1);
            assertThatThrownBy(() -> forward.backward(samples.zip(holes)))
                    .isInstanceOf(BatchNormException.class)
                    .hasMessageStartingWith("gradients: null in 2 rows");
            JavaRDD<double[]> twice = samples.union(samples);
            assertThatThrownBy(() -> forward.backward(twice.zip(twice)))
                    .hasStackTraceContaining("6 gradients of channel 0, whose statistics are of 3 values");
        }
    }

    private void assertFails(JavaRDD<double[]> samples, String message) {
        BatchNormLayer layer = layer(2);
        assertThatThrownBy(() -> layer.forward(samples, SampleShape.channelsFirst(2), BatchNormMode.TRAIN))
                .isInstanceOf(BatchNormException.class)
                .hasMessage(message);
        assertThat(layer.state()).isEqualTo(layer(2).state());
    }

    @ParameterizedTest
    @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY})
    void gradientsThatAreNotFiniteStayInTheirChannelOrFailOrAreIgnored(double bad) {
        SampleShape shape = SampleShape.channelsFirst(2);
        JavaRDD<double[]> x =
                jsc().parallelize(List.of(new double[] {1, 2}, new double[] {3, 7}, new double[] {4, 9}), 2);
        JavaRDD<double[]> dy =
                jsc().parallelize(List.of(new double[] {1, 2}, new double[] {bad, 4}, new double[] {0, 1}), 2);
        JavaRDD<double[]> finite =
                jsc().parallelize(List.of(new double[] {1, 2}, new double[] {0, 4}, new double[] {0, 1}), 2);
        List<double[]> expected = backward(NonFinitePolicy.PROPAGATE, x, finite, shape);

        List<double[]> propagated = backward(NonFinitePolicy.PROPAGATE, x, dy, shape);
        for (int i = 0; i < 3; i++) {
            assertThat(propagated.get(i)[0]).matches(v -> !Double.isFinite(v));
            assertThat(propagated.get(i)[1]).isEqualTo(expected.get(i)[1]);
        }
        List<double[]> ignored = backward(NonFinitePolicy.IGNORE, x, dy, shape);
        // The pair counts as a gradient of 0 for the others, and gets none itself.
        assertThat(ignored.get(0)).isEqualTo(expected.get(0));
        assertThat(ignored.get(1)[0]).isZero();
        assertThat(ignored.get(2)).isEqualTo(expected.get(2));
        assertThatThrownBy(() -> backward(NonFinitePolicy.FAIL, x, dy, shape))
                .isInstanceOf(BatchNormException.class)
                .hasMessage(
                        "gradients: values that are not finite in channel 0 (" + (Double.isNaN(bad) ? 1 : 0)
                                + " NaN, " + (Double.isNaN(bad) ? 0 : 1)
                                + " infinite); 1 row; expected finite values, or set nonFinite to propagate, skip-batch or ignore");
    }

    private static List<double[]> backward(
            NonFinitePolicy policy, JavaRDD<double[]> x, JavaRDD<double[]> dy, SampleShape shape) {
        BatchNormLayer layer = new BatchNormLayer(BatchNormState.initial(2, BatchNormConfig.DEFAULT), policy);
        try (RddForward<double[]> forward = layer.forward(x, shape, BatchNormMode.TRAIN);
                RddBackward<double[]> backward = forward.backward(x.zip(dy))) {
            return backward.output().collect();
        }
    }

    @Test
    void anOutputColumnThatExistsIsRefusedAndChangesNothing() {
        Dataset<Row> data = spark().range(4).selectExpr("array(double(id)) AS x", "array(1D) AS dy");
        BatchNormLayer layer = layer(1);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> layer.forward(data, Tensors.column("x"), "X", BatchNormMode.TRAIN))
                .withMessage("there is a column x already; expected a new name for the output");
        assertThat(layer.state()).isEqualTo(layer(1).state());
        try (DatasetForward forward = layer.forward(data, Tensors.column("x"), "y", BatchNormMode.TRAIN)) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> forward.backward(data, "dy", "dy"))
                    .withMessageContaining("there is a column dy already");
        }
    }

    @Test
    void whatDoesNotFitTheLayerIsRefused() {
        BatchNormLayer layer = layer(2);
        JavaRDD<double[]> samples = jsc().emptyRDD();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> layer.forward(samples, SampleShape.channelsFirst(3), BatchNormMode.EVAL))
                .withMessage("samples of 3 channels; expected 2, as the layer has");
        Dataset<Row> data =
                spark().range(4).select(functions.array(functions.lit(1.0)).as("x"), functions.col("id"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> layer.forward(data, Tensors.columnByBatch("x", "id"), "y", BatchNormMode.TRAIN))
                .withMessage("a batch column given; a layer takes one tensor column of one global batch");
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        layer.forward(data, Tensors.channels(HandleInvalid.ERROR, "id"), "y", BatchNormMode.TRAIN))
                .withMessage("channel columns given; a layer takes one tensor column of one global batch");
        BatchNormLayer one = layer(1);
        try (DatasetForward forward = one.forward(data, Tensors.column("x"), "y", BatchNormMode.TRAIN)) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> forward.backward(data, "dy", "dx"))
                    .withMessage("no column dy; the columns are x, id");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> forward.backward(data, "x", "dx"))
                    .withMessage("gradient column x is also the tensor's or the batch column; expected another one");
        }
        BatchNormState bare = BatchNormState.initial(1, new BatchNormConfig(1e-5, 0.1, false, true));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new BatchNormLayer(bare).setParameters(new double[1], new double[1]));
    }
}
