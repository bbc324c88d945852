package io.github.sparkbatchnorm.spark.shims;

import java.util.Optional;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import scala.jdk.javaapi.CollectionConverters;

/** What Spark knows of a data set before it runs. */
public final class QueryPlans {
    private QueryPlans() {}

    /**
     * {@return an expression, in SQL, that makes a data set other rows each time that it is read; empty if Spark knows
     * of none}
     *
     * @param data that can be analyzed now
     */
    public static Optional<String> nondeterministic(Dataset<Row> data) {
        LogicalPlan plan = data.queryExecution().analyzed();
        return plan.deterministic()
                ? Optional.empty()
                : Optional.of(culprit(plan).map(Expression::sql).orElse("its plan"));
    }

    /**
     * Optimizes the plan of a data set, as an action will. Spark then computes what it can compute by then.
     *
     * @param data that can be analyzed now
     */
    public static void optimize(Dataset<Row> data) {
        data.queryExecution().optimizedPlan();
    }

    private static Optional<Expression> culprit(LogicalPlan plan) {
        for (Expression expression : CollectionConverters.asJava(plan.expressions())) {
            if (!expression.deterministic()) {
                return Optional.of(smallest(expression));
            }
        }
        return CollectionConverters.asJava(plan.children()).stream()
                .flatMap(child -> culprit(child).stream())
                .findFirst();
    }

    private static Expression smallest(Expression expression) {
        for (Expression child : CollectionConverters.asJava(expression.children())) {
            if (!child.deterministic()) {
                return smallest(child);
            }
        }
        return expression;
    }
}
