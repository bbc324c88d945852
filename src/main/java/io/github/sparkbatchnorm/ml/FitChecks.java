package io.github.sparkbatchnorm.ml;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.spark.DatasetStatistics;
import io.github.sparkbatchnorm.spark.TensorDataset;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongBiFunction;

/**
 * The checks of what {@link BatchNorm} found in its data: where nothing is fitted to, the running statistics would be
 * those of a new layer, mean 0 and variance 1, without a word.
 *
 * @param x the data
 * @param statistics of its batches
 */
record FitChecks(TensorDataset x, DatasetStatistics statistics) {
    private static final int MAX_LISTED = 10;

    /**
     * Checks that each channel has a value.
     *
     * @throws BatchNormException if one has none that counts
     */
    void requireValues() {
        long[] counts = sums(ChannelStatistics::count);
        List<Integer> empty = new ArrayList<>();
        for (int c = 0; c < counts.length; c++) {
            if (counts[c] == 0) {
                empty.add(c);
            }
        }
        if (!empty.isEmpty()) {
            throw new BatchNormException(x + ": no " + (x.nonFinite() == NonFinitePolicy.IGNORE ? "finite " : "")
                    + "values to fit to in " + channels(empty, "any")
                    + "; expected one or more in each channel: check the rows,"
                    + " where and handleInvalid, or set initialState to keep its statistics");
        }
    }

    /**
     * Checks that each batch can tell a variance.
     *
     * @throws BatchNormException if a channel of a batch has one value only
     */
    void requireMoreThanOneValue() {
        for (DatasetStatistics.Batch batch : statistics.batches()) {
            try {
                BatchNormState.requireMoreThanOneValue(batch.statistics(), batch.key());
            } catch (BatchNormException e) {
                throw new BatchNormException(
                        e.getMessage() + "; " + x + ": expected two values or more in each channel"
                                + (statistics.isByBatch()
                                        ? " of each batch: check batchCol"
                                        : ", or set preset to standard-scaler or sklearn, which take one"),
                        e);
            }
        }
    }

    /**
     * Checks that a batch is left.
     *
     * @param state after the batches, which began as that of a new layer
     * @throws BatchNormException if all batches were skipped
     */
    void requireBatch(BatchNormState state) {
        if (state.numBatchesTracked() > 0) {
            return;
        }
        long[] counts = sums((batch, c) -> batch.nanCount(c) + batch.infinityCount(c));
        List<Integer> skipped = new ArrayList<>();
        for (int c = 0; c < counts.length; c++) {
            if (counts[c] > 0) {
                skipped.add(c);
            }
        }
        throw new BatchNormException(
                x + ": NaN or infinite values in " + channels(skipped, "every") + ", and nonFinite skip-batch"
                        + (statistics.isByBatch()
                                ? " skips every batch; set nonFinite to ignore"
                                : " skips all data, which is one batch; set batchCol, or nonFinite to ignore"));
    }

    private long[] sums(ToLongBiFunction<ChannelStatistics, Integer> of) {
        long[] sums = new long[statistics.channels()];
        for (DatasetStatistics.Batch batch : statistics.batches()) {
            for (int c = 0; c < sums.length; c++) {
                sums[c] += of.applyAsLong(batch.statistics(), c);
            }
        }
        return sums;
    }

    /** @param all the word for all channels */
    private String channels(List<Integer> some, String all) {
        if (some.size() == statistics.channels()) {
            return all + " channel";
        }
        List<String> names = some.stream().limit(MAX_LISTED).map(x::channelName).toList();
        return "channel " + String.join(", ", names)
                + (some.size() > MAX_LISTED ? " and " + (some.size() - MAX_LISTED) + " more" : "");
    }
}
