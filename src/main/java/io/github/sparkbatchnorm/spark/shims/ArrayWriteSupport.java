package io.github.sparkbatchnorm.spark.shims;

import java.lang.reflect.Field;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.ColumnWriter;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.io.api.RecordConsumer;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.expressions.SpecializedGetters;
import org.apache.spark.sql.catalyst.expressions.UnsafeArrayData;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.execution.datasources.parquet.ParquetWriteSupport;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.jspecify.annotations.Nullable;
import scala.Function2;
import scala.runtime.BoxedUnit;

/**
 * Spark's own, but for arrays of floats and doubles without nulls: Spark writes their first element, and the column it
 * is written to takes the others after it, without the five calls for each that tell Parquet where in a record it is.
 *
 * <p>Parquet does not tell which column that is, so a private field of it is read. Where there is no such field, all is
 * written as Spark does.
 */
public final class ArrayWriteSupport extends ParquetWriteSupport {
    private static final String COLUMN_WRITERS = "columnWriters";

    private final GenericInternalRow first = new GenericInternalRow(1);
    private List<ColumnDescriptor> columns = List.of();
    private boolean takesRest;
    private @Nullable Object rest;

    @Override
    public WriteContext init(Configuration configuration) {
        WriteContext context = super.init(configuration);
        columns = context.getSchema().getColumns();
        return context;
    }

    @Override
    public void prepareForWrite(RecordConsumer consumer) {
        takesRest = replaceWriters(consumer);
        super.prepareForWrite(consumer);
    }

    /** Whether arrays are written our way. */
    boolean takesRest() {
        return takesRest;
    }

    private boolean replaceWriters(RecordConsumer consumer) {
        try {
            Field field = consumer.getClass().getDeclaredField(COLUMN_WRITERS);
            field.setAccessible(true);
            ColumnWriter[] writers = (ColumnWriter[]) field.get(consumer);
            if (writers.length != columns.size()) {
                return false;
            }
            for (int i = 0; i < writers.length; i++) {
                if (canBeOfArrays(columns.get(i))) {
                    writers[i] = new RestWriter(writers[i], columns.get(i).getMaxRepetitionLevel());
                }
            }
            return true;
        } catch (ReflectiveOperationException | RuntimeException e) {
            return false; // a Parquet of another make
        }
    }

    private static boolean canBeOfArrays(ColumnDescriptor column) {
        PrimitiveTypeName type = column.getPrimitiveType().getPrimitiveTypeName();
        return column.getMaxRepetitionLevel() > 0
                && (type == PrimitiveTypeName.FLOAT || type == PrimitiveTypeName.DOUBLE);
    }

    @Override
    public Function2<SpecializedGetters, Object, BoxedUnit> makeArrayWriter(ArrayType type, boolean inShredded) {
        Function2<SpecializedGetters, Object, BoxedUnit> writer = super.makeArrayWriter(type, inShredded);
        DataType element = type.elementType();
        if (!element.equals(DataTypes.FloatType) && !element.equals(DataTypes.DoubleType)) {
            return writer;
        }
        boolean single = element.equals(DataTypes.FloatType);
        return (row, ordinal) -> {
            ArrayData array = row.getArray((Integer) ordinal);
            int length = array.numElements();
            if (!takesRest || length < 2 || (type.containsNull() && hasNull(array))) {
                return writer.apply(row, ordinal);
            }
            if (single) {
                float[] values = array.toFloatArray();
                first.update(0, UnsafeArrayData.fromPrimitiveArray(new float[] {values[0]}));
                rest = values;
            } else {
                double[] values = array.toDoubleArray();
                first.update(0, UnsafeArrayData.fromPrimitiveArray(new double[] {values[0]}));
                rest = values;
            }
            return writer.apply(first, 0);
        };
    }

    private static boolean hasNull(ArrayData array) {
        for (int i = 0; i < array.numElements(); i++) {
            if (array.isNullAt(i)) {
                return true;
            }
        }
        return false;
    }

    /** Writes after a value what is left of its array. */
    private final class RestWriter implements ColumnWriter {
        private final ColumnWriter column;
        /** That of an element which is not the first of its array. */
        private final int elementLevel;

        RestWriter(ColumnWriter column, int elementLevel) {
            this.column = column;
            this.elementLevel = elementLevel;
        }

        @Override
        public void write(float value, int repetitionLevel, int definitionLevel) {
            column.write(value, repetitionLevel, definitionLevel);
            if (rest != null) {
                float[] values = (float[]) rest;
                rest = null;
                for (int i = 1; i < values.length; i++) {
                    column.write(values[i], elementLevel, definitionLevel);
                }
            }
        }

        @Override
        public void write(double value, int repetitionLevel, int definitionLevel) {
            column.write(value, repetitionLevel, definitionLevel);
            if (rest != null) {
                double[] values = (double[]) rest;
                rest = null;
                for (int i = 1; i < values.length; i++) {
                    column.write(values[i], elementLevel, definitionLevel);
                }
            }
        }

        @Override
        public void write(int value, int repetitionLevel, int definitionLevel) {
            column.write(value, repetitionLevel, definitionLevel);
        }

        @Override
        public void write(long value, int repetitionLevel, int definitionLevel) {
            column.write(value, repetitionLevel, definitionLevel);
        }

        @Override
        public void write(boolean value, int repetitionLevel, int definitionLevel) {
            column.write(value, repetitionLevel, definitionLevel);
        }

        @Override
        public void write(Binary value, int repetitionLevel, int definitionLevel) {
            column.write(value, repetitionLevel, definitionLevel);
        }

        @Override
        public void writeNull(int repetitionLevel, int definitionLevel) {
            column.writeNull(repetitionLevel, definitionLevel);
        }

        @Override
        public void close() {
            column.close();
        }

        @Override
        public long getBufferedSizeInMemory() {
            return column.getBufferedSizeInMemory();
        }
    }
}
