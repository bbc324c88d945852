package io.github.sparkbatchnorm.jobs;

import io.github.sparkbatchnorm.jobs.console.Console;
import io.github.sparkbatchnorm.jobs.console.SparkScope;
import io.github.sparkbatchnorm.jobs.console.UsageException;
import io.github.sparkbatchnorm.jobs.data.InputSource;
import io.github.sparkbatchnorm.jobs.data.OutputWriter;
import io.github.sparkbatchnorm.jobs.data.TargetPaths;
import io.github.sparkbatchnorm.jobs.data.TensorInput;
import io.github.sparkbatchnorm.jobs.publish.PublishTarget;
import io.github.sparkbatchnorm.jobs.publish.Publisher;
import io.github.sparkbatchnorm.jobs.result.JsonTarget;
import io.github.sparkbatchnorm.jobs.result.ResultLines;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormMode;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.spark.BroadcastDataset;
import io.github.sparkbatchnorm.spark.DatasetStatistics;
import io.github.sparkbatchnorm.spark.TensorDataset;
import io.github.sparkbatchnorm.spark.TensorOutput;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

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
final class NormalizeCommand extends JobCommand {
    @Option(
            order = 1,
            names = "--mode",
            paramLabel = "MODE",
            required = true,
            description = "train: with the statistics of each batch, updating the running ones; eval: with the running"
                    + " statistics of --state-in.")
    BatchNormMode mode = BatchNormMode.TRAIN;

    @Option(
            order = 2,
            names = "--inverse",
            description = "With --mode eval: back from normalized values to those before.")
    boolean inverse;

    @Mixin
    WhereOption where = new WhereOption();

    @Mixin
    LayerOptions layer = new LayerOptions();

    @Mixin
    OutputOptions output = new OutputOptions();

    @Mixin
    DigestOptions digest = new DigestOptions();

    @Option(
            order = 59,
            names = "--state-out",
            paramLabel = "FILE",
            description = "Where the state after the batches is written; with --mode train only. A link is followed.")
    @Nullable
    String stateOut;

    @Mixin
    StateVersionOption version = new StateVersionOption();

    NormalizeCommand(Console console) {
        super(console);
    }

    @Override
    void check(InputSource source) {
        digest.check();
        layer.check(mode);
        columns.tensorOptions(source.format(), null);
        writer(source);
        if (where.isGiven() && mode == BatchNormMode.EVAL) {
            throw new UsageException(
                    "--where says which rows the statistics are of, and --mode eval computes none; leave"
                            + " it away, or give --mode train");
        }
        if (inverse && (mode != BatchNormMode.EVAL || layer.stateIn == null || layer.noTrack)) {
            throw new UsageException(
                    "--inverse goes back through the running statistics of a state; give --mode eval and"
                            + " --state-in FILE, without --no-track");
        }
        if (version.isGiven() && stateOut == null) {
            throw new UsageException(
                    "--state-version says how --state-out is written; give --state-out, or leave it away");
        }
        if (mode == BatchNormMode.EVAL && stateOut != null) {
            throw new UsageException("--mode eval changes no state; leave --state-out away, or give --mode train");
        }
    }

    @Override
    TargetPaths targets() {
        TargetPaths paths = new TargetPaths().folder("--output", output.path);
        if (layer.stateIn != null) {
            paths.input("--state-in", layer.stateIn);
        }
        return stateOut == null ? paths : paths.file("--state-out", stateOut);
    }

    @Override
    ResultLines run(SparkScope spark, InputSource source, Publisher publisher, JsonTarget json) {
        Configuration hadoop = spark.hadoopConfiguration();
        PublishTarget folder = publisher.addFolder("--output", output.path);
        PublishTarget file = stateOut == null
                ? null
                : publisher.addFile("--state-out", stateOut, layer.replacesState(stateOut, hadoop));
        BatchNormState given = layer.given(hadoop);
        BatchNormState running = runningStatistics(given);
        OutputWriter writer = writer(source);
        TensorInput data = open(spark, source, List.of(), writer.isCsv(), given);
        String column = outputColumn(data);
        Writing writing = new Writing(
                data,
                column,
                TensorInput.checked(() -> columns(data.tensor(), column)),
                writer.partitionedBy(data.partitionColumns()),
                folder.staged());
        // A condition sees the types of columns that csv keeps as text.
        TensorInput typed = where.isGiven() && writer.isCsv() ? open(spark, source, List.of(), false, given) : data;
        TensorInput fitted = where.of(typed);
        publisher.prepare();
        spark.describe("normalizing " + data.tensor());
        ResultLines lines;
        if (running != null) {
            lines = evaluate(writing, running);
        } else {
            DatasetStatistics statistics = fitted.statistics(digest.expected);
            BatchNormState before = layer.orFresh(given, statistics.channels());
            BatchNormState after = layer.stateAfter(before, statistics, source);
            lines = forward(writing, statistics, before);
            if (file != null) {
                publisher.write(file, out -> version.write(after, out));
                version.warnOfLoss(after, console);
            }
        }
        lines.output("output", output.path + " (" + writer.format() + ")");
        return stateOut == null ? lines : lines.output("state", stateOut);
    }

    /** The name of the column to add; unused with channel columns, which are replaced. */
    private String outputColumn(TensorInput data) {
        String suffix = inverse ? "_denormalized" : "_normalized";
        return output.column == null ? data.tensor().columnNames().get(0) + suffix : output.column;
    }

    private List<String> columns(TensorDataset x, String column) {
        return inverse ? x.denormalizedColumns(column) : x.normalizedColumns(column);
    }

    /** The state whose running statistics are used; null if the statistics of the data are. */
    private @Nullable BatchNormState runningStatistics(@Nullable BatchNormState given) {
        if (!layer.usesRunning(mode, given)) {
            if (inverse) {
                throw new BatchNormException("--state-in " + layer.stateIn
                        + " has no running statistics, through which --inverse goes back; give a state that tracks");
            }
            return null;
        }
        if (digest.expected != null) {
            throw new UsageException("--expect-digest is of the data's statistics, and --mode eval with running"
                    + " statistics computes none; leave it away");
        }
        return given;
    }

    private ResultLines evaluate(Writing writing, BatchNormState state) {
        TensorDataset x = writing.data().tensor();
        TensorOutput output = inverse ? x.denormalize(state, writing.column()) : x.normalize(state, writing.column());
        x.denseOutputWarning(state).ifPresent(console::warning);
        try (BroadcastDataset normalized = output.broadcast()) {
            long rows =
                    writing.writer().writeAndCount(normalized.dataset(), writing.normalizedColumns(), writing.folder());
            return new ResultLines().found("rows", rows).found("channels", state.numFeatures());
        }
    }

    private ResultLines forward(Writing writing, DatasetStatistics statistics, BatchNormState state) {
        statistics.denseOutputWarning().ifPresent(console::warning);
        TensorOutput output = writing.data().tensor().normalize(statistics, state, writing.column());
        try (BroadcastDataset normalized = output.broadcast()) {
            writing.writer().write(normalized.dataset(), writing.normalizedColumns(), writing.folder());
        }
        return new ResultLines().statistics(statistics);
    }

    private OutputWriter writer(InputSource source) {
        return output.writer(source.format(), columns.channelColumns());
    }

    /** The data to write, the columns it gets, the writer and the folder. */
    private record Writing(
            TensorInput data, String column, List<String> normalizedColumns, OutputWriter writer, Path folder) {}
}
