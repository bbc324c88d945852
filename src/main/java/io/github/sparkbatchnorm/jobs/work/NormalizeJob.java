package io.github.sparkbatchnorm.jobs.work;

import io.github.sparkbatchnorm.jobs.console.Console;
import io.github.sparkbatchnorm.jobs.console.UsageException;
import io.github.sparkbatchnorm.jobs.data.InputSource;
import io.github.sparkbatchnorm.jobs.data.TargetPaths;
import io.github.sparkbatchnorm.jobs.data.TensorInput;
import io.github.sparkbatchnorm.jobs.publish.PublishTarget;
import io.github.sparkbatchnorm.jobs.result.RunRecord;
import io.github.sparkbatchnorm.jobs.result.RunRecord.Phase;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormMode;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.spark.BroadcastDataset;
import io.github.sparkbatchnorm.spark.DatasetStatistics;
import io.github.sparkbatchnorm.spark.TensorDataset;
import io.github.sparkbatchnorm.spark.TensorOutput;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The forward pass: writes the data with its tensor column normalized, or its inverse. */
public final class NormalizeJob extends Job<NormalizeJob.Found> {
    @Option(
            order = 1,
            names = "--mode",
            paramLabel = "MODE",
            required = true,
            description = "train: with the statistics of each batch, updating the running ones; eval: with the running"
                    + " statistics of --state-in.")
    public BatchNormMode mode = BatchNormMode.TRAIN;

    @Option(
            order = 2,
            names = "--inverse",
            description = "With --mode eval: back from normalized values to those before.")
    public boolean inverse;

    @Mixin
    public WhereOption where = new WhereOption();

    @Mixin
    public LayerOptions layer = new LayerOptions();

    @Mixin
    public GuardOption guard = new GuardOption();

    @Mixin
    public OutputOptions output = new OutputOptions();

    @Mixin
    public DigestOptions digest = new DigestOptions();

    @Option(
            order = 59,
            names = "--state-out",
            paramLabel = "FILE",
            description = "Where the state after the batches is written; with --mode train only. A link is followed.")
    @Nullable
    public String stateOut;

    @Mixin
    public StateVersionOption version = new StateVersionOption();

    /** Where the rows go instead of to a folder; null for a folder. */
    public @Nullable RowTarget table;

    /**
     * What the job found.
     *
     * @param statistics of the data; null if the running statistics of a state were used
     * @param rows that were normalized
     * @param output where the rows are, in words
     */
    public record Found(@Nullable DatasetStatistics statistics, long rows, int channels, String output) {}

    @Override
    void check(InputSource source) {
        digest.check();
        layer.check(mode);
        columns.tensorOptions(source.format(), null);
        target(source);
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
        TargetPaths paths = new TargetPaths();
        if (table == null) {
            paths.folder("--output", output.path);
        }
        if (layer.stateIn != null) {
            paths.input("--state-in", layer.stateIn);
        }
        return stateOut == null ? paths : paths.file("--state-out", stateOut);
    }

    @Override
    Found work(JobRun run) {
        try (RowTarget rows = target(run.source())) {
            BatchNormState given = layer.given(run.hadoop());
            BatchNormState running = runningStatistics(given);
            rows.open(run.publisher(), running == null && !guard.off);
            PublishTarget file = stateOut == null
                    ? null
                    : run.publisher().addFile("--state-out", stateOut, layer.replacesState(stateOut, run.hadoop()));
            TensorInput data = open(run, List.of(), rows.keepsText(), given);
            rows.check(data);
            String column = outputColumn(data);
            List<String> names = TensorInput.checked(() -> columns(data.tensor(), column));
            Writing writing = new Writing(data, column, names, rows, run.console());
            // A condition sees the types of columns that csv keeps as text.
            TensorInput typed = where.isGiven() && rows.keepsText() ? open(run, List.of(), false, given) : data;
            TensorInput fitted = running == null ? guard.of(where.of(typed)) : typed;
            run.publisher().prepare();
            run.spark().describe("normalizing " + data.tensor());
            Found found =
                    running == null ? forward(writing, fitted, given, file, run) : evaluate(writing, running, run);
            run.record().begin(Phase.PUBLISH);
            rows.publish(run.publisher());
            return found;
        }
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
        guard.requireUnused();
        if (digest.expected != null) {
            throw new UsageException("--expect-digest is of the data's statistics, and --mode eval with running"
                    + " statistics computes none; leave it away");
        }
        return given;
    }

    private Found evaluate(Writing writing, BatchNormState state, JobRun run) {
        run.record().begin(Phase.WRITE);
        TensorDataset x = writing.data().tensor();
        TensorOutput result = inverse ? x.denormalize(state, writing.column()) : x.normalize(state, writing.column());
        x.denseOutputWarning(state).ifPresent(writing.console()::warning);
        try (BroadcastDataset normalized = result.broadcast()) {
            long rows = writing.rows().writeAndCount(normalized.dataset(), writing.normalized(), writing.data());
            run.record().found(new RunRecord.Found(rows, null, state.numFeatures(), null));
            return new Found(null, rows, state.numFeatures(), writing.rows().toString());
        }
    }

    private Found forward(
            Writing writing,
            TensorInput fitted,
            @Nullable BatchNormState given,
            @Nullable PublishTarget file,
            JobRun run) {
        run.record().begin(Phase.STATISTICS);
        DatasetStatistics statistics = fitted.statistics(digest.expected);
        run.record().found(statistics);
        run.record().begin(Phase.WRITE);
        BatchNormState before = layer.orFresh(given, statistics.channels());
        BatchNormState after = layer.stateAfter(before, statistics, run.source());
        statistics.denseOutputWarning().ifPresent(run.console()::warning);
        if (file != null) {
            run.publisher().write(file, out -> version.write(after, out));
            version.warnOfLoss(after, run.console());
        }
        TensorOutput result = writing.data().tensor().normalize(statistics, before, writing.column());
        try (BroadcastDataset normalized = result.broadcast()) {
            writing.rows().write(normalized.dataset(), writing.normalized(), writing.data());
            guard.compare(normalized);
        }
        return new Found(
                statistics,
                statistics.rows(),
                statistics.channels(),
                writing.rows().toString());
    }

    private RowTarget target(InputSource source) {
        RowTarget other = table;
        if (other == null) {
            return new FolderTarget(output.path, output.writer(source.format(), columns.channelColumns()));
        }
        output.checkColumn(columns.channelColumns());
        return other;
    }

    /** The data to write, the column it gets, all columns of normalized values, and where it goes. */
    private record Writing(TensorInput data, String column, List<String> normalized, RowTarget rows, Console console) {}
}
