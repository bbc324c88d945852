package io.github.sparkbatchnorm.spark.transform;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.golden.GoldenTorch;
import io.github.sparkbatchnorm.layer.BatchNormMode;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.ChannelGradients;
import io.github.sparkbatchnorm.layer.GradientTransform;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.spark.BroadcastDataset;
import io.github.sparkbatchnorm.spark.DatasetGradients;
import io.github.sparkbatchnorm.spark.SharedSpark;
import io.github.sparkbatchnorm.spark.TensorBackward;
import io.github.sparkbatchnorm.spark.TensorDataset;
import io.github.sparkbatchnorm.spark.codec.RowSample;
import io.github.sparkbatchnorm.spark.tensor.TensorOptions;
import io.github.sparkbatchnorm.spark.training.BatchNormLayer;
import io.github.sparkbatchnorm.spark.training.RddBackward;
import io.github.sparkbatchnorm.spark.training.RddForward;
import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import io.github.sparkbatchnorm.stats.GradientSums;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import scala.Tuple2;

/**
 * The backward pass of PyTorch's cases on Spark, with the samples of a batch in one partition and each in its own: the
 * very bits that the layer computes in memory, which its own test compares with PyTorch's answers.
 */
class TorchBackwardOnSparkTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    static Stream<GoldenTorch.Case> cases() {
        return GoldenTorch.cases().stream();
    }

    /** Gradients of a batch, as text with all digits. */
    private record Answer(String dx, String dweight, String dbias) {
        static Answer of(List<?> dx, double[] dweight, double[] dbias) {
            return new Answer(Arrays.deepToString(dx.toArray()), Arrays.toString(dweight), Arrays.toString(dbias));
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void oneSampleAPartitionOrAllInOneGiveTheBitsOfTheLayer(GoldenTorch.Case torch) {
        List<GoldenTorch.Step> training =
                torch.steps().stream().filter(GoldenTorch.Step::train).toList();
        GoldenTorch.Step evaluation = torch.steps().get(torch.steps().size() - 1);
        List<ChannelStatistics> batches =
                training.stream().map(step -> statistics(torch, step)).toList();
        List<Answer> expected = new ArrayList<>();
        for (int s = 0; s < training.size(); s++) {
            expected.add(inMemory(torch, training.get(s), torch.initial(), batches.get(s)));
        }
        BatchNormState trained = torch.initial().afterBatches(batches, NonFinitePolicy.PROPAGATE);
        Answer expectedInEvaluation = inMemory(
                torch, evaluation, trained, trained.hasRunningStatistics() ? null : statistics(torch, evaluation));
        for (boolean apart : new boolean[] {false, true}) {
            assertThat(train(torch, training, apart)).isEqualTo(expected);
            assertThat(evaluate(torch, evaluation, trained, apart)).isEqualTo(expectedInEvaluation);
        }
    }

    private static ChannelStatistics statistics(GoldenTorch.Case torch, GoldenTorch.Step step) {
        ChannelMoments.Accumulator moments =
                new ChannelMoments.Accumulator(torch.shape().channels());
        for (double[] x : step.x()) {
            moments.add(x, torch.shape());
        }
        return moments.snapshot().statistics();
    }

    /** @param batch null for running statistics */
    private static Answer inMemory(
            GoldenTorch.Case torch, GoldenTorch.Step step, BatchNormState state, ChannelStatistics batch) {
        GradientSums.Accumulator sums =
                new GradientSums.Accumulator(torch.shape().channels(), false);
        for (int i = 0; i < step.x().length; i++) {
            sums.add(step.x()[i], step.dy()[i], torch.shape());
        }
        ChannelGradients gradients = batch == null
                ? ChannelGradients.ofRunning(sums.snapshot(), state)
                : ChannelGradients.ofBatch(
                        sums.snapshot(), batch, state.config().eps());
        GradientTransform transform = batch == null
                ? GradientTransform.ofRunning(state, NonFinitePolicy.PROPAGATE)
                : GradientTransform.ofBatch(gradients, batch, state, NonFinitePolicy.PROPAGATE);
        List<Object> dx = new ArrayList<>();
        for (int i = 0; i < step.x().length; i++) {
            double[] some = transform.apply(step.x()[i], step.dy()[i], torch.shape());
            dx.add(torch.float32() ? RowSample.toFloats(some) : some);
        }
        return Answer.of(dx, gradients.weight(), gradients.bias());
    }

    /** The training steps as the batches of one data set; dy stays in float64. */
    private List<Answer> train(GoldenTorch.Case torch, List<GoldenTorch.Step> steps, boolean apart) {
        List<Row> rows = new ArrayList<>();
        for (int s = 0; s < steps.size(); s++) {
            for (int i = 0; i < steps.get(s).x().length; i++) {
                Object x = steps.get(s).x()[i];
                if (torch.float32()) {
                    x = Arrays.stream(steps.get(s).x()[i])
                            .mapToObj(v -> (float) v)
                            .toArray(Float[]::new);
                }
                rows.add(RowFactory.create(s, rows.size(), x, steps.get(s).dy()[i]));
            }
        }
        DataType type = torch.float32() ? DataTypes.FloatType : DataTypes.DoubleType;
        StructType schema = new StructType()
                .add("step", DataTypes.IntegerType)
                .add("place", DataTypes.IntegerType)
                .add("x", DataTypes.createArrayType(type, false))
                .add("dy", DataTypes.createArrayType(DataTypes.DoubleType, false));
        Dataset<Row> data = spark().createDataFrame(jsc().parallelize(rows, apart ? rows.size() : 1), schema);
        TensorOptions options =
                TensorOptions.column("x").withShape(torch.shape()).withBatchColumn("step");
        BatchNormState state = torch.initial();
        TensorBackward backward =
                TensorDataset.of(data, options).forState(state).backward(List.of("dy"));
        DatasetGradients gradients = backward.trainingGradients(state.config());
        try (BroadcastDataset output =
                backward.inputGradients(gradients, state, "dx").broadcast()) {
            List<Row> all = new ArrayList<>(
                    output.dataset().select("step", "dx", "place").collectAsList());
            all.sort(Comparator.comparingInt(row -> row.getInt(2)));
            List<Answer> answers = new ArrayList<>();
            for (int s = 0; s < steps.size(); s++) {
                int step = s;
                ChannelGradients ofStep = gradients.batches().get(s).gradients();
                List<Object> dx = new ArrayList<>();
                all.stream()
                        .filter(row -> row.getInt(0) == step)
                        .forEach(row -> dx.add(row.getList(1).toArray()));
                answers.add(Answer.of(dx, ofStep.weight(), ofStep.bias()));
            }
            return answers;
        }
    }

    /** The evaluation batch through the layer, as an RDD. */
    private Answer evaluate(GoldenTorch.Case torch, GoldenTorch.Step step, BatchNormState state, boolean apart) {
        List<Tuple2<Object, Object>> pairs = new ArrayList<>();
        for (int i = 0; i < step.x().length; i++) {
            double[] x = step.x()[i];
            pairs.add(new Tuple2<>(torch.float32() ? RowSample.toFloats(x) : x, step.dy()[i]));
        }
        JavaRDD<Tuple2<Object, Object>> batch = jsc().parallelize(pairs, apart ? pairs.size() : 1);
        BatchNormLayer layer = new BatchNormLayer(state);
        try (RddForward<Object> forward = layer.forward(batch.map(Tuple2::_1), torch.shape(), BatchNormMode.EVAL);
                RddBackward<Object> backward = forward.backward(JavaPairRDD.fromJavaRDD(batch))) {
            assertThat(layer.state()).isSameAs(state);
            return Answer.of(backward.output().collect(), backward.weightGradient(), backward.biasGradient());
        }
    }
}
