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
import io.github.sparkbatchnorm.layer.BatchNormMode;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.spark.scan.DatasetStatistics;
import io.github.sparkbatchnorm.spark.state.StateFiles;
import io.github.sparkbatchnorm.spark.tensor.SparseRows;
import io.github.sparkbatchnorm.spark.transform.NormalizedDataset;
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

    NormalizeCommand(Console console) {
        super(console);
    }

    @Override
    void check(InputSource source) {
        digest.check();
        layer.check(mode);
        columns.tensorOptions(source.format());
        output.format(source.format(), columns.channelColumns());
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
    protected void run(SparkScope spark, InputSource source) {
        long start = System.nanoTime();
        Configuration hadoop = spark.hadoopConfiguration();
        Result result;
        try (Publisher publisher = new Publisher(hadoop, overwrite, console)) {
            PublishTarget folder = publisher.addFolder("--output", output.path);
            PublishTarget file = stateOut == null
                    ? null
                    : publisher.addFile("--state-out", stateOut, layer.replacesState(stateOut, hadoop));
            BatchNormState given = layer.given(hadoop);
            OutputWriter writer = writer(source);
            TensorInput data = open(spark, source, List.of(), writer.isCsv());
            String column = outputColumn(data);
            Writing writing = new Writing(
                    data,
                    column,
                    data.normalizedColumns(column),
                    writer.partitionedBy(data.partitionColumns()),
                    folder.staged());
            boolean tracked = isTracked(given);
            publisher.prepare();
            spark.describe("normalizing " + data.tensor().describe());
            result = given != null && tracked ? evaluate(writing, given) : forward(writing, given);
            if (file != null) {
                BatchNormState state = result.state();
                publisher.write(file, out -> StateFiles.write(state, out));
            }
            publisher.publish();
        }
        print(result);
        console.time(since(start));
        console.result("output", output.path + " (" + writer(source).format() + ")");
        if (stateOut != null) {
            console.result("state", stateOut);
        }
    }

    /** The name of the column to add; with channel columns there is none. */
    private String outputColumn(TensorInput data) {
        return output.column == null ? data.tensor().lastNames().get(0) + "_normalized" : output.column;
    }

    /** Whether running statistics are used, not those of the data. */
    private boolean isTracked(@Nullable BatchNormState given) {
        boolean tracked = layer.usesRunning(mode, given);
        if (tracked && digest.expected != null) {
            throw new UsageException("--expect-digest is of the data's statistics, and --mode eval with running"
                    + " statistics computes none; leave it away");
        }
        return tracked;
    }

    private Result evaluate(Writing writing, BatchNormState state) {
        writing.data().checkChannels(state);
        warnOfDense(
                SparseRows.becomingDense(writing.data().data(), writing.data().tensor(), state.numFeatures()));
        try (NormalizedDataset normalized = NormalizedDataset.withRunningStatistics(
                writing.data().data(), writing.data().tensor(), state, columns.nonFinite, writing.column())) {
            long rows = writing.writer().writeAndCount(normalized.dataset(), writing.ours(), writing.folder());
            return new Result(state, null, rows);
        }
    }

    private Result forward(Writing writing, @Nullable BatchNormState given) {
        TensorInput data = writing.data();
        DatasetStatistics statistics = data.statistics(columns.nonFinite, given, digest.expected);
        warnOfDense(statistics.sparse().becomingDense(data.tensor().describe()));
        BatchNormState before = layer.orFresh(given, statistics.channels());
        BatchNormState after = layer.afterBatches(before, statistics, columns.nonFinite);
        try (NormalizedDataset normalized = NormalizedDataset.withBatchStatistics(
                data.data(), data.tensor(), statistics, before, columns.nonFinite, writing.column())) {
            writing.writer().write(normalized.dataset(), writing.ours(), writing.folder());
        }
        return new Result(after, statistics, statistics.rows());
    }

    private OutputWriter writer(InputSource source) {
        return new OutputWriter(output.format(source.format(), columns.channelColumns()), output.writerOptions);
    }

    private void print(Result result) {
        if (result.statistics() != null) {
            console.result("digest", result.statistics().digest());
            console.size(
                    result.statistics().rows(),
                    result.statistics().channels(),
                    result.statistics().batches().size());
        } else {
            if (result.rows() >= 0) {
                console.result("rows", result.rows());
            }
            console.result("channels", result.state().numFeatures());
        }
    }

    /** What is written, how and where. */
    private record Writing(TensorInput data, String column, List<String> ours, OutputWriter writer, Path folder) {}

    /** The state afterwards, the statistics that were used (null for running ones), rows or -1. */
    private record Result(BatchNormState state, @Nullable DatasetStatistics statistics, long rows) {}
}
