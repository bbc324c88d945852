package io.github.sparkbatchnorm.jobs.result;

import io.github.sparkbatchnorm.jobs.console.SignificantDigits;
import io.github.sparkbatchnorm.jobs.console.TextTable;
import io.github.sparkbatchnorm.spark.DatasetStatistics;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.IntToDoubleFunction;

/** A table of statistics for a terminal. A long table shows only its first and last lines. */
public final class StatisticsTable {
    private final List<String> headers = new ArrayList<>();
    private final List<IntFunction<String>> cells = new ArrayList<>();
    private final int lines;
    private final String what;
    private int leftAligned;

    private StatisticsTable(int lines, String what) {
        this.lines = lines;
        this.what = what;
    }

    /**
     * Renders one line for each channel; with a batch column, one for each batch, or for each batch and channel where
     * these are few.
     *
     * @param channelName the name of a channel
     */
    public static String render(DatasetStatistics statistics, IntFunction<String> channelName) {
        if (!statistics.isByBatch()) {
            return ofChannels(statistics.whole(), channelName).toString();
        }
        List<DatasetStatistics.Batch> batches = statistics.batches();
        int channels = statistics.channels();
        return (channels == 1 || (long) batches.size() * channels <= TextTable.MAX_ROWS
                        ? ofBatchesAndChannels(batches, channels, channelName)
                        : ofBatches(batches))
                .toString();
    }

    private static StatisticsTable ofChannels(ChannelStatistics s, IntFunction<String> channelName) {
        StatisticsTable table = new StatisticsTable(s.channels(), "channels");
        table.names("channel", channelName);
        table.channelColumns(line -> s, line -> line, s.hasNonFinite());
        return table;
    }

    private static StatisticsTable ofBatchesAndChannels(
            List<DatasetStatistics.Batch> batches, int channels, IntFunction<String> channelName) {
        StatisticsTable table = new StatisticsTable(batches.size() * channels, channels == 1 ? "batches" : "lines");
        table.names("batch", line -> String.valueOf(batches.get(line / channels).key()));
        table.names("channel", line -> channelName.apply(line % channels));
        boolean nonFinite = batches.stream().anyMatch(b -> b.statistics().hasNonFinite());
        table.channelColumns(line -> batches.get(line / channels).statistics(), line -> line % channels, nonFinite);
        return table;
    }

    /** One line for each batch, with ranges over its channels. */
    private static StatisticsTable ofBatches(List<DatasetStatistics.Batch> batches) {
        StatisticsTable table = new StatisticsTable(batches.size(), "batches");
        table.names("batch", line -> String.valueOf(batches.get(line).key()));
        IntFunction<ChannelStatistics> of = line -> batches.get(line).statistics();
        table.column("count", line -> countRange(of.apply(line)));
        table.column("means, all channels", line -> range(of.apply(line), of.apply(line)::mean));
        table.column("variances, all channels", line -> range(of.apply(line), of.apply(line)::populationVariance));
        if (batches.stream().anyMatch(b -> b.statistics().hasNonFinite())) {
            table.column("not finite", line -> Long.toString(nonFinite(of.apply(line))));
        }
        return table;
    }

    private void channelColumns(IntFunction<ChannelStatistics> of, IntFunction<Integer> channel, boolean nonFinite) {
        column("count", line -> Long.toString(of.apply(line).count(channel.apply(line))));
        column("mean", line -> SignificantDigits.format(of.apply(line).mean(channel.apply(line))));
        column("variance", line -> SignificantDigits.format(of.apply(line).populationVariance(channel.apply(line))));
        column("min", line -> SignificantDigits.format(of.apply(line).min(channel.apply(line))));
        column("max", line -> SignificantDigits.format(of.apply(line).max(channel.apply(line))));
        if (nonFinite) {
            column("NaN", line -> Long.toString(of.apply(line).nanCount(channel.apply(line))));
            column("infinite", line -> Long.toString(of.apply(line).infinityCount(channel.apply(line))));
        }
    }

    private void names(String header, IntFunction<String> cell) {
        leftAligned++;
        column(header, line -> TextTable.name(cell.apply(line)));
    }

    private void column(String header, IntFunction<String> cell) {
        headers.add(header);
        cells.add(cell);
    }

    private static String countRange(ChannelStatistics s) {
        long least = Long.MAX_VALUE;
        long most = Long.MIN_VALUE;
        for (int c = 0; c < s.channels(); c++) {
            least = Math.min(least, s.count(c));
            most = Math.max(most, s.count(c));
        }
        return least == most ? Long.toString(least) : least + " to " + most;
    }

    private static String range(ChannelStatistics s, IntToDoubleFunction value) {
        double least = Double.POSITIVE_INFINITY;
        double most = Double.NEGATIVE_INFINITY;
        for (int c = 0; c < s.channels(); c++) {
            // A NaN stays: it shows that a channel has no number.
            least = Math.min(least, value.applyAsDouble(c));
            most = Math.max(most, value.applyAsDouble(c));
        }
        return least == most || Double.isNaN(least)
                ? SignificantDigits.format(least)
                : SignificantDigits.format(least) + " to " + SignificantDigits.format(most);
    }

    private static long nonFinite(ChannelStatistics s) {
        long sum = 0;
        for (int c = 0; c < s.channels(); c++) {
            sum += s.nanCount(c) + s.infinityCount(c);
        }
        return sum;
    }

    @Override
    public String toString() {
        return TextTable.shortened(headers, leftAligned, lines, this::row, what, "--json FILE");
    }

    private String[] row(int line) {
        return cells.stream().map(cell -> cell.apply(line)).toArray(String[]::new);
    }
}
