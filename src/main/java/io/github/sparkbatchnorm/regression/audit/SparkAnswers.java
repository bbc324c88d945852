package io.github.sparkbatchnorm.regression.audit;

import java.util.HashMap;
import java.util.Map;
import org.apache.spark.ml.feature.StandardScaler;
import org.apache.spark.ml.feature.StandardScalerModel;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;

/** Asks Spark, or whatever runs in its place. */
final class SparkAnswers {
    private static final String ANSWER = "answer";
    private static final String VECTOR = "vector";

    private SparkAnswers() {}

    /**
     * Asks once. Each aggregate is a query of its own: in a common one, an aggregate that an engine does not have would
     * take the others with it.
     *
     * @return the answers by group
     */
    static Map<String, AuditAnswer> of(AuditFunction function, AuditData data) {
        if (function.isScaler()) {
            return Map.of(ExactGroups.WHOLE, ofScaler(function, data));
        }
        Column numbers = functions.col(data.column());
        Column aggregate = function.aggregate(numbers).as(ANSWER);
        Dataset<Row> rows = function.isOfVectors() ? data.rows().where(numbers.isNotNull()) : data.rows();
        Map<String, AuditAnswer> answers = new HashMap<>();
        String group = data.group();
        if (group == null) {
            Row row = rows.agg(aggregate).collectAsList().get(0);
            answers.put(ExactGroups.WHOLE, AuditAnswer.ofValue(row.get(0)));
            return answers;
        }
        for (Row row : rows.groupBy(functions.col(group)).agg(aggregate).collectAsList()) {
            AuditAnswer answer = AuditAnswer.ofValue(row.get(1));
            answers.merge(String.valueOf(row.get(0)), answer, (one, other) -> AuditAnswer.TWICE);
        }
        return answers;
    }

    private static AuditAnswer ofScaler(AuditFunction function, AuditData data) {
        Column numbers = functions.col(data.column());
        Dataset<Row> vectors = data.rows()
                .where(numbers.isNotNull())
                .select(AuditFunction.vector(numbers).as(VECTOR));
        StandardScalerModel model = new StandardScaler()
                .setInputCol(VECTOR)
                .setWithMean(true)
                .setWithStd(true)
                .fit(vectors);
        return AuditAnswer.ofValue(function == AuditFunction.SCALER_MEAN ? model.mean() : model.std());
    }
}
