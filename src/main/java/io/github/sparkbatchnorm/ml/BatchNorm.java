package io.github.sparkbatchnorm.ml;

import io.github.sparkbatchnorm.io.StateJson;
import io.github.sparkbatchnorm.jobs.work.ColumnOptions;
import io.github.sparkbatchnorm.jobs.work.LayerOptions;
import io.github.sparkbatchnorm.jobs.work.PresetOptions;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.spark.DatasetMoments;
import io.github.sparkbatchnorm.spark.DatasetStatistics;
import io.github.sparkbatchnorm.spark.TensorDataset;
import org.apache.spark.ml.Estimator;
import org.apache.spark.ml.param.BooleanParam;
import org.apache.spark.ml.param.DoubleParam;
import org.apache.spark.ml.param.IntArrayParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.param.StringArrayParam;
import org.apache.spark.ml.util.DefaultParamsWritable;
import org.apache.spark.ml.util.Identifiable$;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;

/**
 * Fits batch normalization to a column: the exact statistics of all rows, in one pass, the same for every order of the
 * rows and every number of partitions.
 *
 * <pre>{@code
 * BatchNormModel model = new BatchNorm().setInputCol("features").setOutputCol("normalized").fit(data);
 * Dataset<Row> normalized = model.transform(data);
 * }</pre>
 *
 * <p>With {@code preset} standard-scaler or sklearn the model does what those scalers do. With {@code momentum} the
 * running statistics move as PyTorch moves them, batch after batch of {@code batchCol}; not set, they are the plain
 * average.
 *
 * <p>Wrong params are an {@link IllegalArgumentException}, and data that cannot be used a {@link BatchNormException};
 * each names what was found, what was expected and what to do.
 */
public final class BatchNorm extends Estimator<BatchNormModel> implements BatchNormFitParams, DefaultParamsWritable {
    private static final long serialVersionUID = 1L;

    private final String uid;
    private final ParamSet shared;
    private final DoubleParam eps;
    private final DoubleParam momentum;
    private final BooleanParam affine;
    private final Param<String> batchCol;
    private final Param<String> preset;
    private final BooleanParam withMean;
    private final BooleanParam withStd;
    private final Param<String> where;
    private final Param<String> initialState;

    /** Makes an estimator with a name of its own. */
    public BatchNorm() {
        this(Identifiable$.MODULE$.randomUID("BatchNorm"));
    }

    /** @param uid its name, which is its own */
    public BatchNorm(String uid) {
        this.uid = uid;
        shared = new ParamSet(this);
        eps = ParamSet.number(
                this, "eps", "added to the variance, 0 or more", Double.MAX_VALUE, "a number that is 0 or more");
        momentum = ParamSet.number(
                this,
                "momentum",
                "weight of a new batch in the running statistics, from 0 to 1; not set: their plain average",
                1,
                "a number from 0 to 1");
        affine = new BooleanParam(this, "affine", "whether there are weight and bias");
        batchCol = ParamSet.text(this, "batchCol", "rows with the same value in it are one global batch");
        preset = ParamSet.words(this, "preset", "what the model does as that scaler does", PresetOptions.Name.class);
        withMean = new BooleanParam(this, "withMean", "with a preset: whether the mean is taken away");
        withStd = new BooleanParam(this, "withStd", "with a preset: whether values are divided by the deviation");
        where = ParamSet.text(this, "where", "condition in SQL on the rows that statistics are of");
        initialState = ParamSet.text(this, "initialState", "JSON of the state to go on from");
        shared.setDefaults(this);
        setDefault(eps, 1e-5);
        setDefault(affine, true);
        setDefault(preset, "batch-norm");
    }

    /** {@return a reader of saved estimators} */
    public static MLReader<BatchNorm> read() {
        return new EstimatorReader();
    }

    /**
     * {@return the estimator that was saved in a folder}
     *
     * @param path of the folder
     * @throws BatchNormException if there is no estimator of this class, or it is damaged
     */
    public static BatchNorm load(String path) {
        return read().load(path);
    }

    @Override
    public String uid() {
        return uid;
    }

    @Override
    public BatchNorm copy(ParamMap extra) {
        return defaultCopy(extra);
    }

    /**
     * {@return the model of data} It reads the data once.
     *
     * @throws IllegalArgumentException if params are wrong, exclude each other, or do not fit the columns
     * @throws BatchNormException if rows cannot be used, a channel of a batch has one value only, or, without
     *     initialState, a channel has no values or all batches are skipped
     */
    @Override
    public BatchNormModel fit(Dataset<?> dataset) {
        PresetOptions scaler = scaler();
        LayerOptions layer = layer(scaler);
        TensorDataset x = ParamWords.checked(() -> {
            TensorDataset tensor = tensor(dataset.toDF(), layer, scaler);
            ModelOutput.requireNew(this, tensor); // not only after the pass
            return tensor;
        });
        DatasetMoments moments = x.moments();
        DatasetStatistics statistics = moments.statistics();
        BatchNormState state = state(new FitChecks(x, statistics), layer, scaler);
        return copyValues(new BatchNormModel(uid, state, moments.whole()), new ParamMap())
                .setParent(this);
    }

    private static BatchNormState state(FitChecks data, LayerOptions layer, PresetOptions scaler) {
        DatasetStatistics statistics = data.statistics();
        if (layer.state == null) {
            data.requireValues();
        }
        if (scaler.isScaler()) {
            return scaler.state(statistics);
        }
        data.requireMoreThanOneValue();
        BatchNormState state = statistics.stateAfter(layer.orFresh(layer.state, statistics.channels()));
        if (layer.state == null) {
            data.requireBatch(state);
        }
        return state;
    }

    /**
     * {@return the schema of what the model will make of data}
     *
     * @throws IllegalArgumentException if params are wrong, exclude each other, or do not fit the columns
     * @throws BatchNormException if a column's type cannot be a tensor
     */
    @Override
    public StructType transformSchema(StructType schema) {
        PresetOptions scaler = scaler();
        LayerOptions layer = layer(scaler);
        return ParamWords.checked(() -> {
            Dataset<Row> none = ModelOutput.empty(schema);
            int channels = tensor(none, layer, scaler).channels().orElse(1);
            BatchNormState state = layer.orFresh(layer.state, channels);
            return new ModelOutput(this, state, false).of(none).schema();
        });
    }

    private TensorDataset tensor(Dataset<Row> data, LayerOptions layer, PresetOptions scaler) {
        ColumnOptions columns = ParamSet.columns(this);
        columns.batchColumn = isSet(batchCol) ? getBatchCol() : null;
        layer.check();
        scaler.check(layer, columns);
        TensorDataset x =
                TensorDataset.of(data, columns.tensorOptions("", layer.state)).withNonFinite(columns.nonFinite);
        x = isSet(where) ? x.withWhere(getWhere()) : x;
        return layer.state == null ? x : x.forState(layer.state);
    }

    private LayerOptions layer(PresetOptions scaler) {
        LayerOptions layer = new LayerOptions();
        if (isSet(initialState)) {
            layer.stateIn = "initialState";
            layer.state = StateJson.read(getInitialState(), "initialState");
        }
        layer.eps = isSet(eps) ? Double.toString(getEps()) : null;
        boolean isNew = layer.state == null && !scaler.isScaler();
        layer.momentum = isSet(momentum) ? Double.toString(getMomentum()) : isNew ? "none" : null;
        layer.noAffine = isSet(affine) && !getAffine();
        return layer;
    }

    private PresetOptions scaler() {
        PresetOptions options = new PresetOptions();
        options.preset = ParamSet.constant(PresetOptions.Name.class, getPreset());
        options.withMean = isSet(withMean) ? getWithMean() : null;
        options.withStd = isSet(withStd) ? getWithStd() : null;
        return options;
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

    @Override
    public DoubleParam eps() {
        return eps;
    }

    @Override
    public DoubleParam momentum() {
        return momentum;
    }

    @Override
    public BooleanParam affine() {
        return affine;
    }

    @Override
    public Param<String> batchCol() {
        return batchCol;
    }

    @Override
    public Param<String> preset() {
        return preset;
    }

    @Override
    public BooleanParam withMean() {
        return withMean;
    }

    @Override
    public BooleanParam withStd() {
        return withStd;
    }

    @Override
    public Param<String> where() {
        return where;
    }

    @Override
    public Param<String> initialState() {
        return initialState;
    }

    /**
     * {@return this, with eps set}
     *
     * @param value 0 or more
     */
    public BatchNorm setEps(double value) {
        set(eps, value);
        return this;
    }

    /**
     * {@return this, with momentum set}
     *
     * @param value from 0 to 1
     */
    public BatchNorm setMomentum(double value) {
        set(momentum, value);
        return this;
    }

    /**
     * {@return this, with affine set}
     *
     * @param value whether the state has weight and bias
     */
    public BatchNorm setAffine(boolean value) {
        set(affine, value);
        return this;
    }

    /**
     * {@return this, with batchCol set}
     *
     * @param column of integers, strings, dates or timestamps
     */
    public BatchNorm setBatchCol(String column) {
        set(batchCol, column);
        return this;
    }

    /**
     * {@return this, with preset set}
     *
     * @param name batch-norm, standard-scaler or sklearn
     */
    public BatchNorm setPreset(String name) {
        set(preset, name);
        return this;
    }

    /**
     * {@return this, with withMean set}
     *
     * @param value whether a preset takes the mean away
     */
    public BatchNorm setWithMean(boolean value) {
        set(withMean, value);
        return this;
    }

    /**
     * {@return this, with withStd set}
     *
     * @param value whether a preset divides by the deviation
     */
    public BatchNorm setWithStd(boolean value) {
        set(withStd, value);
        return this;
    }

    /**
     * {@return this, with where set}
     *
     * @param condition in SQL, on the columns of a row
     */
    public BatchNorm setWhere(String condition) {
        set(where, condition);
        return this;
    }

    /**
     * {@return this, with initialState set}
     *
     * @param json of a state, as in a state file
     */
    public BatchNorm setInitialState(String json) {
        set(initialState, json);
        return this;
    }

    /**
     * {@return this, with initialState set}
     *
     * @param state to go on from
     */
    public BatchNorm setInitialState(BatchNormState state) {
        return setInitialState(StateJson.write(state));
    }
}
