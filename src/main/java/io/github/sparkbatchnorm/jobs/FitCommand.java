package io.github.sparkbatchnorm.jobs;

import io.github.sparkbatchnorm.jobs.console.Console;
import io.github.sparkbatchnorm.jobs.console.SparkScope;
import io.github.sparkbatchnorm.jobs.data.InputSource;
import io.github.sparkbatchnorm.jobs.data.TargetPaths;
import io.github.sparkbatchnorm.jobs.data.TensorInput;
import io.github.sparkbatchnorm.jobs.publish.PublishTarget;
import io.github.sparkbatchnorm.jobs.publish.Publisher;
import io.github.sparkbatchnorm.jobs.result.JsonTarget;
import io.github.sparkbatchnorm.jobs.result.ResultLines;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.spark.DatasetStatistics;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

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
final class FitCommand extends JobCommand {
    @Mixin
    LayerOptions layer = new LayerOptions();

    @Mixin
    WhereOption where = new WhereOption();

    @Mixin
    PresetOptions preset = new PresetOptions();

    @Mixin
    DigestOptions digest = new DigestOptions();

    @Option(
            order = 59,
            names = "--state-out",
            paramLabel = "FILE",
            required = true,
            description = "Where the state is written. A link is followed.")
    String stateOut = "";

    @Mixin
    StateVersionOption version = new StateVersionOption();

    FitCommand(Console console) {
        super(console);
    }

    @Override
    void check(InputSource source) {
        digest.check();
        layer.check();
        preset.check(layer, columns);
        columns.tensorOptions(source.format(), null);
    }

    @Override
    TargetPaths targets() {
        TargetPaths paths = new TargetPaths().file("--state-out", stateOut);
        return layer.stateIn == null ? paths : paths.input("--state-in", layer.stateIn);
    }

    @Override
    ResultLines run(SparkScope spark, InputSource source, Publisher publisher, JsonTarget json) {
        Configuration hadoop = spark.hadoopConfiguration();
        PublishTarget file = publisher.addFile("--state-out", stateOut, layer.replacesState(stateOut, hadoop));
        BatchNormState given = layer.given(hadoop);
        TensorInput data = where.of(open(spark, source, List.of(), !where.isGiven(), given));
        publisher.prepare();
        DatasetStatistics statistics = data.statistics(digest.expected);
        BatchNormState after = preset.isScaler()
                ? preset.state(statistics, source)
                : layer.stateAfter(layer.orFresh(given, statistics.channels()), statistics, source);
        publisher.write(file, out -> version.write(after, out));
        version.warnOfLoss(after, console);
        return new ResultLines().statistics(statistics).output("state", stateOut);
    }
}
