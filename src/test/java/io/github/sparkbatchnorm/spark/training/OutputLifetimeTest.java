package io.github.sparkbatchnorm.spark.training;

import static io.github.sparkbatchnorm.spark.training.LayerFixtures.SHAPE;
import static io.github.sparkbatchnorm.spark.training.LayerFixtures.layer;
import static io.github.sparkbatchnorm.spark.training.LayerFixtures.pairs;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormMode;
import io.github.sparkbatchnorm.spark.Broadcasts;
import io.github.sparkbatchnorm.spark.SharedSpark;
import io.github.sparkbatchnorm.spark.Tensors;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.storage.StorageLevel;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import scala.Tuple2;

/** Outputs can be used until their pass is closed; checkpointed ones outlive it; nothing stays behind. */
class OutputLifetimeTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    @Test
    @Tag("full")
    void aLongTrainingLoopLeaksNothing() throws Exception {
        SampleShape shape = SampleShape.channelsFirst(2);
        JavaRDD<Tuple2<double[], double[]>> batch =
                jsc().parallelize(pairs(8, shape, 4), 2).persist(StorageLevel.MEMORY_ONLY());
        batch.count();
        BatchNormLayer layer = layer(2);
        int cachedBefore = spark().sparkContext().getPersistentRDDs().size();
        try (Broadcasts broadcasts = new Broadcasts(sc())) {
            trainingSteps(layer, batch, shape, 200);
            assertThat(broadcasts.areGone()).isTrue();
        }
        assertThat(layer.state().numBatchesTracked()).isEqualTo(200);
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
}
