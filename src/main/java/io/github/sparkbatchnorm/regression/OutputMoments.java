package io.github.sparkbatchnorm.regression;

import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.regression.exact.ExactMoments;
import io.github.sparkbatchnorm.spark.DatasetStatistics;
import io.github.sparkbatchnorm.stats.ChannelStatistics;

/**
 * Compares the moments of outputs in training mode with those that follow from the formula: mean bias, variance
 * weight^2 * var / (var + eps). Distances are relative to the largest output of the channel.
 */
final class OutputMoments {
    private final BatchNormState state;
    private final CaseReferences references;
    private long compared;
    private double distance;
    private String worst = "";

    OutputMoments(BatchNormState state, CaseReferences references) {
        this.state = state;
        this.references = references;
    }

    void add(DatasetStatistics.Batch batch) {
        String key = batch.key() == null ? "" : batch.key().toString();
        if (references.batches().contains(key)) {
            for (int c = 0; c < references.channels(); c++) {
                add(key, c, batch.statistics(), references.moments(key, c));
            }
        }
    }

    private void add(String batch, int channel, ChannelStatistics found, ExactMoments x) {
        compared++;
        if (!x.isFinite()) {
            keep(Double.isNaN(found.mean(channel)) ? 0 : Double.POSITIVE_INFINITY, batch, channel, found);
            return;
        }
        double largest = Math.max(Math.abs(found.min(channel)), Math.abs(found.max(channel)));
        double scale = largest == 0 ? 1 : largest;
        double variance = x.variance();
        double sum = variance + state.config().eps();
        double weight = state.weight(channel);
        double expected = sum == 0 ? 0 : weight * weight * (variance / sum);
        double ofMean = Math.abs(found.mean(channel) - state.bias(channel)) / scale;
        double ofVariance = Math.abs(found.populationVariance(channel) - expected) / (scale * scale);
        keep(Math.max(ofMean, ofVariance), batch, channel, found);
    }

    private void keep(double found, String batch, int channel, ChannelStatistics statistics) {
        if (!(found <= distance)) {
            distance = found;
            worst = (batch.isEmpty() ? "" : "batch " + batch + ", ") + "channel " + channel + ": mean "
                    + statistics.mean(channel) + ", variance " + statistics.populationVariance(channel);
        }
    }

    long compared() {
        return compared;
    }

    double distance() {
        return distance;
    }

    String worst() {
        return worst;
    }
}
