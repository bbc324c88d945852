package io.github.sparkbatchnorm.regression.generate;

import io.github.sparkbatchnorm.layer.Dtype;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.jspecify.annotations.Nullable;

/**
 * The columns of a tensor, and the cells of a row in them.
 *
 * @param name of the column; columns of channels have the number of the channel behind it
 * @param kind how a sample is stored
 * @param dtype of the numbers
 * @param shape of a sample
 * @param nullable whether there are null samples
 */
record SampleCells(String name, Kind kind, Dtype dtype, SampleShape shape, boolean nullable) implements Serializable {
    private static final long serialVersionUID = 1L;

    static SampleCells of(GeneratorOptions options, String name) {
        return new SampleCells(name, options.kind(), options.dtype(), options.shape(), options.nullEvery() > 0);
    }

    /** How many columns there are. */
    int width() {
        return kind == Kind.COLUMNS ? shape.channels() : 1;
    }

    /** The names of the columns. */
    List<String> names() {
        if (kind != Kind.COLUMNS) {
            return List.of(name);
        }
        List<String> names = new ArrayList<>();
        for (int c = 0; c < shape.channels(); c++) {
            names.add(name + c);
        }
        return names;
    }

    /** The columns of a schema. */
    List<StructField> fields() {
        DataType type = type();
        return names().stream()
                .map(column -> DataTypes.createStructField(column, type, nullable))
                .toList();
    }

    private DataType type() {
        DataType number = dtype == Dtype.FLOAT32 ? DataTypes.FloatType : DataTypes.DoubleType;
        return switch (kind) {
            case ARRAY -> DataTypes.createArrayType(number, false);
            case NESTED -> nested(number);
            case VECTOR, SPARSE -> SQLDataTypes.VectorType();
            case BINARY -> DataTypes.BinaryType;
            case COLUMNS -> number;
        };
    }

    private DataType nested(DataType number) {
        DataType type = number;
        for (int axis = 0; axis < shape.rank(); axis++) {
            type = DataTypes.createArrayType(type, false);
        }
        return type;
    }

    /**
     * Puts a sample into a row.
     *
     * @param at the first of the row's cells for it
     */
    void put(SampleStream sample, @Nullable Object[] row, int at) {
        double[] values = sample.values();
        switch (kind) {
            case ARRAY -> row[at] = boxed(values, 0, values.length);
            case NESTED -> row[at] = nested(values, shape.dims(), 0, 0, values.length);
            case VECTOR -> row[at] = Vectors.dense(values.clone());
            case SPARSE -> row[at] = Vectors.sparse(
                    values.length,
                    Arrays.copyOf(sample.indices(), sample.named()),
                    Arrays.copyOf(values, sample.named()));
            case BINARY -> row[at] = bytes(values);
            case COLUMNS -> {
                for (int c = 0; c < values.length; c++) {
                    row[at + c] = boxed(values[c]);
                }
            }
        }
    }

    private Object boxed(double value) {
        return dtype == Dtype.FLOAT32 ? (Object) (float) value : (Object) value;
    }

    private Object[] boxed(double[] values, int from, int to) {
        Object[] boxed = new Object[to - from];
        for (int i = from; i < to; i++) {
            boxed[i - from] = boxed(values[i]);
        }
        return boxed;
    }

    /** The arrays of an axis and those within, of the values from one index to another. */
    private Object[] nested(double[] values, int[] dims, int axis, int from, int to) {
        if (axis == dims.length - 1) {
            return boxed(values, from, to);
        }
        Object[] arrays = new Object[dims[axis]];
        int size = (to - from) / arrays.length;
        for (int i = 0; i < arrays.length; i++) {
            arrays[i] = nested(values, dims, axis + 1, from + i * size, from + (i + 1) * size);
        }
        return arrays;
    }

    private byte[] bytes(double[] values) {
        int size = dtype == Dtype.FLOAT32 ? Float.BYTES : Double.BYTES;
        ByteBuffer bytes =
                ByteBuffer.allocate(Math.multiplyExact(size, values.length)).order(ByteOrder.LITTLE_ENDIAN);
        for (double value : values) {
            if (dtype == Dtype.FLOAT32) {
                bytes.putFloat((float) value);
            } else {
                bytes.putDouble(value);
            }
        }
        return bytes.array();
    }
}
