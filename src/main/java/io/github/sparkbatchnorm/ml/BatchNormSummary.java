package io.github.sparkbatchnorm.ml;

import io.github.sparkbatchnorm.layer.Provenance;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** What is remarkable about the data that a {@link BatchNormModel} was fitted to. Immutable. */
public final class BatchNormSummary {
    private static final int MAX_LISTED = 20;

    private final ChannelStatistics statistics;
    private final @Nullable Provenance provenance;

    BatchNormSummary(ChannelStatistics statistics, @Nullable Provenance provenance) {
        this.statistics = statistics;
        this.provenance = provenance;
    }

    /** {@return the exact statistics of each channel} */
    public ChannelStatistics statistics() {
        return statistics;
    }

    /** {@return the number of rows that count; -1 if the running statistics are not those of the data} */
    public long rows() {
        return provenance == null ? -1 : provenance.rows();
    }

    /** {@return the channels whose values are all the same number} Normalized, they are the bias, usually 0. */
    public int[] constantChannels() {
        return channels(c -> statistics.count(c) > 0 && statistics.populationVariance(c) == 0);
    }

    /** {@return the channels with NaN or infinite values} Unless these are ignored, their statistics are not finite. */
    public int[] nonFiniteChannels() {
        return channels(c -> statistics.nanCount(c) + statistics.infinityCount(c) > 0);
    }

    private int[] channels(IntPredicate which) {
        return IntStream.range(0, statistics.channels()).filter(which).toArray();
    }

    /** The counts in words, with the first of the channels. */
    @Override
    public String toString() {
        return (provenance == null ? "" : rows() + " rows, ") + statistics.channels() + " channels; constant: "
                + listed(constantChannels()) + "; with NaN or infinite values: " + listed(nonFiniteChannels());
    }

    private String listed(int[] channels) {
        List<String> names =
                Arrays.stream(channels).limit(MAX_LISTED).mapToObj(this::name).toList();
        return channels.length == 0
                ? "none"
                : String.join(", ", names)
                        + (channels.length > MAX_LISTED ? " and " + (channels.length - MAX_LISTED) + " more" : "");
    }

    private String name(int channel) {
        List<String> names = provenance == null ? null : provenance.columns();
        return names == null ? Integer.toString(channel) : names.get(channel);
    }
}
