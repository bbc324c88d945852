package io.github.sparkbatchnorm.spark.transform;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.sparkbatchnorm.golden.GoldenTorch;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.spark.BroadcastDataset;
import io.github.sparkbatchnorm.spark.DatasetStatistics;
import io.github.sparkbatchnorm.spark.SharedSpark;
import io.github.sparkbatchnorm.spark.TensorDataset;
import io.github.sparkbatchnorm.spark.TensorOutput;
import io.github.sparkbatchnorm.spark.tensor.TensorOptions;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What real PyTorch answers, with the samples of a batch in one partition and each in its own. The training steps of a
 * case are the batches of one data set.
 */
class TorchOnSparkTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    /** The rounding of torch's own float64 arithmetic, amplified where the mean is large beside the spread. */
    private static final double TOLERANCE = 1e-11;

    static Stream<GoldenTorch.Case> cases() {
        return GoldenTorch.cases().stream();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void oneSampleAPartitionOrAllInOneIsTorchsAnswer(GoldenTorch.Case torch) {
        List<GoldenTorch.Step> training =
                torch.steps().stream().filter(GoldenTorch.Step::train).toList();
        GoldenTorch.Step evaluation = torch.steps().get(torch.steps().size() - 1);
        for (boolean apart : new boolean[] {false, true}) {
            BatchNormState trained = train(torch, training, apart);
            List<double[]> y = evaluate(torch, evaluation, trained, apart);
            check(torch, evaluation, y);
        }
    }

    /** Checks outputs of all steps and the state after each; the state after the last. */
    private BatchNormState train(GoldenTorch.Case torch, List<GoldenTorch.Step> steps, boolean apart) {
        Dataset<Row> data = data(torch, steps, apart);
        TensorDataset x = TensorDataset.of(data, options(torch).withBatchColumn("step"));
        DatasetStatistics statistics = x.statistics();
        assertThat(statistics.batches()).hasSameSizeAs(steps);
        BatchNormState state = torch.initial();
        for (int s = 0; s < steps.size(); s++) {
            ChannelStatistics batch = statistics.batches().get(s).statistics();
            state = state.afterBatches(List.of(batch), NonFinitePolicy.PROPAGATE);
            check("running_mean", state.runningMean(), steps.get(s).runningMean());
            check("running_var", state.runningVar(), steps.get(s).runningVar());
            assertThat(state.numBatchesTracked()).isEqualTo(steps.get(s).numBatchesTracked());
        }
        try (BroadcastDataset normalized =
                x.normalize(statistics, torch.initial(), "y").broadcast()) {
            List<double[]> y = outputs(normalized.dataset());
            int from = 0;
            for (GoldenTorch.Step step : steps) {
                check(torch, step, y.subList(from, from + step.x().length));
                from += step.x().length;
            }
        }
        return state;
    }

    private List<double[]> evaluate(
            GoldenTorch.Case torch, GoldenTorch.Step step, BatchNormState state, boolean apart) {
        Dataset<Row> data = data(torch, List.of(step), apart);
        TensorDataset x = TensorDataset.of(data, options(torch));
        TensorOutput y =
                state.hasRunningStatistics() ? x.normalize(state, "y") : x.normalize(x.statistics(), state, "y");
        return outputs(y.inPlan());
    }

    /** Rows of step, place and sample, as the type of the case. */
    private Dataset<Row> data(GoldenTorch.Case torch, List<GoldenTorch.Step> steps, boolean apart) {
        List<Row> rows = new ArrayList<>();
        for (int s = 0; s < steps.size(); s++) {
            for (double[] x : steps.get(s).x()) {
                Object sample = x;
                if (torch.float32()) {
                    sample = Arrays.stream(x).mapToObj(v -> (float) v).toArray(Float[]::new);
                }
                rows.add(RowFactory.create(s, rows.size(), sample));
            }
        }
        StructType schema = new StructType()
                .add("step", DataTypes.IntegerType)
                .add("place", DataTypes.IntegerType)
                .add(
                        "x",
                        DataTypes.createArrayType(torch.float32() ? DataTypes.FloatType : DataTypes.DoubleType, false));
        return spark().createDataFrame(jsc().parallelize(rows, apart ? rows.size() : 1), schema);
    }

    private static TensorOptions options(GoldenTorch.Case torch) {
        TensorOptions options = TensorOptions.column("x").withShape(torch.shape());
        return torch.module() == null ? options : options.withModule(torch.module());
    }

    private static List<double[]> outputs(Dataset<Row> data) {
        List<Row> rows = new ArrayList<>(data.select("place", "y").collectAsList());
        rows.sort((a, b) -> Integer.compare(a.getInt(0), b.getInt(0)));
        return rows.stream()
                .map(row -> row.<Number>getList(1).stream()
                        .mapToDouble(Number::doubleValue)
                        .toArray())
                .toList();
    }

    private static void check(GoldenTorch.Case torch, GoldenTorch.Step step, List<double[]> outputs) {
        for (int s = 0; s < outputs.size(); s++) {
            for (int i = 0; i < outputs.get(s).length; i++) {
                double expected = step.y()[s][i];
                double bias = torch.initial().bias(torch.shape().channelOf(i));
                double magnitude = Math.max(Math.abs(expected - bias), Math.abs(bias));
                double y = outputs.get(s)[i];
                if (torch.float32() && Double.isFinite(expected)) {
                    // Rounded once: to within half a float ulp of the double.
                    check("y", y, expected, TOLERANCE * magnitude + 0.5001 * Math.ulp((float) expected));
                } else {
                    check("y", y, expected, TOLERANCE * magnitude);
                }
            }
        }
    }

    private static void check(String name, double[] actual, double[] expected) {
        if (expected == null) {
            assertThat(actual).isNull();
            return;
        }
        for (int c = 0; c < expected.length; c++) {
            check(name, actual[c], expected[c], TOLERANCE * Math.abs(expected[c]));
        }
    }

    private static void check(String name, double actual, double expected, double tolerance) {
        boolean same = Double.isFinite(expected)
                ? Math.abs(actual - expected) <= tolerance
                : Double.valueOf(actual).equals(expected);
        assertThat(same).as("%s is %s, torch has %s", name, actual, expected).isTrue();
    }
}
