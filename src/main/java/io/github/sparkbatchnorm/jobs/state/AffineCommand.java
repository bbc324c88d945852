package io.github.sparkbatchnorm.jobs.state;

import io.github.sparkbatchnorm.jobs.console.Console;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.ChannelTransform;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code state affine}: writes evaluation as one factor and one constant a channel. */
@Command(
        name = "affine",
        description = {
            "Writes evaluation as y = scale * x + shift, for a neighbouring layer.",
            "scale = weight / sqrt(running_var + eps), shift = bias - running_mean * scale. A linear layer beside this"
                    + " one can take them in. The form loses digits where the mean is large beside the spread, since"
                    + " its terms cancel; normalize --mode eval subtracts the mean first. Files are local."
        },
        sortOptions = false,
        customSynopsis = "jobs/batchnorm state affine FILE --json FILE [--overwrite]",
        footer = {
            "%nExamples:",
            "  jobs/batchnorm state affine state.json --json affine.json",
            "  jobs/batchnorm state affine state.json --json -"
        })
final class AffineCommand extends StateFileCommand {
    @Parameters(paramLabel = "FILE", description = "A state file with running statistics.")
    String file = "";

    @Option(
            order = 1,
            names = "--json",
            paramLabel = "FILE",
            required = true,
            description = "Where {\"scale\":[..],\"shift\":[..]} is written; - is standard output.")
    String json = "";

    @Option(order = 82, names = "--overwrite", description = "Replace a file that exists. A link is followed.")
    boolean overwrite;

    AffineCommand(Console console) {
        super(console);
    }

    @Override
    protected void run() {
        BatchNormState state = read(file);
        if (!state.hasRunningStatistics()) {
            throw new BatchNormException(file
                    + " has no running_mean and no running_var, which evaluation needs; give a state that tracked");
        }
        ChannelTransform evaluation = ChannelTransform.ofRunning(state, NonFinitePolicy.PROPAGATE);
        publish("--json", json, overwrite, Map.of("the state itself", file), out -> NumbersJson.write(evaluation, out));
    }
}
