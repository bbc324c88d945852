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
import io.github.sparkbatchnorm.jobs.result.StatisticsJson;
import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormMode;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.spark.BroadcastDataset;
import io.github.sparkbatchnorm.spark.DatasetGradients;
import io.github.sparkbatchnorm.spark.TensorBackward;
import io.github.sparkbatchnorm.spark.TensorOutput;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
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
final class BackwardCommand extends JobCommand {
    private static final String DEFAULT_COLUMN = "dx";

    @Option(
            order = 1,
            names = "--mode",
            paramLabel = "MODE",
            required = true,
            description = "train: through the statistics of each batch; eval: with the running statistics of"
                    + " --state-in.")
    BatchNormMode mode = BatchNormMode.TRAIN;

    @Option(
            order = 31,
            names = "--grad-column",
            paramLabel = "NAME",
            description = "dy, the gradient of the loss with respect to the normalized column: of the shape of the"
                    + " tensor column.")
    @Nullable
    String gradientColumn;

    @Option(
            order = 32,
            names = "--grad-columns",
            paramLabel = "A,B,C",
            description = "dy for each of --columns, in their order.")
    List<String> gradientColumns = new ArrayList<>();

    @Mixin
    LayerOptions layer = new LayerOptions();

    @Mixin
    OutputOptions output = new OutputOptions();

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
    void check(InputSource source) {
        layer.check(mode);
        columns.tensorOptions(source.format(), null);
        gradientNames();
        output.writer(source.format(), columns.channelColumns());
    }

    @Override
    TargetPaths targets() {
        TargetPaths paths = new TargetPaths().folder("--output", output.path);
        json().addTo(paths);
        return layer.stateIn == null ? paths : paths.input("--state-in", layer.stateIn);
    }

    @Override
    JsonTarget json() {
        return new JsonTarget("--gradients", gradientsFile, console);
    }

    private List<String> gradientNames() {
        List<String> names = ColumnOptions.distinct("--grad-columns", gradientColumns);
        if (gradientColumn != null && !names.isEmpty()) {
            throw new UsageException("both --grad-column and --grad-columns are given; give one of them");
        }
        if (columns.channelColumns() ? gradientColumn != null : !names.isEmpty()) {
            throw new UsageException("--grad-column goes with --column, and --grad-columns with --columns");
        }
        if (gradientColumn == null && names.isEmpty()) {
            throw new UsageException("neither --grad-column nor --grad-columns is given; name the gradient of the loss"
                    + " with respect to the normalized column");
        }
        int channels = ColumnOptions.distinct("--columns", columns.columns).size();
        if (columns.channelColumns() && !columns.mayHavePatterns() && names.size() != channels) {
            throw new UsageException("--grad-columns names " + names.size() + " and --columns " + channels
                    + "; expected one gradient column for each channel");
        }
        return gradientColumn != null ? List.of(ColumnOptions.requireName("--grad-column", gradientColumn)) : names;
    }

    @Override
    ResultLines run(SparkScope spark, InputSource source, Publisher publisher, JsonTarget json) {
        PublishTarget folder = publisher.addFolder("--output", output.path);
        json.addTo(publisher);
        BatchNormState given = layer.given(spark.hadoopConfiguration());
        OutputWriter writer = output.writer(source.format(), columns.channelColumns());
        TensorInput data = open(spark, source, gradientNames(), writer.isCsv(), given);
        TensorBackward backward = data.backward(gradientNames());
        String column = output.column == null ? DEFAULT_COLUMN : output.column;
        List<String> names = TensorInput.checked(() -> backward.outputColumns(column));
        publisher.prepare();
        spark.describe("gradients of " + data.tensor());
        BatchNormState running = layer.usesRunning(mode, given) ? given : null;
        BatchNormConfig config = given == null ? layer.config() : given.config();
        DatasetGradients gradients =
                running == null ? backward.trainingGradients(config) : backward.evaluationGradients(running);
        gradients.denseOutputWarning().ifPresent(console::warning);
        BatchNormState state = layer.orFresh(given, gradients.channels());
        TensorOutput dx = running == null
                ? backward.inputGradients(gradients, state, column)
                : backward.inputGradients(running, column);
        try (BroadcastDataset result = dx.broadcast()) {
            writer.partitionedBy(data.partitionColumns()).write(result.dataset(), names, folder.staged());
        }
        boolean affine = state.config().affine();
        json.write(publisher, out -> StatisticsJson.write(gradients, affine, out));
        return new ResultLines().gradients(gradients).output("output", output.path + " (" + writer.format() + ")");
    }
}
