package io.github.sparkbatchnorm.jobs;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.hadoop.fs.Path;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A command that runs on Spark: checks what needs no Spark, runs, and makes an exit code of whatever happens. */
abstract class JobCommand implements Callable<Integer> {
    @Spec
    CommandSpec spec = CommandSpec.create();

    @Mixin
    InputOptions input = new InputOptions();

    @Mixin
    ColumnOptions columns = new ColumnOptions();

    @Mixin
    CommonOptions common = new CommonOptions();

    final Console console;

    JobCommand(Console console) {
        this.console = console;
    }

    /**
     * Checks the options against each other.
     *
     * @throws UsageException for the first that is wrong
     */
    abstract void check(InputSource source);

    abstract void run(SparkScope spark, InputSource source);

    @Override
    public final Integer call() {
        try {
            InputSource source = input.source();
            check(source);
            try (SparkScope spark = SparkScope.open(spec.name())) {
                run(spark, source);
            }
            return Main.DONE;
        } catch (UsageException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        } catch (Throwable e) {
            console.err().println("error: " + ErrorLine.of(e));
            if (common.verbose) {
                e.printStackTrace(console.err());
            }
            return Main.FAILED;
        }
    }

    /** Names what was published but left something behind. */
    final void warnOfLeftovers(List<Path> left) {
        if (!left.isEmpty()) {
            console.warning("could not delete " + Publisher.join(left) + ": delete it by hand");
        }
    }

    /** How long the command took that started then. */
    static Duration since(long startNanos) {
        return Duration.ofNanos(System.nanoTime() - startNanos);
    }
}
