package io.github.sparkbatchnorm.spark.shims;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.execution.datasources.HadoopFsRelation;
import org.apache.spark.sql.execution.datasources.LogicalRelation;
import scala.jdk.javaapi.CollectionConverters;

/** The tables that a data set reads, through views and in subqueries too. */
public final class ReadTables {
    private ReadTables() {}

    /**
     * {@return whether a data set reads a table by its name}
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

    /**
     * {@return the files and folders of the tables that a data set reads, as they were named; those of sources of Spark
     * only}
     *
     * @param data of any tables, views and paths
     */
    public static Set<Path> places(Dataset<Row> data) {
        Set<Path> places = new LinkedHashSet<>();
        for (LogicalPlan leaf : leaves(data)) {
            if (leaf instanceof LogicalRelation relation && relation.relation() instanceof HadoopFsRelation files) {
                places.addAll(CollectionConverters.asJava(files.location().rootPaths()));
            }
        }
        return places;
    }

    private static List<LogicalPlan> leaves(Dataset<Row> data) {
        LogicalPlan query = ((org.apache.spark.sql.classic.Dataset<Row>) data)
                .queryExecution()
                .analyzed();
        List<LogicalPlan> leaves = new ArrayList<>(CollectionConverters.asJava(query.collectLeaves()));
        for (LogicalPlan subquery : CollectionConverters.asJava(query.subqueriesAll())) {
            leaves.addAll(CollectionConverters.asJava(subquery.collectLeaves()));
        }
        return leaves;
    }
}
