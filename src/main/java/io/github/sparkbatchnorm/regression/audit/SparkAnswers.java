package io.github.sparkbatchnorm.regression.audit;

import static org.apache.spark.ml.functions.array_to_vector;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.ml.feature.StandardScaler;
import org.apache.spark.ml.feature.StandardScalerModel;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.jspecify.annotations.Nullable;

/**
 * Asks Spark, or whatever runs in its place. Each function is a query of its own: in a common one, a function that an
 * engine does not have would take the others with it.
 */
final class SparkAnswers {
    private static final String VECTOR = "audit_vector";

    private SparkAnswers() {}

    /**
     * Asks an aggregate of numbers once.
     *
     * @return the answers for each column, by group
     */
    static List<Map<String, AuditAnswer>> ofNumbers(AuditFunction function, AuditData data) {
        Column[] aggregates = data.columns().stream()
                .map(input -> function.aggregate(input.numbers()))
                .toArray(Column[]::new);
        List<Map<String, AuditAnswer>> answers = none(aggregates.length);
        for (Row row : aggregate(data.rows(), data.group(), aggregates)) {
            String group = group(row, aggregates.length);
            int first = row.size() - aggregates.length;
            for (int c = 0; c < aggregates.length; c++) {
                put(answers.get(c), group, AuditAnswer.ofValue(row.get(first + c)));
            }
        }
        return answers;
    }

    /**
     * Asks a function of vectors once. Rows with a null in any column are left out.
     *
     * @param data its columns are the elements of the vectors
     * @return the answers for each column, by group
     */
    static List<Map<String, AuditAnswer>> ofVectors(AuditFunction function, AuditData data) {
        Column[] numbers = data.columns().stream().map(AuditData.Input::numbers).toArray(Column[]::new);
        Dataset<Row> rows = data.rows();
        for (Column column : numbers) {
            rows = rows.where(column.isNotNull());
        }
        rows = rows.withColumn(VECTOR, array_to_vector(functions.array(numbers).cast("array<double>")));
        List<Map<String, AuditAnswer>> answers = none(numbers.length);
        if (function.isScaler()) {
            putAll(answers, ExactGroups.WHOLE, ofScaler(function, rows));
            return answers;
        }
        for (Row row : aggregate(rows, data.group(), function.aggregate(functions.col(VECTOR)))) {
            putAll(answers, group(row, 1), row.getAs(row.size() - 1));
        }
        return answers;
    }

    /** The rows of a result: the group, if there are groups, and the aggregates. */
    private static List<Row> aggregate(Dataset<Row> rows, @Nullable String group, Column... aggregates) {
        Column[] others = Arrays.copyOfRange(aggregates, 1, aggregates.length);
        Column[] by = group == null ? new Column[0] : new Column[] {functions.col(group)};
        return rows.groupBy(by).agg(aggregates[0], others).collectAsList();
    }

    private static Vector ofScaler(AuditFunction function, Dataset<Row> rows) {
        StandardScalerModel model = new StandardScaler()
                .setInputCol(VECTOR)
                .setWithMean(true)
                .setWithStd(true)
                .fit(rows);
        return function == AuditFunction.SCALER_MEAN ? model.mean() : model.std();
    }

    private static void putAll(List<Map<String, AuditAnswer>> answers, String group, Vector vector) {
        for (int c = 0; c < answers.size(); c++) {
            put(answers.get(c), group, AuditAnswer.of(vector.apply(c)));
        }
    }

    private static void put(Map<String, AuditAnswer> answers, String group, AuditAnswer answer) {
        answers.merge(group, answer, (one, other) -> AuditAnswer.TWICE);
    }

    /** The group in a row of a result with so many aggregates. */
    private static String group(Row row, int aggregates) {
        return row.size() == aggregates ? ExactGroups.WHOLE : String.valueOf(row.get(0));
    }

    private static List<Map<String, AuditAnswer>> none(int columns) {
        List<Map<String, AuditAnswer>> answers = new ArrayList<>();
        for (int c = 0; c < columns; c++) {
            answers.add(new HashMap<>());
        }
        return answers;
    }
}
