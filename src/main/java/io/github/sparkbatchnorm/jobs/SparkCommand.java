package io.github.sparkbatchnorm.jobs;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.hadoop.fs.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A command: makes an exit code of whatever happens. */
abstract class SparkCommand implements Callable<Integer> {
    @Spec
    CommandSpec spec = CommandSpec.create();

    @Option(order = 83, names = "--verbose", description = "Show the stack trace of an error.")
    boolean verbose;

    @Option(
            order = 84,
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    boolean help;

    final Console console;

    SparkCommand(Console console) {
        this.console = console;
    }

    /** Checks what needs no Spark, then runs. */
    abstract void run();

    @Override
    public final Integer call() {
        try {
            run();
            return Main.DONE;
        } catch (UsageException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        } catch (Throwable e) {
            if (console.error(Main.FAILED, ErrorLine.of(e)) && verbose) {
                e.printStackTrace(console.err());
            }
            return Main.FAILED;
        }
    }

    /** How long the command took that started then. */
    static Duration since(long startNanos) {
        return Duration.ofNanos(System.nanoTime() - startNanos);
    }

    /** Names what could not be cleaned up, if there is something. */
    final void warnOfLeftovers(List<Path> left) {
        if (!left.isEmpty()) {
            console.warning(Publisher.notDeleted(left));
        }
    }
}
