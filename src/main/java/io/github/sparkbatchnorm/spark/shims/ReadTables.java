package io.github.sparkbatchnorm.spark.shims;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.apache.hadoop.fs.Path;
import org.apache.spark.deploy.SparkHadoopUtil;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.execution.datasources.HadoopFsRelation;
import org.apache.spark.sql.execution.datasources.LogicalRelation;
import scala.Option;
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

    /**
     * {@return the files that a data set reads because each was named itself} Files in a folder that was named, or that
     * fit a pattern, are not. Nor are several paths that are read together, or one in the text of a query: these may
     * have been a pattern. A folder that was named is among them.
     *
     * @param data of any tables, views and paths
     */
    public static Set<Path> namedFiles(Dataset<Row> data) {
        Set<Path> named = new LinkedHashSet<>();
        Set<Path> others = new LinkedHashSet<>();
        for (LogicalPlan leaf : leaves(data)) {
            if (leaf instanceof LogicalRelation relation && relation.relation() instanceof HadoopFsRelation files) {
                List<Path> roots = CollectionConverters.asJava(files.location().rootPaths());
                Option<String> path = files.options().get("path");
                boolean isNamed = path.isDefined()
                        && roots.size() == 1
                        && !SparkHadoopUtil.get().isGlobPath(new Path(path.get()));
                (isNamed ? named : others).addAll(roots);
            }
        }
        Set<Path> folders = Set.copyOf(named);
        named.removeIf(file -> others.contains(file) || isBelow(others, file) || isBelow(folders, file));
        return named;
    }

    private static boolean isBelow(Set<Path> folders, Path file) {
        for (Path p = file.getParent(); p != null; p = p.getParent()) {
            if (folders.contains(p)) {
                return true;
            }
        }
        return false;
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
