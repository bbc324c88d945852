package io.github.sparkbatchnorm.ml;

import io.github.sparkbatchnorm.io.StateJson;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.stats.ChannelMoments;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import java.util.Optional;
import java.util.function.IntToDoubleFunction;
import org.apache.spark.ml.Model;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.ml.param.IntArrayParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.param.StringArrayParam;
import org.apache.spark.ml.util.Identifiable$;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.ml.util.MLWritable;
import org.apache.spark.ml.util.MLWriter;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/**
 * A state that normalizes columns, as evaluation mode does: the model that {@link BatchNorm} fits, or a state of a
 * file.
 *
 * <p>{@link #transform} is lazy, and there is nothing to close. With the param {@code output} it gives something else
 * than normalized values: denormalized ones, or tables for clients that reach no methods of a model.
 */
public final class BatchNormModel extends Model<BatchNormModel> implements BatchNormParams<BatchNormModel>, MLWritable {
    private static final long serialVersionUID = 1L;

    private final String uid;
    private final @Nullable BatchNormState state;
    private final @Nullable ChannelMoments moments;
    private final ParamSet shared;
    private final Param<String> output;

    /** For Spark's registry of transformers, which makes one of each: a model without a state. */
    public BatchNormModel() {
        this(Identifiable$.MODULE$.randomUID("BatchNormModel"));
    }

    /**
     * Makes a model without a state, as Spark's registry of transformers does.
     *
     * @param uid its name
     */
    public BatchNormModel(String uid) {
        this(uid, null, null);
    }

    /**
     * Makes a model.
     *
     * @param uid its name
     * @param state with running statistics
     * @param moments of the data that it was fitted to; null if it was not
     */
    BatchNormModel(String uid, @Nullable BatchNormState state, @Nullable ChannelMoments moments) {
        this.uid = uid;
        this.state = state;
        this.moments = moments;
        shared = new ParamSet(this);
        output = ParamSet.words(this, "output", "what transform gives", ModelOutput.Kind.class);
        shared.setDefaults(this);
        setDefault(output, "normalized");
    }

    /**
     * {@return a model of a state} It has no statistics: these are of the data that a model is fitted to.
     *
     * @param state with running statistics
     * @throws IllegalArgumentException if it has none
     */
    public static BatchNormModel of(BatchNormState state) {
        if (!state.hasRunningStatistics()) {
            throw new IllegalArgumentException(
                    "the state has no running statistics; expected one that was fitted with them");
        }
        return new BatchNormModel(Identifiable$.MODULE$.randomUID("BatchNorm"), state, null);
    }

    /** {@return a reader of saved models} */
    public static MLReader<BatchNormModel> read() {
        return new ModelReader();
    }

    /**
     * {@return the model that was saved in a folder}
     *
     * @param path of the folder
     * @throws BatchNormException if there is no model of this class, or it is damaged
     */
    public static BatchNormModel load(String path) {
        return read().load(path);
    }

    @Override
    public MLWriter write() {
        return new ModelWriter(this);
    }

    @Override
    public String uid() {
        return uid;
    }

    @Override
    public BatchNormModel copy(ParamMap extra) {
        return copyValues(new BatchNormModel(uid, state, moments), extra).setParent(parent());
    }

    /**
     * {@return the rows of data with the output, lazy; or what {@code output} says}
     *
     * @throws IllegalArgumentException if params are wrong, exclude each other, or do not fit the columns
     * @throws BatchNormException if a column's type cannot be a tensor, or it has another number of channels
     */
    @Override
    public Dataset<Row> transform(Dataset<?> dataset) {
        return switch (kind()) {
            case NORMALIZED, DENORMALIZED -> ParamWords.checked(() -> values().of(dataset.toDF()));
            case STATISTICS -> ChannelTables.statistics(dataset.sparkSession(), statistics(), state());
            case SUMMARY -> ChannelTables.text(
                    dataset.sparkSession(), "summary", summary().toString());
            case STATE -> ChannelTables.state(dataset.sparkSession(), state());
            case STATE_JSON -> ChannelTables.text(dataset.sparkSession(), "state", stateJson());
        };
    }

    /**
     * {@return the schema of what {@link #transform} gives}
     *
     * @throws IllegalArgumentException if params are wrong, exclude each other, or do not fit the columns
     * @throws BatchNormException if a column's type cannot be a tensor, or it has another number of channels
     */
    @Override
    public StructType transformSchema(StructType schema) {
        return transform(ModelOutput.empty(schema)).schema();
    }

    private ModelOutput values() {
        return new ModelOutput(this, state(), kind() == ModelOutput.Kind.DENORMALIZED);
    }

    private ModelOutput.Kind kind() {
        return ParamSet.constant(ModelOutput.Kind.class, getOutput());
    }

    /**
     * {@return the inverse: a model that makes x of y, with the same state} Its inputCol is this model's outputCol, and
     * its outputCol that name with {@code __inverse} after it. Columns that this model replaces, it replaces back.
     */
    public BatchNormModel inverse() {
        BatchNormModel inverse = copy(new ParamMap());
        inverse.setOutput(kind() == ModelOutput.Kind.DENORMALIZED ? "normalized" : "denormalized");
        if (isSet(inputCol()) || isSet(outputCol())) {
            inverse.clear(inputCols());
            inverse.setInputCol(getOutputCol()).setOutputCol(getOutputCol() + "__inverse");
        }
        return inverse;
    }

    /**
     * {@return the state}
     *
     * @throws IllegalStateException if there is none
     */
    public BatchNormState state() {
        if (state == null) {
            throw new IllegalStateException(uid + " has no state; fit BatchNorm, or load a model");
        }
        return state;
    }

    /** {@return the state as the JSON of a state file} */
    public String stateJson() {
        return StateJson.write(state());
    }

    /** {@return C, the number of channels} */
    public int numFeatures() {
        return state().numFeatures();
    }

    /** {@return the running mean of each channel} */
    public Vector runningMean() {
        return vector(state().runningMean());
    }

    /** {@return the running variance of each channel, without eps} */
    public Vector runningVar() {
        return vector(state().runningVar());
    }

    /** {@return the weight of each channel; 1 where the state is not affine} */
    public Vector weight() {
        return vector(state()::weight);
    }

    /** {@return the bias of each channel; 0 where the state is not affine} */
    public Vector bias() {
        return vector(state()::bias);
    }

    /** {@return how many batches have moved the running statistics} */
    public long numBatchesTracked() {
        return state().numBatchesTracked();
    }

    private static Vector vector(double @Nullable [] values) {
        if (values == null) {
            throw new IllegalStateException("the state has no running statistics");
        }
        return Vectors.dense(values);
    }

    private Vector vector(IntToDoubleFunction channel) {
        double[] values = new double[numFeatures()];
        for (int c = 0; c < values.length; c++) {
            values[c] = channel.applyAsDouble(c);
        }
        return Vectors.dense(values);
    }

    /** {@return whether the model knows the statistics of the data that it was fitted to} */
    public boolean hasStatistics() {
        return moments != null;
    }

    /**
     * {@return the exact statistics of all values that the model was fitted to; of the finite ones where nonFinite is
     * ignore}
     *
     * @throws IllegalStateException if the model was made of a state
     */
    public ChannelStatistics statistics() {
        ChannelMoments all = moments();
        return getNonFinite().equals("ignore") ? all.finiteStatistics() : all.statistics();
    }

    /**
     * {@return the exact sums that the statistics are rounded from} Those of other data can be added, or kept.
     *
     * @throws IllegalStateException if the model was made of a state
     */
    public ChannelMoments moments() {
        if (moments == null) {
            throw new IllegalStateException(
                    uid + " was not fitted here, and a state has no statistics of its data; fit BatchNorm for these");
        }
        return moments;
    }

    /** {@return the exact sums that the statistics are rounded from; empty if the model was made of a state} */
    Optional<ChannelMoments> momentsIfAny() {
        return Optional.ofNullable(moments);
    }

    /**
     * {@return what is remarkable about the data that the model was fitted to}
     *
     * @throws IllegalStateException if the model was made of a state
     */
    public BatchNormSummary summary() {
        return new BatchNormSummary(statistics(), state().provenance().orElse(null));
    }

    /** {@return the param for what transform gives, such as normalized; {@link #setOutput} lists them} */
    public Param<String> output() {
        return output;
    }

    /** {@return what transform gives} */
    public String getOutput() {
        return getOrDefault(output);
    }

    @Override
    public Param<String> inputCol() {
        return shared.inputCol;
    }

    @Override
    public StringArrayParam inputCols() {
        return shared.inputCols;
    }

    @Override
    public Param<String> outputCol() {
        return shared.outputCol;
    }

    @Override
    public IntArrayParam shape() {
        return shared.shape;
    }

    @Override
    public Param<String> layout() {
        return shared.layout;
    }

    @Override
    public Param<String> dtype() {
        return shared.dtype;
    }

    @Override
    public Param<String> handleInvalid() {
        return shared.handleInvalid;
    }

    @Override
    public Param<String> nonFinite() {
        return shared.nonFinite;
    }

    /**
     * {@return this, with output set}
     *
     * @param kind normalized, denormalized, or a table that does not depend on the rows: statistics, a row a channel;
     *     summary, one row with a text; state, a row a channel; state-json, one row with the text of a state file
     */
    public BatchNormModel setOutput(String kind) {
        set(output, kind);
        return this;
    }

    @Override
    public String toString() {
        return "BatchNormModel: uid=" + uid
                + (state == null
                        ? ", no state"
                        : ", numFeatures=" + numFeatures() + ", eps="
                                + state.config().eps());
    }
}
