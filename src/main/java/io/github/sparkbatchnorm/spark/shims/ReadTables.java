package io.github.sparkbatchnorm.spark.shims;

import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import scala.jdk.javaapi.CollectionConverters;

/** The tables that a data set reads, through views too. */
public final class ReadTables {
    private ReadTables() {}

    /**
     * {@return whether a data set reads a table}
     *
     * @param data of any tables and views
     * @param table one of them, or another one
     */
    public static boolean contain(Dataset<Row> data, Dataset<Row> table) {
        for (LogicalPlan leaf : leaves(data)) {
            for (LogicalPlan of : leaves(table)) {
                if (leaf.sameResult(of)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static Iterable<LogicalPlan> leaves(Dataset<Row> data) {
        return CollectionConverters.asJava(((org.apache.spark.sql.classic.Dataset<Row>) data)
                .queryExecution()
                .analyzed()
                .collectLeaves());
    }
}
