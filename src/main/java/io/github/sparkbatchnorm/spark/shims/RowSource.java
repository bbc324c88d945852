package io.github.sparkbatchnorm.spark.shims;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.ExprId;
import org.apache.spark.sql.execution.ColumnarToRowExec;
import org.apache.spark.sql.execution.FileSourceScanExec;
import org.apache.spark.sql.execution.InputAdapter;
import org.apache.spark.sql.execution.ProjectExec;
import org.apache.spark.sql.execution.SparkPlan;
import org.apache.spark.sql.execution.WholeStageCodegenExec;
import org.apache.spark.sql.execution.datasources.v2.BatchScanExec;
import org.jspecify.annotations.Nullable;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;

/**
 * The rows of a data set in Spark's internal form, or its columnar batches where Spark itself reads columns.
 *
 * <p>Physical plans and {@code queryExecution().toRdd()} are internal API. The public ways to the same arrays box each
 * element or copy it through a bean, and cost about as much again as the scan; and Spark makes rows of columnar batches
 * by copying each element, which costs more than the sums.
 *
 * <p>Only plans whose nodes are all Spark's own are read by batches. An engine that replaces the scan or the change
 * from columns to rows (RAPIDS, Gluten, Comet) has vectors that perhaps only its own nodes can read: such a plan is
 * executed as it is, by rows.
 */
public final class RowSource {
    /** Spark's scans of columns. A subclass would be another engine's. Spark reads its cache by rows. */
    private static final Set<Class<? extends SparkPlan>> SCANS = Set.of(FileSourceScanExec.class, BatchScanExec.class);

    private final SparkPlan plan;

    /** @param data whose rows are read */
    public RowSource(Dataset<Row> data) {
        SparkPlan wide = WidePlan.isWide(data) ? WidePlan.of(data) : null;
        plan = wide == null || scan(wide) == null ? data.queryExecution().executedPlan() : wide;
    }

    /**
     * The rows as the plan gives them.
     *
     * @return rows that the next call of the iterator overwrites
     */
    public JavaRDD<InternalRow> rows() {
        return plan.execute().toJavaRDD();
    }

    /**
     * The columnar batches of the data set, with its columns in their order.
     *
     * @return null if the source gives rows, if an operator changes them, or if a node of the plan is not Spark's own
     */
    @Nullable
    public JavaRDD<SourceBatch> batches() {
        SparkPlan scan = scan(plan);
        if (scan == null) {
            return null;
        }
        Map<ExprId, Integer> read = new HashMap<>();
        ids(scan.output()).forEach(id -> read.put(id, read.size()));
        int[] ordinals = ids(plan.output()).stream().mapToInt(read::get).toArray();
        BatchColumns columns = new BatchColumns(ordinals, plan.schema());
        return scan.executeColumnar().toJavaRDD().mapPartitions(columns::select);
    }

    /** The scan of Spark's own whose columns, perhaps in another order, are all that a plan gives; null without one. */
    private static @Nullable SparkPlan scan(SparkPlan plan) {
        SparkPlan top = plan instanceof WholeStageCodegenExec stage ? stage.child() : plan;
        if (top instanceof ProjectExec project && onlySelects(project)) {
            top = project.child();
        }
        if (!top.getClass().equals(ColumnarToRowExec.class)) {
            return null;
        }
        SparkPlan child = ((ColumnarToRowExec) top).child();
        SparkPlan scan = child instanceof InputAdapter input ? input.child() : child;
        return SCANS.contains(scan.getClass()) ? scan : null;
    }

    private static boolean onlySelects(ProjectExec project) {
        return CollectionConverters.asJava(project.projectList()).stream().allMatch(Attribute.class::isInstance);
    }

    private static List<ExprId> ids(Seq<Attribute> attributes) {
        return CollectionConverters.asJava(attributes).stream()
                .map(Attribute::exprId)
                .toList();
    }
}
