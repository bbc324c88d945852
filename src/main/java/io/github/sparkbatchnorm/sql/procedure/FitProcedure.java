package io.github.sparkbatchnorm.sql.procedure;

import io.github.sparkbatchnorm.jobs.console.Console;
import io.github.sparkbatchnorm.jobs.console.SparkScope;
import io.github.sparkbatchnorm.jobs.work.FitJob;
import io.github.sparkbatchnorm.jobs.work.PresetOptions;
import io.github.sparkbatchnorm.spark.DatasetStatistics;
import io.github.sparkbatchnorm.sql.state.PathPolicy;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** {@code fit}: running statistics of a table as a state. */
final class FitProcedure extends JobProcedure {
    private static final StructType RESULT = new StructType()
            .add("state", DataTypes.StringType, false)
            .add("path", DataTypes.StringType, false)
            .add("rows", DataTypes.LongType, false)
            .add("channels", DataTypes.IntegerType, false)
            .add("batches", DataTypes.IntegerType, false)
            .add("digest", DataTypes.StringType, false);

    private final StateNames names;

    FitProcedure(StateNames names) {
        super(
                "fit",
                "Running statistics of the data as a state; no output data. Returns a row: state, path, rows,"
                        + " channels, batches, digest.",
                2,
                Stream.of(
                                List.of(Argument.TABLE, Argument.STATE, Argument.COLUMN, Argument.COLUMNS),
                                JobOptions.OF_COLUMNS,
                                List.of(Argument.WHERE, Argument.PRESET, Argument.WITH_MEAN, Argument.WITH_STD),
                                JobOptions.OF_LAYER,
                                List.of(Argument.OVERWRITE, Argument.STATE_VERSION, Argument.EXPECT_DIGEST))
                        .flatMap(List::stream)
                        .toList());
        this.names = names;
    }

    @Override
    ResultRows run(Arguments given, SparkScope spark, Console console) {
        StateArgument states =
                new StateArgument(names, PathPolicy.of(spark.session().sparkContext()));
        JobOptions options = new JobOptions(given);
        FitJob job = new FitJob();
        options.input(job);
        job.where.condition = given.text(Argument.WHERE);
        job.preset.preset = Objects.requireNonNull(
                given.choice(Argument.PRESET, PresetOptions.Name.class, PresetOptions.Name.BATCH_NORM));
        job.preset.withMean = given.flag(Argument.WITH_MEAN);
        job.preset.withStd = given.flag(Argument.WITH_STD);
        options.layer(job.layer, states, !job.preset.isScaler());
        String state = given.required(Argument.STATE);
        job.stateOut = states.place(Argument.STATE, state);
        job.version.version = options.version();
        job.digest.expected = given.text(Argument.EXPECT_DIGEST);
        DatasetStatistics statistics = JobOptions.run(job, job.layer, spark, console);
        return new ResultRows(
                RESULT,
                List.of(ResultRows.row(
                        state,
                        job.stateOut,
                        statistics.rows(),
                        statistics.channels(),
                        statistics.batches().size(),
                        statistics.digest())));
    }
}
