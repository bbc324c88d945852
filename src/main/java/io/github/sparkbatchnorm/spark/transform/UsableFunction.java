package io.github.sparkbatchnorm.spark.transform;

import io.github.sparkbatchnorm.spark.tensor.ColumnReader;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** Whether a row stays where nulls are skipped. */
public final class UsableFunction extends TensorFunction {
    private static final long serialVersionUID = 1L;

    UsableFunction(StructType argument, ColumnReader reader) {
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

    /** Called by Spark for each row. */
    public boolean invoke(InternalRow row) {
        reader().readPair(row, sample(), gradients());
        return !tensor().drops(sample().content());
    }
}
