package io.github.sparkbatchnorm.regression;

import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.regression.exact.ExactMoments;
import io.github.sparkbatchnorm.spark.DatasetStatistics;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import java.math.BigDecimal;
import java.math.MathContext;

/**
 * Compares the moments of outputs in training mode with those that follow from the formula: mean bias, variance
 * weight^2 * var / (var + eps). Distances are relative to the largest output of the channel, or to the smallest normal
 * number where that is larger.
 */
final class OutputMoments {
    private static final MathContext DIGITS = MathContext.DECIMAL128;

    private final BatchNormState state;
    private final CaseReferences references;
    private final double smallest;
    private final WorstDistance worst = new WorstDistance();

    /** @param floats whether outputs are floats */
    OutputMoments(BatchNormState state, CaseReferences references, boolean floats) {
        this.state = state;
        this.references = references;
        this.smallest = floats ? Float.MIN_NORMAL : Double.MIN_NORMAL;
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
        if (!x.isFinite()) {
            keep(Double.isNaN(found.mean(channel)) ? 0 : Double.POSITIVE_INFINITY, batch, channel, found);
            return;
        }
        double largest = Math.max(Math.abs(found.min(channel)), Math.abs(found.max(channel)));
        double scale = Math.max(largest, smallest);
        double expected = variance(x, state.weight(channel), state.config().eps());
        double ofMean = Math.abs(found.mean(channel) - state.bias(channel)) / scale;
        double ofVariance =
                Math.abs(found.populationVariance(channel) - expected) / Math.max(scale * scale, Double.MIN_NORMAL);
        keep(Math.max(ofMean, ofVariance), batch, channel, found);
    }

    /** weight^2 * var / (var + eps), where var need not be a normal double. */
    private static double variance(ExactMoments x, double weight, double eps) {
        BigDecimal variance = x.exactVariance().toBigDecimal(DIGITS);
        BigDecimal sum = variance.add(new BigDecimal(eps));
        return sum.signum() == 0
                ? 0
                : new BigDecimal(weight)
                        .pow(2)
                        .multiply(variance)
                        .divide(sum, DIGITS)
                        .doubleValue();
    }

    private void keep(double distance, String batch, int channel, ChannelStatistics statistics) {
        worst.add(
                distance,
                batch,
                channel,
                "mean " + statistics.mean(channel) + ", variance " + statistics.populationVariance(channel));
    }

    /** The channel that is furthest away. */
    WorstDistance worst() {
        return worst;
    }
}
