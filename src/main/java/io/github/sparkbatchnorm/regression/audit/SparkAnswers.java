package io.github.sparkbatchnorm.regression.audit;

import static org.apache.spark.ml.functions.array_to_vector;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.spark.ml.feature.StandardScaler;
import org.apache.spark.ml.feature.StandardScalerModel;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.stat.Summarizer;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;

/** What Spark, or whatever runs in its place, answered to one query. */
final class SparkAnswers {
    private static final String VECTOR = "audit_vector";

    /** For each function and column the answers by group. */
    private final Map<AuditFunction, List<Map<String, AuditAnswer>>> answers = new EnumMap<>(AuditFunction.class);

    /**
     * Asks.
     *
     * @param asked one function of SQL, since in a common query a function that an engine does not have would take the
     *     others with it; or those of {@link AuditFunction#SUMMARIZER} or {@link AuditFunction#SCALER}
     */
    SparkAnswers(List<AuditFunction> asked, AuditData data) {
        for (AuditFunction function : asked) {
            List<Map<String, AuditAnswer>> columns = new ArrayList<>();
            data.columns().forEach(column -> columns.add(new HashMap<>()));
            answers.put(function, columns);
        }
        if (asked.equals(AuditFunction.SUMMARIZER)) {
            askSummarizer(data);
        } else if (asked.equals(AuditFunction.SCALER)) {
            askScaler(data);
        } else {
            askSql(asked.get(0), data);
        }
    }

    /** The answers for a column, by group, to a function that was asked. */
    Map<String, AuditAnswer> of(AuditFunction function, int column) {
        return Objects.requireNonNull(answers.get(function)).get(column);
    }

    private void askSql(AuditFunction function, AuditData data) {
        List<Column> aggregates = new ArrayList<>();
        data.columns().forEach(input -> aggregates.add(function.aggregate(input.numbers())));
        for (Row row : aggregate(data.rows(), data, aggregates)) {
            int first = row.size() - aggregates.size();
            for (int c = 0; c < aggregates.size(); c++) {
                put(function, c, group(row, first), AuditAnswer.ofValue(row.get(first + c)));
            }
        }
    }

    private void askSummarizer(AuditData data) {
        Column summary = Summarizer.metrics("mean", "variance").summary(functions.col(VECTOR));
        for (Row row : aggregate(vectors(data), data, List.of(summary))) {
            int place = row.size() - 1;
            Row found = row.getStruct(place);
            put(AuditFunction.SUMMARIZER_MEAN, group(row, place), found.getAs("mean"));
            put(AuditFunction.SUMMARIZER_VARIANCE, group(row, place), found.getAs("variance"));
        }
    }

    private void askScaler(AuditData data) {
        StandardScalerModel model = new StandardScaler()
                .setInputCol(VECTOR)
                .setWithMean(true)
                .setWithStd(true)
                .fit(vectors(data));
        put(AuditFunction.SCALER_MEAN, ExactGroups.WHOLE, model.mean());
        put(AuditFunction.SCALER_STD, ExactGroups.WHOLE, model.std());
    }

    /** The rows without a null, with the columns as the elements of a vector. */
    private static Dataset<Row> vectors(AuditData data) {
        Dataset<Row> rows = data.rows();
        List<Column> elements = new ArrayList<>();
        for (AuditData.Input input : data.columns()) {
            rows = rows.where(input.numbers().isNotNull());
            elements.add(input.numbers().cast("double"));
        }
        return rows.withColumn(VECTOR, array_to_vector(functions.array(elements.toArray(Column[]::new))));
    }

    /** The rows of a result: the group, if there are groups, and the aggregates. */
    private static List<Row> aggregate(Dataset<Row> rows, AuditData data, List<Column> aggregates) {
        String group = data.group();
        Column[] by = group == null ? new Column[0] : new Column[] {functions.col(group)};
        Column[] others = aggregates.subList(1, aggregates.size()).toArray(Column[]::new);
        return rows.groupBy(by).agg(aggregates.get(0), others).collectAsList();
    }

    /** The group in a row of a result whose first aggregate is at a place. */
    private static String group(Row row, int first) {
        return first == 0 ? ExactGroups.WHOLE : String.valueOf(row.get(0));
    }

    private void put(AuditFunction function, String group, Vector vector) {
        for (int c = 0; c < vector.size(); c++) {
            put(function, c, group, AuditAnswer.of(vector.apply(c)));
        }
    }

    private void put(AuditFunction function, int column, String group, AuditAnswer answer) {
        of(function, column).merge(group, answer, (one, other) -> AuditAnswer.TWICE);
    }
}
