package io.github.sparkbatchnorm.jobs;

import io.github.sparkbatchnorm.jobs.console.Console;
import io.github.sparkbatchnorm.jobs.console.SparkCommand;
import io.github.sparkbatchnorm.jobs.console.SparkScope;
import io.github.sparkbatchnorm.jobs.console.UsageException;
import io.github.sparkbatchnorm.jobs.data.InputSource;
import io.github.sparkbatchnorm.jobs.data.TargetPaths;
import io.github.sparkbatchnorm.jobs.data.TensorInput;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A command that reads a tensor column and publishes what it makes of it. */
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

    /** What the command publishes, and what it reads beside the input. */
    abstract TargetPaths targets();

    /** The input, after a check that nothing that is published goes to a place that is read. */
    final TensorInput open(SparkScope spark, InputSource source, List<String> gradients, boolean keepsText) {
        return TensorInput.open(
                spark,
                source,
                columns.tensorOptions(source.format()),
                gradients,
                keepsText,
                targets().inputs(source));
    }

    protected abstract void run(SparkScope spark, InputSource source);

    /** Says how large an output of sparse input will be; null where that is no surprise. */
    final void warnOfDense(@Nullable String sizes) {
        if (sizes != null) {
            console.warning(sizes);
        }
    }

    @Override
    protected final void run() {
        InputSource source = input.source();
        check(source);
        targets().inputs(source).check();
        try (SparkScope spark = SparkScope.open(spec.name())) {
            run(spark, source);
        }
    }
}
