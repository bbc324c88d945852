package io.github.sparkbatchnorm.regression.audit;

import io.github.sparkbatchnorm.spark.TensorDataset;
import io.github.sparkbatchnorm.spark.tensor.TensorOptions;
import java.util.Set;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.jspecify.annotations.Nullable;

/**
 * Data that the engine is asked about: one column of numbers, which may be null, NaN or infinite.
 *
 * @param name short, for a table
 * @param purpose what the data is and what it is for, in a few words
 * @param rows the data; each pass over it must give the same rows, in any order
 * @param column of floats or doubles; named as in {@link TensorOptions#column}
 * @param group a column of integers, strings or dates, without nulls; null if the data is asked about as a whole only
 */
public record AuditData(String name, String purpose, Dataset<Row> rows, String column, @Nullable String group) {
    private static final Set<DataType> NUMBERS = Set.of(DataTypes.FloatType, DataTypes.DoubleType);
    private static final Set<DataType> GROUPS = Set.of(
            DataTypes.ByteType,
            DataTypes.ShortType,
            DataTypes.IntegerType,
            DataTypes.LongType,
            DataTypes.StringType,
            DataTypes.DateType);

    /**
     * Describes data.
     *
     * @param name short, for a table
     * @param purpose what the data is and what it is for
     * @param rows the data
     * @param column of floats or doubles
     * @param group of integers, strings or dates; null without groups
     * @throws IllegalArgumentException if a column does not exist, or is of another type
     */
    public AuditData {
        requireType(name, rows, column, NUMBERS, "float or double: cast it");
        if (group != null) {
            requireType(name, rows, group, GROUPS, "an integer, string or date to group by");
        }
    }

    private static void requireType(
            String name, Dataset<Row> rows, String column, Set<DataType> types, String expected) {
        if (TensorDataset.columnOf(rows.schema(), column).isEmpty()) {
            throw new IllegalArgumentException("audit of " + name + ": no column " + column + "; the data has "
                    + String.join(", ", rows.columns()));
        }
        DataType type = rows.select(functions.col(column)).schema().fields()[0].dataType();
        if (!types.contains(type)) {
            throw new IllegalArgumentException("audit of " + name + ": column " + column + " is " + type.simpleString()
                    + "; expected " + expected);
        }
    }

    /** The same data from other rows, such as the same ones in another partitioning. */
    AuditData withRows(Dataset<Row> others) {
        return new AuditData(name, purpose, others, column, group);
    }

    /** The same data without groups. */
    AuditData withoutGroups() {
        return new AuditData(name, purpose, rows, column, null);
    }

    /** Options with the groups as batches. */
    TensorOptions byGroup(TensorOptions options) {
        return group == null ? options : options.withBatchColumn(group);
    }
}
