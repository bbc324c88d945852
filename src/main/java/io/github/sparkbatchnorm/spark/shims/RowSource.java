package io.github.sparkbatchnorm.spark.shims;

import java.util.Arrays;
import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.ExprId;
import org.apache.spark.sql.execution.ColumnarToRowExec;
import org.apache.spark.sql.execution.InputAdapter;
import org.apache.spark.sql.execution.ProjectExec;
import org.apache.spark.sql.execution.SparkPlan;
import org.apache.spark.sql.execution.WholeStageCodegenExec;
import org.apache.spark.sql.vectorized.ColumnVector;
import org.apache.spark.sql.vectorized.ColumnarBatch;
import org.jspecify.annotations.Nullable;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;

/**
 * The rows of a data set as Spark holds them, without a conversion to {@link Row}; where the source reads columns, as
 * Parquet's does, its columnar batches.
 *
 * <p>Physical plans and {@code queryExecution().toRdd()} are internal API. The public ways to the same arrays box each
 * element or copy it through a bean, and cost about as much again as the scan; and rows are made of columnar batches by
 * a copy, element by element, that costs more than the sums.
 */
public final class RowSource {
    private final SparkPlan plan;

    public RowSource(Dataset<Row> data) {
        plan = data.queryExecution().executedPlan();
    }

    /** Rows that the next call of the iterator overwrites. */
    public JavaRDD<InternalRow> rows() {
        return plan.execute().toJavaRDD();
    }

    /** The columns of the data set, in their order; null where the source gives rows or something is done to them. */
    @Nullable
    public JavaRDD<ColumnarBatch> batches() {
        SparkPlan top = plan instanceof WholeStageCodegenExec stage ? stage.child() : plan;
        if (top instanceof ProjectExec project && onlySelects(project)) {
            top = project.child();
        }
        if (!(top instanceof ColumnarToRowExec toRow)) {
            return null;
        }
        SparkPlan source = toRow.child() instanceof InputAdapter input ? input.child() : toRow.child();
        List<ExprId> read = ids(source.output());
        int[] ordinals = ids(plan.output()).stream().mapToInt(read::indexOf).toArray();
        return source.executeColumnar().toJavaRDD().map(batch -> select(batch, ordinals));
    }

    private static boolean onlySelects(ProjectExec project) {
        return CollectionConverters.asJava(project.projectList()).stream().allMatch(Attribute.class::isInstance);
    }

    private static List<ExprId> ids(Seq<Attribute> attributes) {
        return CollectionConverters.asJava(attributes).stream()
                .map(Attribute::exprId)
                .toList();
    }

    private static ColumnarBatch select(ColumnarBatch batch, int[] ordinals) {
        ColumnVector[] columns = Arrays.stream(ordinals).mapToObj(batch::column).toArray(ColumnVector[]::new);
        return new ColumnarBatch(columns, batch.numRows());
    }
}
