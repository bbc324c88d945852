package io.github.sparkbatchnorm.spark.training;

import static io.github.sparkbatchnorm.spark.training.LayerFixtures.layer;
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
import java.util.Arrays;
import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Batches that a layer cannot take are refused with a reason, and leave its state alone. */
class LayerRefusalsTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

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
