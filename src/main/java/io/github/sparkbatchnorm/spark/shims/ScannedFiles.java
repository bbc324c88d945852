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
 * <p>{@link Dataset#inputFiles} leaves out the files of subqueries, such as those in a view. Only the plan tells them,
 * which is internal API of Spark.
 */
public final class ScannedFiles {
    private ScannedFiles() {}

    /**
     * {@return the addresses of the files, in the form of {@link Dataset#inputFiles}}
     *
     * @param data the query
     */
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
