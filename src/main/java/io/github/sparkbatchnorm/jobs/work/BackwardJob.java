package io.github.sparkbatchnorm.jobs.work;

import io.github.sparkbatchnorm.jobs.console.UsageException;
import io.github.sparkbatchnorm.jobs.data.InputSource;
import io.github.sparkbatchnorm.jobs.data.OutputWriter;
import io.github.sparkbatchnorm.jobs.data.TargetPaths;
import io.github.sparkbatchnorm.jobs.data.TensorInput;
import io.github.sparkbatchnorm.jobs.publish.PublishTarget;
import io.github.sparkbatchnorm.jobs.result.RunRecord.Phase;
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
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Computes the gradients of a layer's input, weight and bias. */
public final class BackwardJob extends Job<BackwardJob.Found> {
    private static final String DEFAULT_COLUMN = "dx";

    @Option(
            order = 1,
            names = "--mode",
            paramLabel = "MODE",
            required = true,
            description = "train: through the statistics of each batch; eval: with the running statistics of"
                    + " --state-in.")
    public BatchNormMode mode = BatchNormMode.TRAIN;

    @Option(
            order = 31,
            names = "--grad-column",
            paramLabel = "NAME",
            description = "dy, the gradient of the loss with respect to the normalized column: of the shape of the"
                    + " tensor column.")
    @Nullable
    public String gradientColumn;

    @Option(
            order = 32,
            names = "--grad-columns",
            paramLabel = "A,B,C",
            description = "dy for each of --columns, in their order.")
    public List<String> gradientColumns = new ArrayList<>();

    @Mixin
    public LayerOptions layer = new LayerOptions();

    @Mixin
    public GuardOption guard = new GuardOption();

    @Mixin
    public OutputOptions output = new OutputOptions();

    /**
     * What the job found.
     *
     * @param format of the output
     */
    public record Found(DatasetGradients gradients, String format) {}

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
        return layer.stateIn == null ? paths : paths.input("--state-in", layer.stateIn);
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
    Found work(JobRun run) {
        PublishTarget folder = run.publisher().addFolder("--output", output.path);
        run.json().addTo(run.publisher());
        BatchNormState given = layer.given(run.hadoop());
        OutputWriter writer = output.writer(run.source().format(), columns.channelColumns());
        BatchNormState running = layer.usesRunning(mode, given) ? given : null;
        if (running != null) {
            guard.requireUnused();
        }
        TensorInput opened = open(run, gradientNames(), writer.isCsv(), given);
        TensorInput data = running == null ? guard.of(opened) : opened;
        TensorBackward backward = data.backward(gradientNames());
        String column = output.column == null ? DEFAULT_COLUMN : output.column;
        List<String> names = TensorInput.checked(() -> backward.outputColumns(column));
        run.publisher().prepare();
        run.spark().describe("gradients of " + data.tensor());
        run.record().begin(Phase.STATISTICS);
        BatchNormConfig config = given == null ? layer.config() : given.config();
        DatasetGradients gradients =
                running == null ? backward.trainingGradients(config) : backward.evaluationGradients(running);
        run.record().found(gradients);
        run.record().begin(Phase.WRITE);
        gradients.denseOutputWarning().ifPresent(run.console()::warning);
        BatchNormState state = layer.orFresh(given, gradients.channels());
        TensorOutput dx = running == null
                ? backward.inputGradients(gradients, state, column)
                : backward.inputGradients(running, column);
        try (BroadcastDataset result = dx.broadcast()) {
            writer.partitionedBy(data.partitionColumns()).write(result.dataset(), names, folder.staged());
            guard.compare(result);
        }
        boolean affine = state.config().affine();
        run.record().begin(Phase.PUBLISH);
        run.json().write(run.publisher(), out -> StatisticsJson.write(gradients, affine, out));
        run.publisher().publish();
        return new Found(gradients, writer.format());
    }
}
