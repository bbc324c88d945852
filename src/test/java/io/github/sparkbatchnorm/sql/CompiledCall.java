package io.github.sparkbatchnorm.sql;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.AttributeReference;
import org.apache.spark.sql.catalyst.expressions.BoundReference;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.expressions.UnsafeProjection;
import org.apache.spark.sql.catalyst.expressions.aggregate.AggregateExpression;
import org.apache.spark.sql.catalyst.expressions.aggregate.V2Aggregator;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.types.DataTypes;
import org.jspecify.annotations.Nullable;
import scala.jdk.javaapi.CollectionConverters;

/**
 * A call of a function in SQL, run as Spark's tasks run it, but in this thread: many calls that fail take no job each.
 */
abstract class CompiledCall {
    /** The columns that calls are of: bytes to try, and bytes that are right. */
    private static final List<String> COLUMNS = List.of("b", "m");

    /**
     * Compiles a call.
     *
     * @param expression such as {@code bn.moments_merge(b, m)}
     */
    static CompiledCall of(SparkSession session, String expression) {
        LogicalPlan plan = session.sql("SELECT " + expression + " FROM VALUES (X'00', X'00') AS t(b, m)")
                .queryExecution()
                .analyzed();
        Expression call = CollectionConverters.asJava(plan.expressions().head().children())
                .get(0);
        return call instanceof AggregateExpression aggregate
                ? new OfAggregate((V2Aggregator<?, ?>) aggregate.aggregateFunction())
                : new OfScalar(call, plan);
    }

    /** What the call gives for two values of its columns. */
    abstract @Nullable Object of(byte[] b, byte[] m);

    private static InternalRow row(byte[] b, byte[] m) {
        return new GenericInternalRow(new Object[] {b, m});
    }

    private static final class OfScalar extends CompiledCall {
        private final Expression call;
        private final UnsafeProjection code;

        OfScalar(Expression call, LogicalPlan plan) {
            this.call = call;
            code = UnsafeProjection.create(
                    CollectionConverters.asScala(List.of(call)).toSeq(),
                    plan.children().head().output());
        }

        @Override
        @Nullable
        Object of(byte[] b, byte[] m) {
            InternalRow result = code.apply(row(b, m));
            return result.isNullAt(0) ? null : result.copy().get(0, call.dataType());
        }
    }

    /** Of an aggregate: two partitions that have the first value, one of them twice; the other one's state is sent. */
    private static final class OfAggregate extends CompiledCall {
        private final V2Aggregator<Serializable, Object> call;

        @SuppressWarnings("unchecked") // every state is Serializable, and every result an Object
        OfAggregate(V2Aggregator<?, ?> call) {
            V2Aggregator<Serializable, Object> found = (V2Aggregator<Serializable, Object>) call;
            List<Expression> arguments = new ArrayList<>();
            for (Expression argument : CollectionConverters.asJava(found.children())) {
                arguments.add(
                        argument instanceof AttributeReference column
                                ? new BoundReference(COLUMNS.indexOf(column.name()), DataTypes.BinaryType, true)
                                : argument);
            }
            this.call = found.copy(
                    found.aggrFunc(), CollectionConverters.asScala(arguments).toSeq(), 0, 0);
        }

        @Override
        @Nullable
        Object of(byte[] b, byte[] m) {
            Serializable twice = updated(updated(call.createAggregationBuffer(), b, m), b, m);
            byte[] sent = call.serialize(updated(call.createAggregationBuffer(), b, m));
            return call.eval(call.merge(twice, call.deserialize(sent)));
        }

        private Serializable updated(Serializable state, byte[] b, byte[] m) {
            return call.update(state, row(b, m));
        }
    }
}
