package io.github.sparkbatchnorm.spark.shims;

import java.util.Iterator;
import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.SparkSessionExtensions;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.UnsafeProjection;
import org.apache.spark.sql.catalyst.rules.Rule;
import org.apache.spark.sql.execution.ColumnarRule;
import org.apache.spark.sql.execution.ColumnarToRowExec;
import org.apache.spark.sql.execution.FileSourceScanExec;
import org.apache.spark.sql.execution.SparkPlan;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.vectorized.ColumnarBatch;
import scala.collection.immutable.IndexedSeq;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;
import scala.runtime.AbstractPartialFunction;
import scala.runtime.BoxedUnit;

/** An engine that puts nodes of its own into plans by a columnar rule, as RAPIDS, Gluten and Comet do. */
final class ForeignEngine extends ColumnarRule {
    private final ForeignVectors vectors;
    private final boolean ownRows;

    /**
     * @param vectors of its scan
     * @param ownRows whether it has a node of its own that makes rows of them; else Spark's does it
     */
    ForeignEngine(ForeignVectors vectors, boolean ownRows) {
        this.vectors = vectors;
        this.ownRows = ownRows;
    }

    BoxedUnit install(SparkSessionExtensions extensions) {
        extensions.injectColumnar(session -> this);
        return BoxedUnit.UNIT;
    }

    @Override
    public Rule<SparkPlan> preColumnarTransitions() {
        return replacing(FileSourceScanExec.class, scan -> new Scan(scan, vectors));
    }

    @Override
    public Rule<SparkPlan> postColumnarTransitions() {
        return replacing(
                ColumnarToRowExec.class,
                toRow -> ownRows && toRow.child() instanceof Scan scan ? new ToRow(scan) : toRow);
    }

    private static <P extends SparkPlan> Rule<SparkPlan> replacing(
            Class<P> type, java.util.function.Function<P, SparkPlan> replacement) {
        return new Rule<>() {
            @Override
            public SparkPlan apply(SparkPlan plan) {
                return plan.transformUp(new AbstractPartialFunction<>() {
                    private static final long serialVersionUID = 1L;

                    @Override
                    public boolean isDefinedAt(SparkPlan node) {
                        return type.isInstance(node);
                    }

                    @Override
                    public SparkPlan apply(SparkPlan node) {
                        return replacement.apply(type.cast(node));
                    }
                });
            }
        };
    }

    /** Reads columns, and nothing else. */
    public static final class Scan extends SparkPlan {
        private static final long serialVersionUID = 1L;

        private final transient FileSourceScanExec scan;
        private final ForeignVectors vectors;

        public Scan(FileSourceScanExec scan, ForeignVectors vectors) {
            this.scan = scan;
            this.vectors = vectors;
        }

        @Override
        public boolean supportsColumnar() {
            return true;
        }

        @Override
        public RDD<ColumnarBatch> doExecuteColumnar() {
            ForeignVectors wrapping = vectors;
            return scan.executeColumnar().toJavaRDD().map(wrapping::wrap).rdd();
        }

        @Override
        public RDD<InternalRow> doExecute() {
            throw new UnsupportedOperationException("columns only");
        }

        @Override
        public Seq<Attribute> output() {
            return scan.output();
        }

        @Override
        public Seq<SparkPlan> children() {
            return CollectionConverters.asScala(java.util.List.<SparkPlan>of()).toSeq();
        }

        @Override
        public SparkPlan withNewChildrenInternal(IndexedSeq<SparkPlan> children) {
            return this;
        }

        @Override
        public int productArity() {
            return 2;
        }

        @Override
        public Object productElement(int n) {
            return n == 0 ? scan : vectors;
        }

        @Override
        public boolean canEqual(Object other) {
            return this == other;
        }
    }

    /** Makes rows of the vectors, which it can read even where their accessors throw. */
    public static final class ToRow extends SparkPlan {
        private static final long serialVersionUID = 1L;

        private final transient SparkPlan child;

        public ToRow(SparkPlan child) {
            this.child = child;
        }

        @Override
        public RDD<InternalRow> doExecute() {
            StructType schema = child.schema();
            return child.executeColumnar()
                    .toJavaRDD()
                    .mapPartitions(batches -> rows(batches, schema))
                    .rdd();
        }

        private static Iterator<InternalRow> rows(Iterator<ColumnarBatch> batches, StructType schema) {
            UnsafeProjection projection = UnsafeProjection.create(schema);
            java.util.List<InternalRow> rows = new java.util.ArrayList<>();
            batches.forEachRemaining(batch -> ForeignVectors.unwrap(batch)
                    .rowIterator()
                    .forEachRemaining(row -> rows.add(projection.apply(row).copy())));
            return rows.iterator();
        }

        @Override
        public Seq<Attribute> output() {
            return child.output();
        }

        @Override
        public Seq<SparkPlan> children() {
            return CollectionConverters.asScala(java.util.List.of(child)).toSeq();
        }

        @Override
        public SparkPlan withNewChildrenInternal(IndexedSeq<SparkPlan> children) {
            return new ToRow(children.apply(0));
        }

        @Override
        public int productArity() {
            return 1;
        }

        @Override
        public Object productElement(int n) {
            return child;
        }

        @Override
        public boolean canEqual(Object other) {
            return this == other;
        }
    }
}
