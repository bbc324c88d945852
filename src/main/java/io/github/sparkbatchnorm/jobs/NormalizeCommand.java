package io.github.sparkbatchnorm.jobs;

import io.github.sparkbatchnorm.jobs.console.Console;
import io.github.sparkbatchnorm.jobs.result.ResultLines;
import io.github.sparkbatchnorm.jobs.work.NormalizeJob;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code normalize}: the forward pass. */
@Command(
        name = "normalize",
        description = "Batch norm's forward pass: writes the data with its tensor column normalized.",
        sortOptions = false,
        customSynopsis = {
            "jobs/batchnorm [spark-submit options] normalize",
            "           --mode train|eval --input PATH --column NAME --output PATH [options]"
        },
        footer = {
            "%nExamples:",
            "  jobs/batchnorm normalize --mode train --input jobs/examples/wine.csv \\",
            "      --columns alcohol,ash,proline --output target/wine --state-out target/wine.json",
            "  jobs/batchnorm normalize --mode eval --input jobs/examples/wine.csv \\",
            "      --columns alcohol,ash,proline --state-in target/wine.json --output target/wine-eval",
            "  jobs/batchnorm normalize --mode train --input jobs/examples/digits.jsonl --column x \\",
            "      --shape 1,8,8 --module BatchNorm2d --batch-column label --output target/digits",
            "  jobs/batchnorm normalize --mode eval --inverse --state-in target/wine.json \\",
            "      --input target/wine --format csv --columns alcohol,ash,proline --output target/wine-back",
            "  jobs/batchnorm --master spark://host:7077 --executor-memory 4g normalize --mode train \\",
            "      --input hdfs:///images --column x --shape 3,224,224 --output hdfs:///normalized"
        })
final class NormalizeCommand extends JobCommand<NormalizeJob.Found> {
    @Mixin
    NormalizeJob job = new NormalizeJob();

    NormalizeCommand(Console console) {
        super(console);
    }

    @Override
    NormalizeJob job() {
        return job;
    }

    @Override
    ResultLines lines(NormalizeJob.Found found) {
        ResultLines lines = new ResultLines();
        if (found.statistics() == null) {
            lines.found("rows", found.rows()).found("channels", found.channels());
        } else {
            lines.statistics(found.statistics());
        }
        lines.output("output", found.output());
        return job.stateOut == null ? lines : lines.output("state", job.stateOut);
    }
}
