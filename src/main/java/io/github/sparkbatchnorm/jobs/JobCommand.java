package io.github.sparkbatchnorm.jobs;

import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A command that reads a tensor column and publishes what it makes of it. */
abstract class JobCommand extends SparkCommand {
    @Mixin
    InputOptions input = new InputOptions();

    @Mixin
    ColumnOptions columns = new ColumnOptions();

    @Option(order = 82, names = "--overwrite", description = "Replace outputs and files that exist.")
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

    abstract void run(SparkScope spark, InputSource source);

    @Override
    final void run() {
        InputSource source = input.source();
        check(source);
        try (SparkScope spark = SparkScope.open(spec.name())) {
            run(spark, source);
        }
    }
}
