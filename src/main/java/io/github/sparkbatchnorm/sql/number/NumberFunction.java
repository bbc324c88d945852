package io.github.sparkbatchnorm.sql.number;

import org.apache.spark.sql.connector.catalog.functions.BoundFunction;
import org.apache.spark.sql.connector.catalog.functions.UnboundFunction;
import org.apache.spark.sql.types.ByteType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DecimalType;
import org.apache.spark.sql.types.DoubleType;
import org.apache.spark.sql.types.FloatType;
import org.apache.spark.sql.types.IntegerType;
import org.apache.spark.sql.types.LongType;
import org.apache.spark.sql.types.NullType;
import org.apache.spark.sql.types.ShortType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructType;

/** An aggregate function of one column of numbers, as SQL finds it by name. */
record NumberFunction(NumberStatistic statistic) implements UnboundFunction {
    /** The types of its column. */
    static final String TYPES = "TINYINT, SMALLINT, INT, BIGINT, FLOAT or DOUBLE";

    /**
     * The function of a column of a type.
     *
     * @param arguments one field; Spark's literal NULL counts as a double
     * @throws UnsupportedOperationException for other arguments; Spark makes an AnalysisException of it that names the
     *     function and the place in the query
     */
    @Override
    public BoundFunction bind(StructType arguments) {
        if (arguments.length() != 1) {
            throw new UnsupportedOperationException(
                    name() + " of " + arguments.length() + " arguments; expected 1, a column of " + TYPES);
        }
        DataType type = arguments.apply(0).dataType();
        if (type instanceof LongType
                || type instanceof IntegerType
                || type instanceof ShortType
                || type instanceof ByteType) {
            return new NumberAggregate(statistic, true);
        }
        if (type instanceof DoubleType || type instanceof FloatType || type instanceof NullType) {
            return new NumberAggregate(statistic, false);
        }
        String found = name() + " of " + type.sql() + "; expected " + TYPES;
        if (type instanceof DecimalType || type instanceof StringType) {
            throw new UnsupportedOperationException(
                    found + ": cast it to the nearest doubles, " + name() + "(CAST(x AS DOUBLE)), or to integers");
        }
        throw new UnsupportedOperationException(found);
    }

    @Override
    public String name() {
        return statistic.function();
    }

    @Override
    public String description() {
        return statistic.help();
    }

    @Override
    public String toString() {
        return name();
    }
}
