package io.github.sparkbatchnorm.spark.transform;

import io.github.sparkbatchnorm.spark.rows.ColumnReader;
import io.github.sparkbatchnorm.spark.rows.RowReader;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** True for rows that are kept under {@code HandleInvalid.SKIP}; Spark calls it. */
public final class RowFilterFunction extends TensorFunction {
    private static final long serialVersionUID = 1L;

    RowFilterFunction(StructType argument, ColumnReader reader) {
        super(argument, reader);
    }

    @Override
    public DataType resultType() {
        return DataTypes.BooleanType;
    }

    @Override
    public boolean isResultNullable() {
        return false;
    }

    /**
     * Called by Spark for each row.
     *
     * @param row the columns of the reader
     * @return whether the row is kept
     */
    public boolean invoke(InternalRow row) {
        Scratch own = take();
        boolean isKept = reader().examine(row, own.pair) != RowReader.Usable.WITHOUT_VALUES;
        give(own);
        return isKept;
    }
}
