package io.github.sparkbatchnorm.jobs;

import io.github.sparkbatchnorm.jobs.console.Console;
import io.github.sparkbatchnorm.jobs.console.SparkScope;
import io.github.sparkbatchnorm.jobs.data.InputSource;
import io.github.sparkbatchnorm.jobs.data.TargetPaths;
import io.github.sparkbatchnorm.jobs.data.TensorInput;
import io.github.sparkbatchnorm.jobs.publish.Publisher;
import io.github.sparkbatchnorm.jobs.result.JsonResult;
import io.github.sparkbatchnorm.jobs.result.ResultJson;
import io.github.sparkbatchnorm.jobs.result.StatisticsTable;
import io.github.sparkbatchnorm.spark.scan.DatasetStatistics;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code stats}: statistics of each channel, and of each batch. */
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
        columns.tensorOptions(source.format());
    }

    @Override
    TargetPaths targets() {
        TargetPaths paths = new TargetPaths();
        result().addTo(paths);
        return paths;
    }

    private JsonResult result() {
        return new JsonResult("--json", json, console);
    }

    @Override
    protected void run(SparkScope spark, InputSource source) {
        long start = System.nanoTime();
        JsonResult result = result();
        boolean batched = columns.batchColumn != null;
        TensorInput data;
        DatasetStatistics statistics;
        try (Publisher publisher = new Publisher(spark.hadoopConfiguration(), overwrite, console)) {
            result.addTo(publisher);
            data = open(spark, source, List.of(), true);
            publisher.prepare();
            statistics = data.statistics(columns.nonFinite, null, digest.expected);
            DatasetStatistics all = statistics;
            result.write(publisher, out -> ResultJson.write(all, batched, out));
            publisher.publish();
        }
        Console report = result.report();
        report.out().println(StatisticsTable.render(statistics, data.tensor()::channelName, batched));
        report.result("digest", statistics.digest());
        report.size(
                statistics.rows(), statistics.channels(), statistics.batches().size());
        report.time(since(start));
        result.print("json");
    }
}
