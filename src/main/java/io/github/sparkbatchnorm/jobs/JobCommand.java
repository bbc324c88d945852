package io.github.sparkbatchnorm.jobs;

import io.github.sparkbatchnorm.jobs.console.Console;
import io.github.sparkbatchnorm.jobs.console.SparkCommand;
import io.github.sparkbatchnorm.jobs.console.SparkScope;
import io.github.sparkbatchnorm.jobs.console.UsageException;
import io.github.sparkbatchnorm.jobs.data.InputSource;
import io.github.sparkbatchnorm.jobs.data.TargetPaths;
import io.github.sparkbatchnorm.jobs.data.TensorInput;
import io.github.sparkbatchnorm.jobs.publish.Publisher;
import io.github.sparkbatchnorm.jobs.result.JsonTarget;
import io.github.sparkbatchnorm.jobs.result.ResultLines;
import io.github.sparkbatchnorm.layer.BatchNormState;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A command that reads a tensor column, computes, and publishes its outputs together. */
abstract class JobCommand extends SparkCommand {
    @Mixin
    InputOptions input = new InputOptions();

    @Mixin
    ColumnOptions columns = new ColumnOptions();

    @Option(
            order = 82,
            names = "--overwrite",
            description =
                    "Replace outputs and files that exist. What stands behind a symbolic link is replaced, and the"
                            + " link stays. The new ones get the mode, and as far as the user may, the owner of the old.")
    boolean overwrite;

    JobCommand(Console console) {
        super(console);
    }

    /**
     * Checks the options against each other.
     *
     * @throws UsageException for the first that is wrong
     */
    abstract void check(InputSource source);

    /** The paths that the command publishes, and those that it reads beside the input. */
    abstract TargetPaths targets();

    /** The target of the command's JSON. */
    JsonTarget json() {
        return new JsonTarget("", null, console);
    }

    /**
     * Computes and writes everything that is published afterwards.
     *
     * @return the lines to print when it is published
     */
    abstract ResultLines run(SparkScope spark, InputSource source, Publisher publisher, JsonTarget json);

    @Override
    protected final void run() {
        InputSource source = input.source();
        check(source);
        targets().inputs(source).check();
        JsonTarget json = json();
        try (SparkScope spark = SparkScope.open(spec.name())) {
            long start = System.nanoTime();
            ResultLines lines;
            try (Publisher publisher = new Publisher(spark.hadoopConfiguration(), overwrite, console)) {
                lines = run(spark, source, publisher, json);
                publisher.publish();
            }
            lines.print(json.report(), since(start));
            json.print();
        }
    }

    /**
     * Opens the input, and checks that no path that is published is one that is read.
     *
     * @param gradients texts that name the columns of gradients
     * @param keepsText whether columns that only pass through are written as text, or not at all
     * @param given the state whose data this is; null for none
     */
    final TensorInput open(
            SparkScope spark,
            InputSource source,
            List<String> gradients,
            boolean keepsText,
            @Nullable BatchNormState given) {
        if (columns.mayHavePatterns()) {
            columns.expand(spark, source, gradients);
        }
        TensorInput input = TensorInput.open(
                spark,
                source,
                columns.tensorOptions(source.format(), given),
                columns.nonFinite,
                gradients,
                keepsText,
                targets().inputs(source));
        return given == null ? input : input.forState(given);
    }
}
