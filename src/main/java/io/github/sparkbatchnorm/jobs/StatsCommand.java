package io.github.sparkbatchnorm.jobs;

import io.github.sparkbatchnorm.jobs.console.Console;
import io.github.sparkbatchnorm.jobs.console.SparkScope;
import io.github.sparkbatchnorm.jobs.data.InputSource;
import io.github.sparkbatchnorm.jobs.data.TargetPaths;
import io.github.sparkbatchnorm.jobs.data.TensorInput;
import io.github.sparkbatchnorm.jobs.publish.Publisher;
import io.github.sparkbatchnorm.jobs.result.JsonTarget;
import io.github.sparkbatchnorm.jobs.result.ResultLines;
import io.github.sparkbatchnorm.jobs.result.StatisticsJson;
import io.github.sparkbatchnorm.jobs.result.StatisticsTable;
import io.github.sparkbatchnorm.spark.DatasetStatistics;
import java.util.List;
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
final class StatsCommand extends JobCommand {
    @Mixin
    WhereOption where = new WhereOption();

    @Mixin
    DigestOptions digest = new DigestOptions();

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
    void check(InputSource source) {
        digest.check();
        columns.tensorOptions(source.format(), null);
    }

    @Override
    TargetPaths targets() {
        TargetPaths paths = new TargetPaths();
        json().addTo(paths);
        return paths;
    }

    @Override
    JsonTarget json() {
        return new JsonTarget("--json", json, console);
    }

    @Override
    ResultLines run(SparkScope spark, InputSource source, Publisher publisher, JsonTarget target) {
        target.addTo(publisher);
        TensorInput data = where.of(open(spark, source, List.of(), !where.isGiven(), null));
        publisher.prepare();
        DatasetStatistics statistics = data.statistics(digest.expected);
        target.write(publisher, out -> StatisticsJson.write(statistics, out));
        return new ResultLines()
                .table(StatisticsTable.render(statistics, data.tensor()::channelName))
                .statistics(statistics);
    }
}
