package io.github.sparkbatchnorm.jobs;

import picocli.CommandLine.Option;

/** Options that every command has. */
final class CommonOptions {
    @Option(order = 82, names = "--overwrite", description = "Replace outputs and files that exist.")
    boolean overwrite;

    @Option(order = 83, names = "--verbose", description = "Show the stack trace of an error.")
    boolean verbose;

    @Option(
            order = 84,
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    boolean help;
}
