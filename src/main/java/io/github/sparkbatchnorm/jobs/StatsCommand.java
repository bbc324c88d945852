package io.github.sparkbatchnorm.jobs;

import io.github.sparkbatchnorm.spark.DatasetStatistics;
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

    @Option(order = 59, names = "--json", paramLabel = "FILE", description = "Write the statistics to this file, too.")
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
        return json == null ? paths : paths.file("--json", json);
    }

    @Override
    void run(SparkScope spark, InputSource source) {
        long start = System.nanoTime();
        boolean batched = columns.batchColumn != null;
        TensorInput data;
        DatasetStatistics statistics;
        try (Publisher publisher = new Publisher(spark.hadoopConfiguration(), overwrite, console)) {
            PublishTarget file = json == null ? null : publisher.addFile("--json", json, false);
            data = open(spark, source, List.of(), true);
            publisher.prepare();
            statistics = data.statistics(columns.nonFinite, null, digest.expected);
            if (file != null) {
                DatasetStatistics all = statistics;
                publisher.write(file, out -> ResultJson.write(all, batched, out));
            }
            warnOfLeftovers(publisher.publish());
        }
        console.out().println(StatisticsTable.render(statistics, data.tensor()::channelName, batched));
        console.result("digest", statistics.digest());
        console.size(
                statistics.rows(), statistics.channels(), statistics.batches().size());
        console.time(since(start));
        if (json != null) {
            console.result("json", json);
        }
    }
}
