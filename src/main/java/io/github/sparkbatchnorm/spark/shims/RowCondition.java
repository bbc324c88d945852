package io.github.sparkbatchnorm.spark.shims;

import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.expressions.SubqueryExpression;
import org.apache.spark.sql.catalyst.plans.logical.Filter;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;

/** A condition on rows in SQL: checked, since two passes over the data must find the same rows. */
public final class RowCondition {
    private RowCondition() {}

    /**
     * {@return the rows that match a condition, which null does not}
     *
     * @param data with the columns that the condition names
     * @param condition in SQL
     * @throws IllegalArgumentException if the condition cannot be understood, is not of type boolean, has a subquery,
     *     or can have another value the next time
     */
    public static Dataset<Row> filter(Dataset<Row> data, String condition) {
        Dataset<Row> matching;
        DataType type;
        try {
            type = data.select(functions.expr(condition)).schema().fields()[0].dataType();
            if (!type.equals(DataTypes.BooleanType)) {
                throw new IllegalArgumentException(
                        "where '" + condition + "' is of type " + type.simpleString() + "; expected a boolean");
            }
            matching = data.filter(functions.expr(condition));
        } catch (Exception e) { // Scala throws checked exceptions without declaring them
            if (e instanceof AnalysisException) {
                throw new IllegalArgumentException("where '" + condition + "': "
                        + firstLine(String.valueOf(e.getMessage())) + "; expected a condition in SQL");
            }
            throw e;
        }
        LogicalPlan plan = matching.queryExecution().analyzed();
        if (plan instanceof Filter filter) {
            if (SubqueryExpression.hasSubquery(filter.condition())) {
                throw new IllegalArgumentException(
                        "where '" + condition + "' has a subquery; expected a condition on the columns of a row");
            }
            if (!filter.condition().deterministic()) {
                throw new IllegalArgumentException(
                        "where '" + condition
                                + "' is not deterministic; expected the same rows each time: write its value to a column before");
            }
        }
        return matching;
    }

    private static String firstLine(String message) {
        return message.lines()
                .filter(line -> !line.isBlank())
                .findFirst()
                .orElse("")
                .strip();
    }
}
