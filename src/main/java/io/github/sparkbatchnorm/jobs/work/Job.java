package io.github.sparkbatchnorm.jobs.work;

import io.github.sparkbatchnorm.jobs.console.Console;
import io.github.sparkbatchnorm.jobs.console.SparkScope;
import io.github.sparkbatchnorm.jobs.console.UsageException;
import io.github.sparkbatchnorm.jobs.data.InputSource;
import io.github.sparkbatchnorm.jobs.data.TargetPaths;
import io.github.sparkbatchnorm.jobs.data.TensorInput;
import io.github.sparkbatchnorm.jobs.publish.Publisher;
import io.github.sparkbatchnorm.jobs.result.JsonTarget;
import io.github.sparkbatchnorm.jobs.result.RunRecord;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * A job that reads a tensor column, computes, and publishes its outputs together. Its options are public fields.
 *
 * @param <R> what it finds
 */
public abstract class Job<R> {
    @Mixin
    public InputOptions input = new InputOptions();

    @Mixin
    public ColumnOptions columns = new ColumnOptions();

    @Option(
            order = 82,
            names = "--overwrite",
            description =
                    "Replace outputs and files that exist. What stands behind a symbolic link is replaced, and the"
                            + " link stays. The new ones get the mode, and as far as the user may, the owner of the old.")
    public boolean overwrite;

    @Option(
            order = 61,
            names = "--report-json",
            paramLabel = "FILE",
            description = "Write what the run did to this file when it has ended, also if it failed; - is standard"
                    + " output, and everything else goes to standard error.")
    @Nullable
    public String reportJson;

    Job() {}

    /**
     * Checks the options against each other.
     *
     * @throws UsageException for the first that is wrong
     */
    abstract void check(InputSource source);

    /** The paths that the job publishes beside its JSON, and those that it reads beside the input. */
    abstract TargetPaths targets();

    /** Computes, writes and publishes. */
    abstract R work(JobRun run);

    /**
     * Checks what can be checked without Spark.
     *
     * @param json the target of the job's JSON
     * @return the source of the data
     * @throws UsageException for the first option that is wrong
     */
    public final InputSource check(JsonTarget json) {
        InputSource source = input.source();
        check(source);
        targets(json).inputs(source).check();
        return source;
    }

    /**
     * Computes, writes and publishes.
     *
     * @param source as {@link #check} found it
     * @param json the target of the job's JSON
     * @param console takes warnings
     * @param record takes what is found, and when phases begin
     * @return what it found
     * @throws UsageException if the options do not fit the data
     * @throws BatchNormException if the data cannot be used, or something cannot be read or written
     */
    public final R run(SparkScope spark, InputSource source, JsonTarget json, Console console, RunRecord record) {
        record.begin(RunRecord.Phase.OPEN);
        try (Publisher publisher = new Publisher(spark.hadoopConfiguration(), overwrite, console)) {
            return work(new JobRun(spark, source, publisher, json, console, record));
        }
    }

    private TargetPaths targets(JsonTarget json) {
        TargetPaths paths = targets();
        json.addTo(paths);
        return reportJson == null || reportJson.equals("-") ? paths : paths.file("--report-json", reportJson);
    }

    /**
     * Opens the input, and checks that no path that is published is one that is read.
     *
     * @param gradients texts that name the columns of gradients
     * @param keepsText whether columns that only pass through are written as text, or not at all
     * @param given the state whose data this is; null for none
     */
    final TensorInput open(JobRun run, List<String> gradients, boolean keepsText, @Nullable BatchNormState given) {
        InputSource source = run.source();
        if (columns.mayHavePatterns()) {
            columns.expand(run.spark(), source, gradients);
        }
        TensorInput opened = TensorInput.open(
                run.spark(),
                source,
                columns.tensorOptions(source.format(), given),
                columns.nonFinite,
                gradients,
                keepsText,
                targets(run.json()).inputs(source));
        return given == null ? opened : opened.forState(given);
    }
}
