package io.github.sparkbatchnorm.regression.audit;

import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.spark.DatasetGradients;
import io.github.sparkbatchnorm.spark.DatasetStatistics;
import io.github.sparkbatchnorm.spark.TensorDataset;
import io.github.sparkbatchnorm.spark.tensor.HandleInvalid;
import io.github.sparkbatchnorm.spark.tensor.TensorOptions;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;

/**
 * Asks this library, through its door. It has means and variances; its sum is a gradient: that of the bias is the sum
 * of dy. It has no deviations: the square root of a rounded variance may be a neighbour of the rounded root.
 */
final class OurAnswers {
    /** What the library has. */
    static final List<Quantity> QUANTITIES =
            List.of(Quantity.SUM, Quantity.MEAN, Quantity.POPULATION_VARIANCE, Quantity.SAMPLE_VARIANCE);

    private static final String SAMPLES = "audit_x";
    private static final String GRADIENTS = "audit_dy";

    private OurAnswers() {}

    /**
     * Asks once.
     *
     * @return the answers by group; groups without values are left out
     */
    static Map<String, AuditAnswer> of(Quantity quantity, AuditData data) {
        if (quantity == Quantity.SUM) {
            return sums(data);
        }
        Map<String, AuditAnswer> answers = new HashMap<>();
        statistics(data).forEach((group, statistics) -> answers.put(group, AuditAnswer.of(of(quantity, statistics))));
        return answers;
    }

    private static double of(Quantity quantity, ChannelStatistics statistics) {
        return switch (quantity) {
            case MEAN -> statistics.mean(0);
            case POPULATION_VARIANCE -> statistics.populationVariance(0);
            case SAMPLE_VARIANCE -> statistics.sampleVariance(0);
            default -> throw new IllegalArgumentException(quantity + " is none of the statistics");
        };
    }

    private static Map<String, ChannelStatistics> statistics(AuditData data) {
        DatasetStatistics statistics = TensorDataset.of(
                        data.rows(),
                        data.byGroup(TensorOptions.channelColumns(List.of(data.column()))
                                .withHandleInvalid(HandleInvalid.KEEP)))
                .statistics();
        if (!statistics.isByBatch()) {
            return Map.of(ExactGroups.WHOLE, statistics.whole());
        }
        Map<String, ChannelStatistics> groups = new HashMap<>();
        for (DatasetStatistics.Batch batch : statistics.batches()) {
            if (batch.statistics().count(0) > 0) {
                groups.put(String.valueOf(batch.key()), batch.statistics());
            }
        }
        return groups;
    }

    private static Map<String, AuditAnswer> sums(AuditData data) {
        Dataset<Row> pairs = data.rows()
                .where(functions.col(data.column()).isNotNull())
                .withColumn(GRADIENTS, functions.col(data.column()))
                .withColumn(SAMPLES, functions.lit(0.0));
        DatasetGradients gradients = TensorDataset.of(
                        pairs, data.byGroup(TensorOptions.channelColumns(List.of(SAMPLES))))
                .backward(List.of(GRADIENTS))
                .evaluationGradients(BatchNormState.initial(1, BatchNormConfig.DEFAULT));
        if (!gradients.isByBatch()) {
            return Map.of(ExactGroups.WHOLE, AuditAnswer.of(gradients.whole().bias(0)));
        }
        Map<String, AuditAnswer> groups = new HashMap<>();
        for (DatasetGradients.Batch batch : gradients.batches()) {
            groups.put(
                    String.valueOf(batch.key()),
                    AuditAnswer.of(batch.gradients().bias(0)));
        }
        return groups;
    }
}
