package io.github.sparkbatchnorm.sql.procedure;

import java.util.List;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.connector.read.LocalScan;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.unsafe.types.UTF8String;
import org.jspecify.annotations.Nullable;

/**
 * The result of a call.
 *
 * @param readSchema its columns
 * @param all its rows
 */
record ResultRows(StructType readSchema, List<InternalRow> all) implements LocalScan {
    /** A row of values; texts are strings. */
    static InternalRow row(@Nullable Object... values) {
        Object[] internal = new Object[values.length];
        for (int i = 0; i < values.length; i++) {
            internal[i] = values[i] instanceof String text ? UTF8String.fromString(text) : values[i];
        }
        return new GenericInternalRow(internal);
    }

    @Override
    public InternalRow[] rows() {
        return all.toArray(InternalRow[]::new);
    }

    @Override
    public String description() {
        return "result of a procedure";
    }
}
