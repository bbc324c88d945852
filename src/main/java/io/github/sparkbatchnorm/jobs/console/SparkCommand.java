package io.github.sparkbatchnorm.jobs.console;

import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A command that turns whatever happens into an exit code. */
public abstract class SparkCommand implements Callable<Integer> {
    @Spec
    protected CommandSpec spec = CommandSpec.create();

    @Option(order = 83, names = "--verbose", description = "Show the stack trace of an error.")
    boolean verbose;

    @Option(
            order = 84,
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    boolean help;

    protected final Console console;

    protected SparkCommand(Console console) {
        this.console = console;
    }

    /** Checks what can be checked without Spark, then runs. */
    protected abstract void run();

    @Override
    public final Integer call() {
        try {
            run();
            return ExitCode.DONE;
        } catch (UsageException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        } catch (Throwable e) {
            if (console.error(ExitCode.FAILED, ErrorLine.of(e)) && verbose) {
                e.printStackTrace(console.err());
            }
            return ExitCode.FAILED;
        }
    }

    /**
     * The time since a moment.
     *
     * @param startNanos the moment, from {@link System#nanoTime}
     */
    protected static Duration since(long startNanos) {
        return Duration.ofNanos(System.nanoTime() - startNanos);
    }
}
