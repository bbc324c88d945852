package io.github.sparkbatchnorm.jobs;

import io.github.sparkbatchnorm.jobs.console.Console;
import io.github.sparkbatchnorm.jobs.result.JsonTarget;
import io.github.sparkbatchnorm.jobs.result.ResultLines;
import io.github.sparkbatchnorm.jobs.result.StatisticsTable;
import io.github.sparkbatchnorm.jobs.work.StatsJob;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code stats}: computes the statistics of each channel, and of each batch. */
@Command(
        name = "stats",
        description = "Statistics of each channel, exact and the same for every order of the rows.",
        sortOptions = false,
        customSynopsis = {
            "jobs/batchnorm [spark-submit options] stats",
            "           --input PATH --column NAME [options]"
        },
        footer = {
            "%nExamples:",
            "  jobs/batchnorm stats --input jobs/examples/wine.csv --columns alcohol,ash,proline",
            "  jobs/batchnorm stats --input jobs/examples/digits.jsonl --column x --shape 1,8,8 \\",
            "      --batch-column label --json statistics.json",
            "  jobs/batchnorm --master spark://host:7077 stats --input s3a://bucket/images --column x"
        })
final class StatsCommand extends JobCommand<StatsJob.Found> {
    @Mixin
    StatsJob job = new StatsJob();

    @Option(
            order = 59,
            names = "--json",
            paramLabel = "FILE",
            description = "Write the statistics to this file, too; - is standard output, and everything else goes to"
                    + " standard error.")
    @Nullable
    String json;

    StatsCommand(Console console) {
        super(console);
    }

    @Override
    StatsJob job() {
        return job;
    }

    @Override
    JsonTarget json(Console results) {
        return new JsonTarget("--json", json, results);
    }

    @Override
    ResultLines lines(StatsJob.Found found) {
        return new ResultLines()
                .table(StatisticsTable.render(found.statistics(), found.tensor()::channelName))
                .statistics(found.statistics());
    }
}
