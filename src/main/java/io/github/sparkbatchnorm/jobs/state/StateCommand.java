package io.github.sparkbatchnorm.jobs.state;

import io.github.sparkbatchnorm.jobs.console.Console;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code state}: the commands for state files, which run in one process and start no Spark. */
@Command(
        name = "state",
        description = "Shows, compares, changes, exports and imports state files. Files are local; no Spark starts.",
        sortOptions = false,
        customSynopsis = "jobs/batchnorm state COMMAND [options]",
        footer = {
            "%nExamples:",
            "  jobs/batchnorm fit --input jobs/examples/wine.csv --columns alcohol,ash,proline \\",
            "      --state-out state.json",
            "  jobs/batchnorm state show state.json",
            "  jobs/batchnorm state set state.json --momentum none --out average.json",
            "  jobs/batchnorm state diff state.json average.json"
        })
public final class StateCommand {
    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    boolean help;

    private StateCommand() {}

    /** The command with those below it. */
    public static CommandLine of(Console console) {
        return new CommandLine(new StateCommand())
                .addSubcommand(new ShowCommand(console))
                .addSubcommand(new DiffCommand(console))
                .addSubcommand(new SetCommand(console))
                .addSubcommand(new AffineCommand(console))
                .addSubcommand(new ExportCommand(console))
                .addSubcommand(new ImportCommand(console));
    }
}
