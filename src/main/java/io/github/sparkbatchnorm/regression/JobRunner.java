package io.github.sparkbatchnorm.regression;

import java.io.PrintStream;
import java.util.List;

/** The command line, in the session at hand. */
@FunctionalInterface
public interface JobRunner {
    /**
     * Runs a command.
     *
     * @param arguments the command and its options
     * @param out takes results
     * @param err takes everything else
     * @return the exit code
     */
    int run(List<String> arguments, PrintStream out, PrintStream err);
}
