package io.github.sparkbatchnorm.jobs;

import io.github.sparkbatchnorm.jobs.console.Console;
import io.github.sparkbatchnorm.jobs.result.ResultLines;
import io.github.sparkbatchnorm.jobs.work.FitJob;
import io.github.sparkbatchnorm.spark.DatasetStatistics;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code fit}: computes running statistics of the data and writes no output data. */
@Command(
        name = "fit",
        description = "Running statistics of the data as a state file; no output data.",
        sortOptions = false,
        customSynopsis = {
            "jobs/batchnorm [spark-submit options] fit",
            "           --input PATH --column NAME --state-out FILE [options]"
        },
        footer = {
            "%nExamples:",
            "  jobs/batchnorm fit --input jobs/examples/digits.jsonl --column x --shape 1,8,8 \\",
            "      --batch-column label --state-out state.json",
            "  jobs/batchnorm fit --input monday.parquet --column x --momentum none --state-out state.json",
            "  jobs/batchnorm fit --preset standard-scaler --input jobs/examples/wine.csv \\",
            "      --columns alcohol,ash,proline --state-out scaler.json",
            "  jobs/batchnorm fit --input tuesday.parquet --column x --state-in state.json \\",
            "      --state-out state.json"
        })
final class FitCommand extends JobCommand<DatasetStatistics> {
    @Mixin
    FitJob job = new FitJob();

    FitCommand(Console console) {
        super(console);
    }

    @Override
    FitJob job() {
        return job;
    }

    @Override
    ResultLines lines(DatasetStatistics statistics) {
        return new ResultLines().statistics(statistics).output("state", job.stateOut);
    }
}
