package io.github.sparkbatchnorm.spark.codec;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.util.OptionalInt;
import org.apache.spark.ml.attribute.AttributeGroup;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.expressions.UnsafeArrayData;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.jspecify.annotations.Nullable;

/** Spark ML vectors, dense or sparse. The values that a sparse vector does not name are 0 and cost nothing to read. */
final class VectorCodec extends TensorCodec {
    private static final long serialVersionUID = 1L;

    /** Fields of a vector as Spark stores it: type, size, indices, values. */
    private static final int FIELDS = 4;

    private static final byte SPARSE = 0;
    private static final byte DENSE = 1;

    /** C, as the attributes of the column tell it; 0 or less if they do not. */
    private final int attributes;

    VectorCodec(@Nullable SampleShape shape, StructField field) {
        super(shape);
        attributes = AttributeGroup.fromStructField(field).size();
    }

    /**
     * Checks the shape against the attributes, before a row is read.
     *
     * @throws BatchNormException if they tell another length
     */
    void requireKnownWidth(ColumnPath path) {
        SampleShape shape = knownShape();
        if (shape != null && attributes > 0 && attributes != shape.length()) {
            throw new BatchNormException("column " + path + ": vectors of length " + attributes
                    + ", as its attributes say; expected length " + shape.length() + ", of shape " + shape
                    + ": check the column and shape");
        }
    }

    @Override
    OptionalInt knownChannels() {
        return knownShape() != null || attributes < 1 ? super.knownChannels() : OptionalInt.of(attributes);
    }

    @Override
    void readValue(InternalRow row, int first, RowSample out) {
        InternalRow vector = row.getStruct(first, FIELDS);
        ArrayData named = vector.getArray(3);
        if (vector.getByte(0) != SPARSE) {
            setFlatLater(new NumericArrays.Values(named, DataTypes.DoubleType), named.numElements(), out);
            return;
        }
        SampleShape shape = checkFlat(vector.getInt(1), out);
        if (shape != null) {
            double[] values = new double[named.numElements()];
            NumericArrays.copy(named, DataTypes.DoubleType, 0, values, 0, values.length);
            out.setSparse(NumericArrays.toInts(vector.getArray(2)), values, shape);
        }
    }

    @Override
    public DataType outputType() {
        return SQLDataTypes.VectorType();
    }

    @Override
    public Object write(Object normalized, RowSample sample) {
        return new GenericInternalRow(new Object[] {DENSE, null, null, NumericArrays.toSpark(normalized)});
    }

    @Override
    public Object writeSparse(int[] indices, double[] values, int length) {
        return new GenericInternalRow(new Object[] {
            SPARSE, length, UnsafeArrayData.fromPrimitiveArray(indices), UnsafeArrayData.fromPrimitiveArray(values)
        });
    }
}
