package io.github.sparkbatchnorm.sql.procedure;

import io.github.sparkbatchnorm.jobs.console.Console;
import io.github.sparkbatchnorm.jobs.console.SparkScope;
import io.github.sparkbatchnorm.jobs.console.UsageException;
import io.github.sparkbatchnorm.jobs.work.NormalizeJob;
import io.github.sparkbatchnorm.layer.BatchNormMode;
import io.github.sparkbatchnorm.spark.DatasetStatistics;
import io.github.sparkbatchnorm.sql.state.PathPolicy;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** {@code normalize}: the forward pass, or its inverse, to a table or a folder. */
final class NormalizeProcedure extends JobProcedure {
    private static final StructType RESULT = new StructType()
            .add("output", DataTypes.StringType, false)
            .add("rows", DataTypes.LongType, false)
            .add("channels", DataTypes.IntegerType, false)
            .add("batches", DataTypes.IntegerType)
            .add("digest", DataTypes.StringType)
            .add("state", DataTypes.StringType);

    private final StateNames names;

    NormalizeProcedure(StateNames names) {
        super(
                "normalize",
                "Batch norm's forward pass: writes the data with its tensor column normalized, to output_table or to"
                        + " output_path. Returns a row: output, rows, channels, batches, digest, state.",
                2,
                Stream.of(
                                List.of(
                                        Argument.TABLE,
                                        Argument.MODE,
                                        Argument.COLUMN,
                                        Argument.COLUMNS,
                                        Argument.OUTPUT_TABLE,
                                        Argument.OUTPUT_PATH,
                                        Argument.OUTPUT_COLUMN,
                                        Argument.OUTPUT_FORMAT),
                                JobOptions.OF_COLUMNS,
                                List.of(Argument.WHERE, Argument.INVERSE),
                                JobOptions.OF_LAYER,
                                List.of(
                                        Argument.STATE_OUT,
                                        Argument.OVERWRITE,
                                        Argument.STATE_VERSION,
                                        Argument.EXPECT_DIGEST,
                                        Argument.NO_GUARD))
                        .flatMap(List::stream)
                        .toList());
        this.names = names;
    }

    @Override
    Argument written() {
        return Argument.STATE_OUT;
    }

    @Override
    ResultRows run(Arguments given, SparkScope spark, Console console) {
        PathPolicy policy = PathPolicy.of(spark.session().sparkContext());
        StateArgument states = new StateArgument(names, policy);
        JobOptions options = new JobOptions(given);
        NormalizeJob job = new NormalizeJob();
        options.input(job);
        given.required(Argument.MODE);
        job.mode = Objects.requireNonNull(given.choice(Argument.MODE, BatchNormMode.class, BatchNormMode.TRAIN));
        job.inverse = given.isTrue(Argument.INVERSE);
        job.where.condition = given.text(Argument.WHERE);
        job.guard.off = given.isTrue(Argument.NO_GUARD);
        options.layer(job.layer, states, true);
        String state = given.text(Argument.STATE_OUT);
        job.stateOut = state == null ? null : states.place(Argument.STATE_OUT, state);
        job.version.version = options.version();
        job.digest.expected = given.text(Argument.EXPECT_DIGEST);
        job.output.column = given.text(Argument.OUTPUT_COLUMN);
        String output = output(job, given, spark, policy);
        NormalizeJob.Found found = JobOptions.run(job, job.layer, spark, console);
        DatasetStatistics statistics = found.statistics();
        return new ResultRows(
                RESULT,
                List.of(ResultRows.row(
                        output,
                        found.rows(),
                        found.channels(),
                        statistics == null ? null : statistics.batches().size(),
                        statistics == null ? null : statistics.digest(),
                        state)));
    }

    private static String output(NormalizeJob job, Arguments given, SparkScope spark, PathPolicy policy) {
        String table = given.text(Argument.OUTPUT_TABLE);
        String path = given.text(Argument.OUTPUT_PATH);
        if ((table == null) == (path == null)) {
            throw new UsageException((table == null ? "neither" : "both") + " output_table "
                    + (table == null ? "nor" : "and") + " output_path " + (table == null ? "is" : "are")
                    + " given; give one of them");
        }
        String format = given.text(Argument.OUTPUT_FORMAT);
        if (path != null) {
            policy.requirePath(Argument.OUTPUT_PATH.word(), path, "output_table");
            job.output.path = path;
            job.output.format = format;
            return path;
        }
        String name = given.required(Argument.OUTPUT_TABLE);
        job.table = new TableTarget(spark.session(), name, job.overwrite, format);
        return name;
    }
}
