package io.github.sparkbatchnorm.spark.tensor;

import io.github.sparkbatchnorm.stats.SampleShape;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.jspecify.annotations.Nullable;

/** Spark ML vectors, dense or sparse. What a sparse one does not name is 0 and costs nothing to read. */
final class VectorCodec extends TensorCodec {
    private static final long serialVersionUID = 1L;

    /** Fields of a vector as Spark stores it: type, size, indices, values. */
    private static final int FIELDS = 4;

    private static final byte SPARSE = 0;
    private static final byte DENSE = 1;

    VectorCodec(@Nullable SampleShape shape) {
        super(shape);
    }

    @Override
    void readValue(InternalRow row, int first, Sample out) {
        InternalRow vector = row.getStruct(first, FIELDS);
        ArrayData named = vector.getArray(3);
        if (vector.getByte(0) != SPARSE) {
            setFlatLater(named, false, named.numElements(), out);
            return;
        }
        double[] values = new double[named.numElements()];
        NumericArrays.copy(named, DataTypes.DoubleType, 0, values, 0, values.length);
        setFlat(values, vector.getInt(1), out);
        if (out.content() == Sample.Content.VALUES) {
            out.setSparse(NumericArrays.toInts(vector.getArray(2)), values, out.shape());
        }
    }

    @Override
    void copy(Object source, int from, Object to, int offset, int length) {
        NumericArrays.copy((ArrayData) source, DataTypes.DoubleType, from, to, offset, length);
    }

    @Override
    public DataType outputType() {
        return SQLDataTypes.VectorType();
    }

    @Override
    public Object write(Object normalized, Sample sample) {
        return new GenericInternalRow(new Object[] {DENSE, null, null, NumericArrays.toSpark(normalized)});
    }
}
