package io.github.sparkbatchnorm.regression.audit;

import io.github.sparkbatchnorm.spark.TensorDataset;
import io.github.sparkbatchnorm.spark.tensor.TensorOptions;
import java.util.List;
import java.util.Set;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.jspecify.annotations.Nullable;

/**
 * Data that the engine is asked about: columns of numbers, which may be null, NaN or infinite. Each query is about all
 * columns.
 *
 * @param rows the data; each pass over it must give the same rows, in any order
 * @param columns one or more
 * @param group a column of integers, strings or dates, without nulls, named as in {@link TensorOptions#column}; null if
 *     the data is asked about as a whole only
 */
public record AuditData(Dataset<Row> rows, List<Input> columns, @Nullable String group) {
    private static final Set<DataType> NUMBERS = Set.of(DataTypes.FloatType, DataTypes.DoubleType);
    private static final Set<DataType> GROUPS = Set.of(
            DataTypes.ByteType,
            DataTypes.ShortType,
            DataTypes.IntegerType,
            DataTypes.LongType,
            DataTypes.StringType,
            DataTypes.DateType);

    /**
     * A column of floats or doubles.
     *
     * @param column named as in {@link TensorOptions#column}
     * @param name short, for a table
     * @param purpose what the numbers are and what they are for, in a few words
     */
    public record Input(String column, String name, String purpose) {
        Column numbers() {
            return functions.col(column);
        }
    }

    /**
     * Describes data.
     *
     * @param rows the data
     * @param columns one or more
     * @param group a column of integers, strings or dates; null without groups
     * @throws IllegalArgumentException if there is no column, or one does not exist or is of another type
     */
    public AuditData {
        columns = List.copyOf(columns);
        if (columns.isEmpty()) {
            throw new IllegalArgumentException("audit of no columns; expected one or more");
        }
        for (Input input : columns) {
            requireType(rows, input.column, NUMBERS, "float or double: cast it");
        }
        if (group != null) {
            requireType(rows, group, GROUPS, "an integer, string or date to group by");
        }
    }

    private static void requireType(Dataset<Row> rows, String column, Set<DataType> types, String expected) {
        if (TensorDataset.columnOf(rows.schema(), column).isEmpty()) {
            throw new IllegalArgumentException(
                    "audit: no column " + column + "; the data has " + String.join(", ", rows.columns()));
        }
        DataType type = rows.select(functions.col(column)).schema().fields()[0].dataType();
        if (!types.contains(type)) {
            throw new IllegalArgumentException(
                    "audit: column " + column + " is " + type.simpleString() + "; expected " + expected);
        }
    }

    /** The names of the columns, in a list of words. */
    String names() {
        return String.join(", ", columns.stream().map(Input::name).toList());
    }

    /** The same data from other rows, such as the same ones in another partitioning. */
    AuditData withRows(Dataset<Row> others) {
        return new AuditData(others, columns, group);
    }

    /** The same data with some of its columns alone. */
    AuditData withColumns(List<Integer> some) {
        return new AuditData(rows, some.stream().map(columns::get).toList(), group);
    }

    /** The same data without groups. */
    AuditData withoutGroups() {
        return new AuditData(rows, columns, null);
    }

    /** Options with the groups as batches. */
    TensorOptions byGroup(TensorOptions options) {
        return group == null ? options : options.withBatchColumn(group);
    }
}
