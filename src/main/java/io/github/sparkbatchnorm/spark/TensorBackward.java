package io.github.sparkbatchnorm.spark;

import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.GradientTransform;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.spark.codec.TensorColumn;
import io.github.sparkbatchnorm.spark.scan.BatchResult;
import io.github.sparkbatchnorm.spark.scan.RowsSeen;
import io.github.sparkbatchnorm.spark.scan.ScanInput;
import io.github.sparkbatchnorm.spark.scan.ScanOutcome;
import io.github.sparkbatchnorm.spark.scan.ScanPass;
import io.github.sparkbatchnorm.spark.scan.ScanPlan;
import io.github.sparkbatchnorm.spark.transform.BatchMap;
import io.github.sparkbatchnorm.spark.transform.LazyColumns;
import java.util.List;
import java.util.OptionalInt;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.jspecify.annotations.Nullable;

/**
 * A {@link TensorDataset} x with the gradients dy of the loss with respect to its normalized values: the backward pass.
 *
 * <p>{@link #trainingGradients} and {@link #evaluationGradients} scan the data at once; {@link #inputGradients} is
 * lazy. A null x or dy makes a null sample. With {@link NonFinitePolicy#IGNORE} a pair that is not finite is left out
 * and has dx = 0; with {@link NonFinitePolicy#FAIL} it fails the scan.
 */
public final class TensorBackward {
    private final TensorDataset x;
    private final List<String> gradientNames;
    private final Dataset<Row> data;
    private final TensorColumn tensor;
    private final TensorColumn gradientColumns;
    private final NonFinitePolicy policy;
    private final OptionalInt expectedChannels;

    TensorBackward(TensorDataset x, TensorColumn tensor, List<String> gradientNames, OptionalInt expectedChannels) {
        this.x = x;
        this.gradientNames = List.copyOf(gradientNames);
        this.data = x.data();
        this.policy = x.nonFinite();
        this.tensor = tensor;
        this.gradientColumns = tensor.gradients(data.schema(), gradientNames);
        this.expectedChannels = expectedChannels;
    }

    /**
     * Computes the gradients of weight and bias through the statistics of each batch, which the same pass finds.
     *
     * @param config of the layer: its eps is added to each variance
     * @return the gradients of each global batch, with its statistics
     * @throws BatchNormException if rows cannot be used, if there are none and nothing tells the number of channels, if
     *     the number is not that of the state, if there are more batches than the driver takes, or if a channel of a
     *     batch has one value only
     */
    public DatasetGradients trainingGradients(BatchNormConfig config) {
        ScanOutcome<BatchResult.WithStatistics> outcome =
                new ScanPass<>(input(), new ScanPlan.BatchGradients(policy, config.eps())).run(expectedChannels);
        outcome.batches()
                .forEach(batch ->
                        BatchNormState.requireMoreThanOneValue(batch.result().statistics(), batch.label()));
        return DatasetGradients.ofTraining(tensor, outcome, config.eps(), x.isGuarded());
    }

    /**
     * Computes the gradients of weight and bias with the running statistics of a state.
     *
     * @param state running statistics and eps
     * @return the gradients of each global batch
     * @throws BatchNormException as {@link #trainingGradients}, but batches may have one value
     * @throws IllegalArgumentException if the state has no running statistics
     */
    public DatasetGradients evaluationGradients(BatchNormState state) {
        TensorBackward fitted = x.forState(state).backward(gradientNames);
        ScanPlan.RunningGradients plan = new ScanPlan.RunningGradients(policy, x.aligned(state));
        return DatasetGradients.ofEvaluation(
                fitted.tensor, new ScanPass<>(fitted.input(), plan).run(OptionalInt.of(state.numFeatures())));
    }

    private ScanInput input() {
        return ScanInput.of(data, tensor, gradientColumns, x.isGuarded());
    }

    /**
     * {@return dx in training mode: the gradient of the loss with respect to x, through the statistics of each row's
     * own batch; lazy}
     *
     * @param gradients of {@link #trainingGradients}, of this data
     * @param state weight and eps
     * @param outputColumn dx: the name of the column to add, in the type and shape of x (double for integers); with
     *     channel columns A, B the columns {@code dx_A}, {@code dx_B} are added
     * @throws BatchNormException if the driver cannot hold the transforms
     * @throws IllegalArgumentException if the gradients are not of training, gradients and state have another eps or
     *     other numbers of channels, or a column that is to be new is there already
     */
    public TensorOutput inputGradients(DatasetGradients gradients, BatchNormState state, String outputColumn) {
        List<String> names = outputColumns(outputColumn);
        BatchNormState own = x.aligned(state);
        gradients.requireEps(own.config().eps());
        LazyColumns.requireRoomForGradients(data, tensor, gradients.batches().size(), own.numFeatures());
        return output(
                own,
                names,
                gradients.seen(),
                BatchMap.byBatch(gradients.byKey(
                        (batch, statistics) -> GradientTransform.ofBatch(batch, statistics, own, policy))));
    }

    /**
     * {@return dx in evaluation mode, with the running statistics of a state; lazy}
     *
     * @param state weight, eps and running statistics
     * @param outputColumn as in {@link #inputGradients(DatasetGradients, BatchNormState, String)}
     * @throws BatchNormException if the driver cannot hold the transform
     * @throws IllegalArgumentException if the state has no running statistics, or a column that is to be new is there
     *     already
     */
    public TensorOutput inputGradients(BatchNormState state, String outputColumn) {
        List<String> names = outputColumns(outputColumn);
        x.requireChannels(state);
        LazyColumns.requireRoomForGradients(data, tensor, 1, state.numFeatures());
        BatchNormState own = x.aligned(state);
        return x.forState(state)
                .backward(gradientNames)
                .output(own, names, null, BatchMap.all(GradientTransform.ofRunning(own, policy)));
    }

    private TensorOutput output(
            BatchNormState state,
            List<String> names,
            @Nullable RowsSeen expected,
            BatchMap<GradientTransform> transforms) {
        return new TensorOutput(
                LazyColumns.ofGradients(data, tensor, gradientColumns, state.numFeatures(), transforms, names)
                        .comparedWith(expected));
    }

    /**
     * Tells the columns that hold dx, and checks that they are new.
     *
     * @param outputColumn as in {@link #inputGradients(DatasetGradients, BatchNormState, String)}
     * @return the names
     * @throws IllegalArgumentException if there is a column of such a name, or two would have one name
     */
    public List<String> outputColumns(String outputColumn) {
        return NewColumns.ofGradients(data, tensor, outputColumn);
    }
}
