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
import io.github.sparkbatchnorm.jobs.result.JsonResult;
import io.github.sparkbatchnorm.jobs.result.ResultJson;
import io.github.sparkbatchnorm.layer.BatchNormMode;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.spark.scan.DatasetGradients;
import io.github.sparkbatchnorm.spark.scan.GradientPass;
import io.github.sparkbatchnorm.spark.tensor.TensorColumn;
import io.github.sparkbatchnorm.spark.transform.GradientDataset;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
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
        columns.tensorOptions(source.format());
        gradientNames();
        output.format(source.format(), columns.channelColumns());
    }

    @Override
    TargetPaths targets() {
        TargetPaths paths = new TargetPaths().folder("--output", output.path);
        result().addTo(paths);
        return layer.stateIn == null ? paths : paths.input("--state-in", layer.stateIn);
    }

    private JsonResult result() {
        return new JsonResult("--gradients", gradientsFile, console);
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
        if (columns.channelColumns() && names.size() != channels) {
            throw new UsageException("--grad-columns names " + names.size() + " and --columns " + channels
                    + "; expected one gradient column for each channel");
        }
        return gradientColumn != null ? List.of(ColumnOptions.requireName("--grad-column", gradientColumn)) : names;
    }

    @Override
    protected void run(SparkScope spark, InputSource source) {
        long start = System.nanoTime();
        Configuration hadoop = spark.hadoopConfiguration();
        OutputWriter writer =
                new OutputWriter(output.format(source.format(), columns.channelColumns()), output.writerOptions);
        JsonResult result = result();
        DatasetGradients gradients;
        try (Publisher publisher = new Publisher(hadoop, overwrite, console)) {
            PublishTarget folder = publisher.addFolder("--output", output.path);
            result.addTo(publisher);
            BatchNormState given = layer.given(hadoop);
            TensorInput data = open(spark, source, gradientNames(), writer.isCsv());
            TensorColumn dy = data.gradients(gradientNames());
            List<String> names = outputColumns(data);
            OutputWriter partitioned = writer.partitionedBy(data.partitionColumns());
            publisher.prepare();
            spark.describe("gradients of " + data.tensor().describe());
            gradients = backward(data, dy, given, dataset -> partitioned.write(dataset, names, folder.staged()), names);
            DatasetGradients all = gradients;
            boolean affine = given == null ? !layer.noAffine : given.config().affine();
            boolean batched = columns.batchColumn != null;
            result.write(publisher, out -> ResultJson.write(all, affine, batched, out));
            publisher.publish();
        }
        Console report = result.report();
        report.size(gradients.rows(), gradients.channels(), gradients.batches().size());
        report.time(since(start));
        report.result("output", output.path + " (" + writer.format() + ")");
        result.print("gradients");
    }

    private List<String> outputColumns(TensorInput data) {
        if (!data.tensor().isChannelPerColumn()) {
            return List.of(data.newColumn(output.column == null ? DEFAULT_COLUMN : output.column));
        }
        List<String> names = data.tensor().lastNames().stream()
                .map(name -> data.newColumn(DEFAULT_COLUMN + "_" + name))
                .toList();
        for (String name : names) {
            if (names.indexOf(name) != names.lastIndexOf(name)) {
                throw new UsageException(
                        "two columns of the result would be " + name + "; give fields with names of their own");
            }
        }
        return names;
    }

    /** Finds the gradients of weight and bias, and hands on the data with dx. */
    private DatasetGradients backward(
            TensorInput input,
            TensorColumn dy,
            @Nullable BatchNormState given,
            Consumer<Dataset<Row>> output,
            List<String> names) {
        Dataset<Row> data = input.data();
        TensorColumn x = input.tensor();
        NonFinitePolicy policy = columns.nonFinite;
        boolean running = layer.usesRunning(mode, given);
        double eps = (given == null ? layer.config() : given.config()).eps();
        int expected = given == null ? 0 : given.numFeatures();
        DatasetGradients gradients = running && given != null
                ? GradientPass.withRunningStatistics(data, x, dy, policy, given)
                : GradientPass.withBatchStatistics(data, x, dy, policy, eps, expected);
        warnOfDense(gradients.sparse().becomingDense(x.describe()));
        BatchNormState state = layer.orFresh(given, gradients.channels());
        try (GradientDataset result = running
                ? GradientDataset.withRunningStatistics(data, x, dy, state, policy, names)
                : GradientDataset.withBatchStatistics(data, x, dy, gradients, state, policy, names)) {
            output.accept(result.dataset());
        }
        return gradients;
    }
}
