package io.github.sparkbatchnorm.jobs.work;

import io.github.sparkbatchnorm.jobs.data.InputSource;
import io.github.sparkbatchnorm.jobs.data.TargetPaths;
import io.github.sparkbatchnorm.jobs.data.TensorInput;
import io.github.sparkbatchnorm.jobs.result.RunRecord.Phase;
import io.github.sparkbatchnorm.jobs.result.StatisticsJson;
import io.github.sparkbatchnorm.spark.DatasetStatistics;
import io.github.sparkbatchnorm.spark.TensorDataset;
import java.util.List;
import picocli.CommandLine.Mixin;

/** Computes the statistics of each channel, and of each batch. */
public final class StatsJob extends Job<StatsJob.Found> {
    @Mixin
    public WhereOption where = new WhereOption();

    @Mixin
    public DigestOptions digest = new DigestOptions();

    /**
     * What the job found.
     *
     * @param tensor names the channels
     */
    public record Found(DatasetStatistics statistics, TensorDataset tensor) {}

    @Override
    void check(InputSource source) {
        digest.check();
        columns.tensorOptions(source.format(), null);
    }

    @Override
    TargetPaths targets() {
        return new TargetPaths();
    }

    @Override
    Found work(JobRun run) {
        run.json().addTo(run.publisher());
        TensorInput data = where.of(open(run, List.of(), !where.isGiven(), null));
        run.publisher().prepare();
        run.record().begin(Phase.STATISTICS);
        DatasetStatistics statistics = data.statistics(digest.expected);
        run.record().found(statistics);
        run.record().begin(Phase.PUBLISH);
        run.json().write(run.publisher(), out -> StatisticsJson.write(statistics, out));
        run.publisher().publish();
        return new Found(statistics, data.tensor());
    }
}
