package io.github.sparkbatchnorm.sql.procedure;

import io.github.sparkbatchnorm.jobs.console.Console;
import io.github.sparkbatchnorm.jobs.console.SparkScope;
import io.github.sparkbatchnorm.jobs.data.InputFormat;
import io.github.sparkbatchnorm.jobs.data.InputSource;
import io.github.sparkbatchnorm.jobs.result.JsonTarget;
import io.github.sparkbatchnorm.jobs.result.RunRecord;
import io.github.sparkbatchnorm.jobs.work.ColumnOptions;
import io.github.sparkbatchnorm.jobs.work.Job;
import io.github.sparkbatchnorm.jobs.work.LayerOptions;
import io.github.sparkbatchnorm.jobs.work.StateVersionOption;
import io.github.sparkbatchnorm.layer.BatchNormModule;
import io.github.sparkbatchnorm.layer.Dtype;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.spark.tensor.HandleInvalid;
import io.github.sparkbatchnorm.stats.SampleShape.Layout;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Sets the options of jobs from arguments, and runs them. */
final class JobOptions {
    /** The arguments that say which columns are the tensor and how they are read. */
    static final List<Argument> OF_COLUMNS = List.of(
            Argument.SHAPE,
            Argument.LAYOUT,
            Argument.DTYPE,
            Argument.MODULE,
            Argument.NON_FINITE,
            Argument.HANDLE_INVALID,
            Argument.BATCH_COLUMN);

    /** The arguments of the layer. */
    static final List<Argument> OF_LAYER =
            List.of(Argument.EPS, Argument.MOMENTUM, Argument.AFFINE, Argument.TRACK, Argument.STATE_IN);

    private final Arguments given;

    JobOptions(Arguments given) {
        this.given = given;
    }

    /** Sets the input and the columns. */
    void input(Job<?> job) {
        job.input.paths.add(given.required(Argument.TABLE));
        job.input.format = InputFormat.TABLE;
        ColumnOptions columns = job.columns;
        columns.column = given.text(Argument.COLUMN);
        columns.columns.addAll(given.texts(Argument.COLUMNS));
        columns.shape = given.text(Argument.SHAPE);
        columns.layout = given.choice(Argument.LAYOUT, Layout.class, null);
        columns.dtype = given.choice(Argument.DTYPE, Dtype.class, null);
        columns.module = given.choice(Argument.MODULE, BatchNormModule.class, null);
        columns.nonFinite = Objects.requireNonNull(
                given.choice(Argument.NON_FINITE, NonFinitePolicy.class, NonFinitePolicy.PROPAGATE));
        columns.handleInvalid =
                Objects.requireNonNull(given.choice(Argument.HANDLE_INVALID, HandleInvalid.class, HandleInvalid.ERROR));
        columns.batchColumn = given.text(Argument.BATCH_COLUMN);
        job.overwrite = given.isTrue(Argument.OVERWRITE);
    }

    /**
     * Sets the layer.
     *
     * @param isNew whether the arguments, not a state or a preset, say what the layer is; then no momentum is none
     */
    void layer(LayerOptions layer, StateArgument states, boolean isNew) {
        String stateIn = given.text(Argument.STATE_IN);
        layer.stateIn = stateIn == null ? null : states.place(Argument.STATE_IN, stateIn);
        layer.eps = given.number(Argument.EPS);
        String momentum = given.number(Argument.MOMENTUM);
        layer.momentum = momentum == null && isNew && stateIn == null ? "none" : momentum;
        layer.noAffine = given.isFalse(Argument.AFFINE);
        layer.noTrack = given.isFalse(Argument.TRACK);
    }

    /** The version of a state file; null if none is given. */
    StateVersionOption.@Nullable Version version() {
        return given.choice(Argument.STATE_VERSION, StateVersionOption.Version.class, null);
    }

    /**
     * Runs a job.
     *
     * @param layer of the job, whose state is read first; null for none
     */
    static <R> R run(Job<R> job, @Nullable LayerOptions layer, SparkScope spark, Console console) {
        JsonTarget none = new JsonTarget("", null, console);
        InputSource source = job.check(none);
        if (layer != null && layer.stateIn != null) {
            layer.state = StateArgument.read(layer.stateIn, spark.hadoopConfiguration());
        }
        return job.run(spark, source, none, console, new RunRecord());
    }
}
