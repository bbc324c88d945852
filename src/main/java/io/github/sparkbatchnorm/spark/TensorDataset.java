package io.github.sparkbatchnorm.spark;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.ChannelTransform;
import io.github.sparkbatchnorm.layer.InverseTransform;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.layer.SampleTransform;
import io.github.sparkbatchnorm.spark.codec.TensorColumn;
import io.github.sparkbatchnorm.spark.rows.SparseRows;
import io.github.sparkbatchnorm.spark.scan.BatchResult;
import io.github.sparkbatchnorm.spark.scan.RowsSeen;
import io.github.sparkbatchnorm.spark.scan.ScanInput;
import io.github.sparkbatchnorm.spark.scan.ScanOutcome;
import io.github.sparkbatchnorm.spark.scan.ScanPass;
import io.github.sparkbatchnorm.spark.scan.ScanPlan;
import io.github.sparkbatchnorm.spark.shims.QueryPlans;
import io.github.sparkbatchnorm.spark.shims.RowCondition;
import io.github.sparkbatchnorm.spark.tensor.TensorOptions;
import io.github.sparkbatchnorm.spark.transform.BatchMap;
import io.github.sparkbatchnorm.spark.transform.LazyColumns;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/**
 * A data set, its tensor column and the policies: the door to batch norm on Spark.
 *
 * <pre>{@code
 * TensorDataset x = TensorDataset.of(data, TensorOptions.column("x"));
 * DatasetStatistics statistics = x.statistics(); // one job
 * BatchNormConfig average = BatchNormConfig.DEFAULT.withCumulativeAverage(); // else one pass moves the state by momentum
 * BatchNormState state = statistics.stateAfter(BatchNormState.initial(statistics.channels(), average));
 * Dataset<Row> y = x.normalize(state, "y").inPlan(); // lazy
 * }</pre>
 *
 * <p>Immutable: each {@code with} method makes a copy. {@link #statistics} and {@link #moments} scan the data at once.
 * {@link #normalize} and {@link #denormalize} are lazy: they run with whatever uses their output. The data must give
 * the same rows at each scan where its own statistics normalize it.
 *
 * <p>Rows with a null sample or element are handled as the options say: they fail the pass, or are dropped, or stay
 * null. All messages name the column, what was found, what was expected and what to do.
 */
public final class TensorDataset {
    private final Dataset<Row> data;
    private final TensorOptions options;
    private final TensorColumn tensor;
    private final NonFinitePolicy nonFinite;
    private final OptionalInt expectedChannels;
    private final @Nullable String where;
    private final boolean guarded;

    private TensorDataset(
            Dataset<Row> data,
            TensorOptions options,
            NonFinitePolicy nonFinite,
            OptionalInt expectedChannels,
            @Nullable String where,
            boolean guarded) {
        this.where = where;
        this.guarded = guarded;
        this.data = data;
        this.options = options;
        this.tensor = TensorColumn.of(data.schema(), options);
        this.nonFinite = nonFinite;
        this.expectedChannels = expectedChannels;
    }

    /**
     * {@return a data set with a tensor} Values that are not finite propagate, as in PyTorch.
     *
     * @param data with the columns that the options name
     * @param options which columns are the tensor, and how they are read
     * @throws IllegalArgumentException if a column does not exist, or the module does not take the shape
     * @throws BatchNormException if a column's type cannot be a tensor, or cannot tell batches apart
     */
    public static TensorDataset of(Dataset<Row> data, TensorOptions options) {
        return new TensorDataset(data, options, NonFinitePolicy.PROPAGATE, OptionalInt.empty(), null, false);
    }

    /**
     * {@return the top-level column that a text of {@link TensorOptions} names, or that the field it names is in; empty
     * if it names none}
     *
     * @param schema of the data
     * @param text such as {@code x}, or {@code s.x} for a field of a struct
     */
    public static Optional<String> columnOf(StructType schema, String text) {
        return TensorColumn.columnOf(schema, text);
    }

    /**
     * {@return this data set with a policy for NaN and infinities}
     *
     * @param policy for every pass over the data
     */
    public TensorDataset withNonFinite(NonFinitePolicy policy) {
        return new TensorDataset(data, options, policy, expectedChannels, where, guarded);
    }

    /**
     * {@return this data set with a condition on the rows that statistics and moments are of} Outputs have all rows.
     *
     * @param condition in SQL, on the columns of a row; null is no match
     * @throws IllegalArgumentException if the condition cannot be understood, is not of type boolean, has a subquery,
     *     or is not deterministic
     */
    public TensorDataset withWhere(String condition) {
        RowCondition.filter(data, condition);
        return new TensorDataset(data, options, nonFinite, expectedChannels, condition, guarded);
    }

    /**
     * {@return this data set with a guard on its rows} What then is computed of its statistics or training gradients,
     * and {@linkplain TensorOutput#broadcast broadcast}, can {@linkplain BroadcastDataset#requireSameRows tell} whether
     * both passes have seen the same rows. It costs each pass some 10 ns a row; with a {@linkplain #withWhere
     * condition} one scan more.
     *
     * @throws BatchNormException if the data is known to be other rows each time that it is read
     */
    public TensorDataset withGuard() {
        QueryPlans.nondeterministic(data).ifPresent(expression -> {
            throw new BatchNormException(tensor.describe() + ": the data is made with " + expression
                    + ", which may be another value each time that it is read, and two passes read it; write it to files"
                    + " or to a table first, and read that");
        });
        return new TensorDataset(data, options, nonFinite, expectedChannels, where, true);
    }

    /** Whether passes are compared. */
    boolean isGuarded() {
        return guarded;
    }

    /**
     * {@return this data set, read as the data that a state was fitted to} Where the options set no shape, flat samples
     * have the state's, and nested arrays its layout. A pass then fails if the data has another number of channels, and
     * knows the number where the data has no rows. The verbs that take a state alone, such as
     * {@link #normalize(BatchNormState, String)}, do this by themselves.
     *
     * @param state of this tensor
     * @throws IllegalArgumentException if both have column names, and other ones
     */
    public TensorDataset forState(BatchNormState state) {
        aligned(state);
        TensorOptions whole = state.provenance().map(tensor::optionsOf).orElse(options);
        return new TensorDataset(data, whole, nonFinite, OptionalInt.of(state.numFeatures()), where, guarded);
    }

    /** A state with its channels in the order of these columns, where both have names. */
    BatchNormState aligned(BatchNormState state) {
        return tensor.isChannelPerColumn() ? state.forColumns(tensor.names()) : state;
    }

    /** {@return the rows, with all columns} */
    public Dataset<Row> data() {
        return data;
    }

    /** {@return the policy for NaN and infinities} */
    public NonFinitePolicy nonFinite() {
        return nonFinite;
    }

    /** {@return C if a state, the schema, the options or the attributes of a vector column tell it; else empty} */
    public OptionalInt channels() {
        return expectedChannels.isPresent() ? expectedChannels : tensor.knownChannels();
    }

    /**
     * {@return the name of a channel's column, or the channel's number if all are in one column}
     *
     * @param channel {@code 0 <= channel < C}
     */
    public String channelName(int channel) {
        return tensor.channelName(channel);
    }

    /** {@return the last names of the columns: {@code x} for the field {@code s.x}} */
    public List<String> columnNames() {
        return tensor.lastNames();
    }

    /** {@return whether rows belong to batches by a column} */
    public boolean hasBatchColumn() {
        return tensor.hasBatches();
    }

    /**
     * Computes the statistics of each global batch, in one pass over the columns needed.
     *
     * @return mean, variances, minimum, maximum and counts; exact, rounded once
     * @throws BatchNormException if rows cannot be used, if there are none and nothing tells the number of channels, if
     *     the number is not that of the state, if there are more batches than the driver takes, or if no row matches
     *     the condition, or none of a batch
     */
    public DatasetStatistics statistics() {
        // A condition is on the rows that statistics are of, and all rows are written.
        RowsSeen all = guarded && where != null ? RowsSeen.of(input(data)) : null;
        ScanOutcome<BatchResult.Statistics> outcome = run(new ScanPlan.Statistics(nonFinite));
        return DatasetStatistics.of(tensor, nonFinite, where, guarded && all == null ? outcome.seen() : all, outcome);
    }

    /**
     * Computes the exact sums of each global batch, in one pass over the columns needed. They can be kept and combined
     * with those of other data, to the bit what one pass over all of it gives.
     *
     * @return the moments, usually under 100 bytes a channel and batch
     * @throws BatchNormException as {@link #statistics}
     */
    public DatasetMoments moments() {
        return new DatasetMoments(tensor, nonFinite, where, run(new ScanPlan.Moments(nonFinite)));
    }

    private <R extends BatchResult> ScanOutcome<R> run(ScanPlan<R> plan) {
        if (where == null) {
            return new ScanPass<>(input(data), plan).run(expectedChannels);
        }
        WhereRows matching = new WhereRows(data, tensor, where);
        matching.requireMatches();
        return new ScanPass<>(input(matching.rows()), plan).run(expectedChannels);
    }

    private ScanInput input(Dataset<Row> rows) {
        return ScanInput.of(rows, tensor, null, guarded);
    }

    /**
     * {@return the forward pass in training mode: each row normalized with the statistics of its own batch; lazy}
     *
     * @param statistics of this data
     * @param state weight, bias and eps
     * @param outputColumn the name of the column to add, in the type and shape of the tensor (double for integers);
     *     unused with channel columns, which are replaced
     * @throws BatchNormException if the driver cannot hold the transforms, or a channel of a batch has one value only
     * @throws IllegalArgumentException if the numbers of channels differ, the statistics are by batch and the data is
     *     not, or there is a column of a name that is to be new
     */
    public TensorOutput normalize(DatasetStatistics statistics, BatchNormState state, String outputColumn) {
        BatchNormState own = aligned(state);
        return output(
                statistics,
                own,
                normalizedColumns(outputColumn),
                batch -> ChannelTransform.ofBatch(batch, own, nonFinite));
    }

    /**
     * {@return the forward pass in evaluation mode: all rows normalized with the running statistics of a state; lazy}
     * With {@link NonFinitePolicy#FAIL} a value that is not finite ends its task.
     *
     * @param state weight, bias, eps and running statistics
     * @param outputColumn as in {@link #normalize(DatasetStatistics, BatchNormState, String)}
     * @throws BatchNormException if the driver cannot hold the transform, or the data has another number of channels
     * @throws IllegalArgumentException if the state has no running statistics, or there is a column of a name that is
     *     to be new
     */
    public TensorOutput normalize(BatchNormState state, String outputColumn) {
        BatchNormState own = aligned(state);
        return forState(state)
                .output(own, normalizedColumns(outputColumn), () -> ChannelTransform.ofRunning(own, nonFinite));
    }

    /**
     * {@return the inverse of the forward pass in training mode: x of y, with the statistics of each row's own batch;
     * lazy}
     *
     * @param statistics of x, by the batches of this data
     * @param state weight, bias and eps
     * @param outputColumn as in {@link #normalize(DatasetStatistics, BatchNormState, String)}
     * @throws BatchNormException if the driver cannot hold the transforms
     * @throws IllegalArgumentException as {@link #normalize(DatasetStatistics, BatchNormState, String)}
     */
    public TensorOutput denormalize(DatasetStatistics statistics, BatchNormState state, String outputColumn) {
        BatchNormState own = aligned(state);
        return output(
                statistics,
                own,
                denormalizedColumns(outputColumn),
                batch -> InverseTransform.ofBatch(batch, own, nonFinite));
    }

    /**
     * {@return the inverse of the forward pass in evaluation mode: x of y; lazy} A channel whose weight is 0 gives its
     * running mean.
     *
     * @param state weight, bias, eps and running statistics
     * @param outputColumn as in {@link #normalize(DatasetStatistics, BatchNormState, String)}
     * @throws BatchNormException if the driver cannot hold the transform, or the data has another number of channels
     * @throws IllegalArgumentException as {@link #normalize(BatchNormState, String)}
     */
    public TensorOutput denormalize(BatchNormState state, String outputColumn) {
        BatchNormState own = aligned(state);
        return forState(state)
                .output(own, denormalizedColumns(outputColumn), () -> InverseTransform.ofRunning(own, nonFinite));
    }

    /**
     * Tells the columns that hold the output of {@link #normalize}, and checks that those that are to be new are.
     *
     * @param outputColumn the column to add; unused with channel columns, which are replaced: a field x of a struct
     *     gets a new column {@code x_normalized}
     * @return the names
     * @throws IllegalArgumentException if there is a column of a name that is to be new, or two would have one name
     */
    public List<String> normalizedColumns(String outputColumn) {
        return NewColumns.ofOutput(data, tensor, outputColumn, NewColumns.NORMALIZED);
    }

    /**
     * Checks that there is no column of a name.
     *
     * @param outputColumn that is to be new
     * @throws IllegalArgumentException if there is one
     */
    public void requireNew(String outputColumn) {
        NewColumns.requireNew(data, outputColumn);
    }

    /**
     * Tells the columns that hold the output of {@link #denormalize}, as {@link #normalizedColumns} does.
     *
     * @param outputColumn the column to add; unused with channel columns, which are replaced: a field x of a struct
     *     gets a new column {@code x_denormalized}
     * @return the names
     * @throws IllegalArgumentException if there is a column of a name that is to be new, or two would have one name
     */
    public List<String> denormalizedColumns(String outputColumn) {
        return NewColumns.ofOutput(data, tensor, outputColumn, NewColumns.DENORMALIZED);
    }

    /**
     * {@return this data set with the gradients of its normalized values, for the backward pass}
     *
     * @param gradientColumns dy: the column of the gradients of the loss with respect to y, in the shape of the tensor
     *     (or flat); with channel columns one for each, in their order
     * @throws IllegalArgumentException if there is no such column, it is one of the tensor's, there are not as many, or
     *     there is a condition on the rows
     * @throws BatchNormException if a column's type cannot be a tensor
     */
    public TensorBackward backward(List<String> gradientColumns) {
        if (where != null) {
            throw new IllegalArgumentException(
                    tensor.describe() + ": where '" + where + "' is for statistics; expected none in a backward pass");
        }
        return new TensorBackward(this, tensor, gradientColumns, expectedChannels);
    }

    /**
     * {@return a warning in words if the rows are sparse and {@link #normalize} makes them much larger, as far as the
     * first row tells; else empty} It reads one row, and counts the rows if that one is sparse.
     *
     * @param state of this tensor
     */
    public Optional<String> denseOutputWarning(BatchNormState state) {
        boolean staySparse = ChannelTransform.ofRunning(state, nonFinite).keepsZeros();
        return staySparse
                ? Optional.empty()
                : Optional.ofNullable(SparseRows.becomingDense(data, tensor, state.numFeatures()));
    }

    private TensorOutput output(
            DatasetStatistics statistics,
            BatchNormState state,
            List<String> names,
            Function<ChannelStatistics, SampleTransform> transform) {
        statistics.requireBatchesOf(tensor);
        statistics.requireMoreThanOneValue();
        int channels = state.numFeatures();
        LazyColumns.requireRoomForSamples(data, tensor, statistics.batches().size(), channels);
        return output(channels, names, statistics.seen(), BatchMap.byBatch(statistics.byKey(transform)));
    }

    private TensorOutput output(BatchNormState state, List<String> names, Supplier<SampleTransform> transform) {
        requireChannels(state);
        int channels = state.numFeatures();
        LazyColumns.requireRoomForSamples(data, tensor, 1, channels);
        return output(channels, names, null, BatchMap.all(transform.get()));
    }

    /** @throws BatchNormException if the schema tells another number of channels than a state has */
    void requireChannels(BatchNormState state) {
        int known = tensor.knownChannels().orElse(state.numFeatures());
        if (known != state.numFeatures()) {
            throw new BatchNormException(tensor.describe() + ": C = " + known + "; expected C = " + state.numFeatures()
                    + ", as the state has: give the state of this column");
        }
    }

    private TensorOutput output(
            int channels, List<String> names, @Nullable RowsSeen expected, BatchMap<SampleTransform> transforms) {
        return new TensorOutput(
                LazyColumns.ofSamples(data, tensor, channels, transforms, names).comparedWith(expected));
    }

    /** The columns in words, such as {@code column x}. */
    @Override
    public String toString() {
        return tensor.describe();
    }
}
