package io.github.sparkbatchnorm.regression.audit;

import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.spark.DatasetGradients;
import io.github.sparkbatchnorm.spark.DatasetStatistics;
import io.github.sparkbatchnorm.spark.TensorDataset;
import io.github.sparkbatchnorm.spark.tensor.HandleInvalid;
import io.github.sparkbatchnorm.spark.tensor.TensorOptions;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;

/**
 * The answers of this library, through its door, in two passes. It has means and variances; its sum is a gradient: that
 * of the bias is the sum of dy. It has no deviations: the square root of a rounded variance may be a neighbour of the
 * rounded root.
 */
final class OurAnswers {
    /** What the library has. */
    static final List<Quantity> QUANTITIES =
            List.of(Quantity.SUM, Quantity.MEAN, Quantity.POPULATION_VARIANCE, Quantity.SAMPLE_VARIANCE);

    private static final String SAMPLES = "audit_x";

    private final Map<String, ChannelStatistics> statistics = new HashMap<>();
    private final Map<String, double[]> sums = new HashMap<>();

    /** Asks once. */
    OurAnswers(AuditData data) {
        List<String> columns = new ArrayList<>();
        List<String> samples = new ArrayList<>();
        Dataset<Row> pairs = data.rows();
        for (AuditData.Input input : data.columns()) {
            columns.add(input.column());
            samples.add(SAMPLES + samples.size());
            pairs = pairs.withColumn(samples.get(samples.size() - 1), functions.lit(0.0));
        }
        askStatistics(TensorDataset.of(data.rows(), options(data, columns)));
        askSums(TensorDataset.of(pairs, options(data, samples)), columns);
    }

    private static TensorOptions options(AuditData data, List<String> columns) {
        return data.byGroup(TensorOptions.channelColumns(columns).withHandleInvalid(HandleInvalid.KEEP));
    }

    private void askStatistics(TensorDataset x) {
        DatasetStatistics found = x.statistics();
        if (found.isByBatch()) {
            found.batches().forEach(batch -> statistics.put(String.valueOf(batch.key()), batch.statistics()));
        } else {
            statistics.put(ExactGroups.WHOLE, found.whole());
        }
    }

    private void askSums(TensorDataset zeros, List<String> columns) {
        BatchNormState state = BatchNormState.initial(columns.size(), BatchNormConfig.DEFAULT);
        DatasetGradients found = zeros.backward(columns).evaluationGradients(state);
        if (found.isByBatch()) {
            found.batches()
                    .forEach(batch -> sums.put(
                            String.valueOf(batch.key()), batch.gradients().bias()));
        } else {
            sums.put(ExactGroups.WHOLE, found.whole().bias());
        }
    }

    /**
     * The answers for a column, by group.
     *
     * @throws IllegalArgumentException if the library has no such number
     */
    Map<String, AuditAnswer> of(Quantity quantity, int column) {
        Map<String, AuditAnswer> answers = new HashMap<>();
        if (quantity == Quantity.SUM) {
            sums.forEach((group, sum) -> answers.put(group, AuditAnswer.of(sum[column])));
        } else {
            statistics.forEach((group, s) -> answers.put(group, AuditAnswer.of(of(quantity, s, column))));
        }
        return answers;
    }

    private static double of(Quantity quantity, ChannelStatistics statistics, int column) {
        return switch (quantity) {
            case MEAN -> statistics.mean(column);
            case POPULATION_VARIANCE -> statistics.populationVariance(column);
            case SAMPLE_VARIANCE -> statistics.sampleVariance(column);
            default -> throw new IllegalArgumentException(quantity + " is none of the statistics");
        };
    }
}
