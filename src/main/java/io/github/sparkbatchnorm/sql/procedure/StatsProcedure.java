package io.github.sparkbatchnorm.sql.procedure;

import io.github.sparkbatchnorm.jobs.console.Console;
import io.github.sparkbatchnorm.jobs.console.SparkScope;
import io.github.sparkbatchnorm.jobs.work.StatsJob;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.spark.DatasetStatistics;
import io.github.sparkbatchnorm.spark.TensorDataset;
import io.github.sparkbatchnorm.sql.state.ChannelRows;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/** {@code stats}: the statistics of each channel, and of each batch. */
final class StatsProcedure extends JobProcedure {
    /** The result is made on the driver. */
    static final long MAX_ROWS = 1_000_000;

    private static final StructType RESULT = ChannelRows.withStatistics(new StructType()
            .add("batch", DataTypes.StringType)
            .add("channel", DataTypes.IntegerType, false)
            .add("name", DataTypes.StringType, false));

    private final long maxRows;

    /** @param maxRows the most rows of a result */
    StatsProcedure(long maxRows) {
        super(
                "stats",
                "Statistics of each channel, exact and the same for every order of the rows. Returns a row for each"
                        + " channel, or for each batch and channel: batch, channel, name, count, mean, variance,"
                        + " sample_variance, min, max, nan, infinite.",
                1,
                Stream.of(
                                List.of(Argument.TABLE, Argument.COLUMN, Argument.COLUMNS),
                                JobOptions.OF_COLUMNS,
                                List.of(Argument.WHERE, Argument.EXPECT_DIGEST))
                        .flatMap(List::stream)
                        .toList());
        this.maxRows = maxRows;
    }

    @Override
    ResultRows run(Arguments given, SparkScope spark, Console console) {
        StatsJob job = new StatsJob();
        new JobOptions(given).input(job);
        job.where.condition = given.text(Argument.WHERE);
        job.digest.expected = given.text(Argument.EXPECT_DIGEST);
        StatsJob.Found found = JobOptions.run(job, null, spark, console);
        return new ResultRows(RESULT, rows(found.statistics(), found.tensor()));
    }

    private List<InternalRow> rows(DatasetStatistics statistics, TensorDataset tensor) {
        int batches = statistics.isByBatch() ? statistics.batches().size() : 1;
        long size = (long) batches * statistics.channels();
        if (size > maxRows) {
            throw new BatchNormException(tensor + " has " + statistics.channels() + " channels and " + batches
                    + (batches == 1 ? " batch" : " batches") + ", which make " + size + " rows; expected at most "
                    + maxRows + ": use bn.describe_agg in a query, or give fewer columns or rows");
        }
        List<InternalRow> rows = new ArrayList<>((int) size);
        if (statistics.isByBatch()) {
            for (DatasetStatistics.Batch batch : statistics.batches()) {
                addRows(String.valueOf(batch.key()), batch.statistics(), tensor, rows);
            }
        } else {
            addRows(null, statistics.whole(), tensor, rows);
        }
        return rows;
    }

    private static void addRows(
            @Nullable String batch, ChannelStatistics statistics, TensorDataset tensor, List<InternalRow> rows) {
        for (int c = 0; c < statistics.channels(); c++) {
            rows.add(ResultRows.row(ChannelRows.of(statistics, c, batch, c, tensor.channelName(c))));
        }
    }
}
