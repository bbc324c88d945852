package io.github.sparkbatchnorm.spark.shims;

import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Set;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.execution.FileRelation;
import org.apache.spark.sql.execution.datasources.LogicalRelation;
import scala.jdk.javaapi.CollectionConverters;

/**
 * The files that a query reads.
 *
 * <p>{@link Dataset#inputFiles} leaves out those of subqueries, such as a view's. To find these takes the plan, which
 * is internal API of Spark.
 */
public final class ScannedFiles {
    private ScannedFiles() {}

    /** Their addresses, as {@link Dataset#inputFiles} has them. */
    public static Set<String> of(Dataset<Row> data) {
        Set<String> files = new LinkedHashSet<>(Arrays.asList(data.inputFiles()));
        LogicalPlan query = data.queryExecution().optimizedPlan();
        for (LogicalPlan subquery : CollectionConverters.asJava(query.subqueriesAll())) {
            for (LogicalPlan leaf : CollectionConverters.asJava(subquery.collectLeaves())) {
                if (leaf instanceof LogicalRelation relation && relation.relation() instanceof FileRelation read) {
                    files.addAll(Arrays.asList(read.inputFiles()));
                }
            }
        }
        return files;
    }
}
