package io.github.sparkbatchnorm.spark.training;

import static io.github.sparkbatchnorm.spark.training.LayerFixtures.SHAPE;
import static io.github.sparkbatchnorm.spark.training.LayerFixtures.layer;
import static io.github.sparkbatchnorm.spark.training.LayerFixtures.pairs;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.layer.BatchNormMode;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.spark.SharedSpark;
import io.github.sparkbatchnorm.spark.Tensors;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import scala.Tuple2;

class BatchNormLayerTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

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
}
