package io.github.sparkbatchnorm.regression;

import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.regression.exact.ChannelReference;
import io.github.sparkbatchnorm.regression.exact.ExactMoments;
import io.github.sparkbatchnorm.regression.exact.PairMoments;
import io.github.sparkbatchnorm.regression.generate.ExpectedStatistics;
import io.github.sparkbatchnorm.regression.rows.BatchRows;
import io.github.sparkbatchnorm.regression.rows.PairSumsPass;
import io.github.sparkbatchnorm.regression.rows.References;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.jspecify.annotations.Nullable;

/** The exact numbers that a case is compared with, for as many batches as the driver can hold. */
final class CaseReferences {
    /** Batches times channels that are compared. */
    private static final int MOST_CHANNELS = 20_000;

    private final CaseData data;
    private final @Nullable ExpectedStatistics closedForm;
    private final int channels;
    private final Set<String> batches;
    private final boolean complete;
    private @Nullable Map<String, List<PairMoments>> pairs;

    /**
     * Chooses the batches.
     *
     * @param data whose references are meant
     * @param closedForm of generated data; null for others
     * @param keys of all batches
     * @param channels C
     */
    CaseReferences(CaseData data, @Nullable ExpectedStatistics closedForm, Set<String> keys, int channels) {
        this.data = data;
        this.closedForm = closedForm;
        this.channels = channels;
        int most = Math.max(1, MOST_CHANNELS / channels);
        int step = (keys.size() + most - 1) / most;
        this.batches = new LinkedHashSet<>();
        int i = 0;
        for (String key : keys) {
            if (i++ % step == 0) {
                batches.add(key);
            }
        }
        this.complete = batches.size() == keys.size();
    }

    int channels() {
        return channels;
    }

    /** The keys of the batches that are compared. */
    Set<String> batches() {
        return batches;
    }

    /** Whether these are all batches. */
    boolean isComplete() {
        return complete;
    }

    /** The rows of these batches, with their keys. */
    Dataset<Row> rows(Dataset<Row> all) {
        return BatchRows.of(all, data.batchColumn(), complete ? null : batches);
    }

    /** The exact moments of a channel of a batch. */
    ExactMoments moments(String batch, int channel) {
        return closedForm == null
                ? pair(batch, channel).first()
                : closedForm.moments(batch.isEmpty() ? 0 : Long.parseLong(batch), channel);
    }

    /** The exact sums of a channel's values and gradients; of the values with themselves without gradients. */
    PairMoments pair(String batch, int channel) {
        if (pairs == null) {
            pairs = PairSumsPass.run(rows(data.rows()), data.x(), data.dy(), channels);
        }
        List<PairMoments> ofBatch = pairs.get(batch);
        return ofBatch == null
                ? new PairMoments(ExactMoments.NONE, ExactMoments.NONE, BigDecimal.ZERO)
                : ofBatch.get(channel);
    }

    /** The formulas of training. */
    References training(BatchNormState state, boolean withGradients) {
        double eps = state.config().eps();
        Map<String, ChannelReference[]> byBatch = new HashMap<>();
        for (String batch : batches) {
            ChannelReference[] ofBatch = new ChannelReference[channels];
            for (int c = 0; c < channels; c++) {
                ofBatch[c] = withGradients
                        ? ChannelReference.training(pair(batch, c), state.weight(c), state.bias(c), eps)
                        : ChannelReference.training(moments(batch, c), state.weight(c), state.bias(c), eps);
            }
            byBatch.put(batch, ofBatch);
        }
        return References.byBatch(byBatch);
    }

    /** The formulas of evaluation. */
    References evaluation(BatchNormState state) {
        ChannelReference[] ofAll = new ChannelReference[channels];
        for (int c = 0; c < channels; c++) {
            ofAll[c] = ChannelReference.evaluation(
                    runningMean(state, c),
                    Objects.requireNonNull(state.runningVar())[c],
                    state.weight(c),
                    state.bias(c),
                    state.config().eps());
        }
        return References.ofAll(ofAll);
    }

    /** A running mean with its low part; null if it is not finite. */
    static @Nullable BigDecimal runningMean(BatchNormState state, int channel) {
        double high = Objects.requireNonNull(state.runningMean())[channel];
        double low = Objects.requireNonNull(state.runningMeanLow())[channel];
        return Double.isFinite(high) ? new BigDecimal(high).add(new BigDecimal(low)) : null;
    }

    /** The sums of results with the values that they are of. */
    Map<String, List<PairMoments>> pairsWith(Dataset<Row> output, List<String> results) {
        return PairSumsPass.run(rows(output), data.x(), data.columnsOf(results), channels);
    }
}
