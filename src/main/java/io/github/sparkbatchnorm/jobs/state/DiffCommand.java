package io.github.sparkbatchnorm.jobs.state;

import io.github.sparkbatchnorm.jobs.console.Console;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code state diff}: prints what differs between two states. */
@Command(
        name = "diff",
        description = {
            "Compares two states to the bit, provenance aside.",
            "Prints a line for each key that differs, and exits with 1; else prints 'the same'. Two neighbours among the"
                    + " doubles are 1 ulp apart. Files are local."
        },
        sortOptions = false,
        customSynopsis = "jobs/batchnorm state diff A B",
        footer = {"%nExample:", "  jobs/batchnorm state diff monday.json tuesday.json"})
final class DiffCommand extends StateFileCommand {
    @Parameters(index = "0", paramLabel = "A", description = "A state file.")
    String a = "";

    @Parameters(index = "1", paramLabel = "B", description = "A state file.")
    String b = "";

    DiffCommand(Console console) {
        super(console);
    }

    @Override
    protected void run() {
        BatchNormState first = read(a);
        Map<String, String> differences = StateDifferences.of(first, read(b), channelNames(first));
        differences.forEach(console::result);
        if (!differences.isEmpty()) {
            throw new BatchNormException(a + " and " + b + " differ in " + String.join(", ", differences.keySet()));
        }
        console.out().println("the same");
    }
}
