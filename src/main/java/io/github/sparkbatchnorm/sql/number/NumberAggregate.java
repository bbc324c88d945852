package io.github.sparkbatchnorm.sql.number;

import java.io.Serializable;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.connector.catalog.functions.AggregateFunction;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.jspecify.annotations.Nullable;

/**
 * An aggregate function of a column of integers or of other numbers. Its state is a {@link NumberBuffer}, or the
 * {@code byte[]} that becomes of one when Spark serializes it.
 *
 * @param ofIntegers whether the argument is a BIGINT; Spark casts smaller integers to it; else it is a DOUBLE, which
 *     holds every FLOAT
 */
record NumberAggregate(NumberStatistic statistic, boolean ofIntegers)
        implements AggregateFunction<Serializable, Double> {
    @Override
    public Serializable newAggregationState() {
        return new NumberBuffer();
    }

    @Override
    public Serializable update(Serializable state, InternalRow input) {
        NumberBuffer buffer = NumberBuffer.from(state);
        if (!input.isNullAt(0)) {
            if (ofIntegers) {
                buffer.add(input.getLong(0));
            } else {
                buffer.add(input.getDouble(0));
            }
        }
        return buffer;
    }

    @Override
    public Serializable merge(Serializable left, Serializable right) {
        return NumberBuffer.from(left).merge(right);
    }

    @Override
    public @Nullable Double produceResult(Serializable state) {
        return statistic.orNull(NumberBuffer.momentsOf(state));
    }

    @Override
    public DataType[] inputTypes() {
        return new DataType[] {ofIntegers ? DataTypes.LongType : DataTypes.DoubleType};
    }

    @Override
    public DataType resultType() {
        return DataTypes.DoubleType;
    }

    @Override
    public String name() {
        return statistic.function();
    }

    @Override
    public String canonicalName() {
        return "spark-batchnorm." + name() + (ofIntegers ? "(bigint)" : "(double)");
    }

    @Override
    public String toString() {
        return name();
    }
}
