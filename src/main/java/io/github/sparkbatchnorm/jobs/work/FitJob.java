package io.github.sparkbatchnorm.jobs.work;

import io.github.sparkbatchnorm.jobs.data.InputSource;
import io.github.sparkbatchnorm.jobs.data.TargetPaths;
import io.github.sparkbatchnorm.jobs.data.TensorInput;
import io.github.sparkbatchnorm.jobs.publish.PublishTarget;
import io.github.sparkbatchnorm.jobs.result.RunRecord.Phase;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.spark.DatasetStatistics;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Computes running statistics of the data and writes no output data. */
public final class FitJob extends Job<DatasetStatistics> {
    @Mixin
    public LayerOptions layer = new LayerOptions();

    @Mixin
    public WhereOption where = new WhereOption();

    @Mixin
    public PresetOptions preset = new PresetOptions();

    @Mixin
    public DigestOptions digest = new DigestOptions();

    @Option(
            order = 59,
            names = "--state-out",
            paramLabel = "FILE",
            required = true,
            description = "Where the state is written. A link is followed.")
    public String stateOut = "";

    @Mixin
    public StateVersionOption version = new StateVersionOption();

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
    DatasetStatistics work(JobRun run) {
        Configuration hadoop = run.hadoop();
        PublishTarget file = run.publisher().addFile("--state-out", stateOut, layer.replacesState(stateOut, hadoop));
        BatchNormState given = layer.given(hadoop);
        TensorInput data = where.of(open(run, List.of(), !where.isGiven(), given));
        run.publisher().prepare();
        run.record().begin(Phase.STATISTICS);
        DatasetStatistics statistics = data.statistics(digest.expected);
        run.record().found(statistics);
        run.record().begin(Phase.PUBLISH);
        BatchNormState after = preset.isScaler()
                ? preset.state(statistics, run.source())
                : layer.stateAfter(layer.orFresh(given, statistics.channels()), statistics, run.source());
        run.publisher().write(file, out -> version.write(after, out));
        version.warnOfLoss(after, run.console());
        run.publisher().publish();
        return statistics;
    }
}
