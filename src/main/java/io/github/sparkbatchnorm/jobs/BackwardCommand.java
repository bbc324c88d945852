package io.github.sparkbatchnorm.jobs;

import io.github.sparkbatchnorm.jobs.console.Console;
import io.github.sparkbatchnorm.jobs.result.JsonTarget;
import io.github.sparkbatchnorm.jobs.result.ResultLines;
import io.github.sparkbatchnorm.jobs.work.BackwardJob;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code backward}: the backward pass. */
@Command(
        name = "backward",
        description = "Batch norm's backward pass: writes the data with the gradient dx of its tensor column, and the"
                + " gradients of weight and bias. The state is read, never written.",
        sortOptions = false,
        customSynopsis = {
            "jobs/batchnorm [spark-submit options] backward",
            "           --mode train|eval --input PATH --column NAME --grad-column NAME",
            "           --output PATH --gradients FILE [options]"
        },
        footer = {
            "%nExamples:",
            "  jobs/batchnorm backward --mode train --input step.parquet --column x --grad-column dy \\",
            "      --shape 64,28,28 --output target/step --gradients target/step.json",
            "  jobs/batchnorm backward --mode train --input jobs/examples/wine.csv \\",
            "      --columns alcohol,ash --grad-columns hue,proline --output target/wine-backward \\",
            "      --gradients target/wine-gradients.json",
            "  jobs/batchnorm backward --mode eval --input step.parquet --column x --grad-column dy \\",
            "      --state-in state.json --output target/step --gradients target/step.json"
        })
final class BackwardCommand extends JobCommand<BackwardJob.Found> {
    @Mixin
    BackwardJob job = new BackwardJob();

    @Option(
            order = 59,
            names = "--gradients",
            paramLabel = "FILE",
            required = true,
            description = "Where the gradients of weight and bias are written, as JSON; - is standard output, and"
                    + " everything else goes to standard error.")
    String gradientsFile = "";

    BackwardCommand(Console console) {
        super(console);
    }

    @Override
    BackwardJob job() {
        return job;
    }

    @Override
    JsonTarget json(Console results) {
        return new JsonTarget("--gradients", gradientsFile, results);
    }

    @Override
    ResultLines lines(BackwardJob.Found found) {
        return new ResultLines()
                .gradients(found.gradients())
                .output("output", job.output.path + " (" + found.format() + ")");
    }
}
