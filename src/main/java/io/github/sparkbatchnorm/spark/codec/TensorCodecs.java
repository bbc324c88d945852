package io.github.sparkbatchnorm.spark.codec;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.Dtype;
import io.github.sparkbatchnorm.spark.tensor.HandleInvalid;
import io.github.sparkbatchnorm.spark.tensor.TensorOptions;
import io.github.sparkbatchnorm.stats.SampleShape;
import io.github.sparkbatchnorm.stats.SampleShape.Layout;
import java.util.List;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.DecimalType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/** Chooses the codec for the types of columns. */
final class TensorCodecs {
    private TensorCodecs() {}

    /**
     * The codec of columns.
     *
     * @throws IllegalArgumentException if the shape does not fit the columns
     * @throws BatchNormException if a column's type cannot be a tensor
     */
    static TensorCodec of(List<ColumnPath> paths, TensorOptions options) {
        SampleShape shape = options.shape().orElse(null);
        if (options.isChannelPerColumn()) {
            for (ColumnPath path : paths) {
                if (!NumericArrays.isNumeric(path.type())) {
                    throw unsupported(path, "a number or boolean");
                }
            }
            if (shape != null && (shape.rank() != 1 || shape.length() != paths.size())) {
                throw new IllegalArgumentException("shape " + shape + " for " + paths.size()
                        + " channel columns; expected [" + paths.size() + "], or unset shape");
            }
            StructType columns =
                    new StructType(paths.stream().map(ColumnPath::field).toArray(StructField[]::new));
            return new ChannelColumnsCodec(columns, options.handleInvalid() == HandleInvalid.KEEP);
        }
        if (paths.size() != 1) {
            throw new IllegalArgumentException(paths.size() + " tensor columns; expected one");
        }
        ColumnPath path = paths.get(0);
        DataType type = path.type();
        if (type.equals(SQLDataTypes.VectorType())) {
            VectorCodec vectors = new VectorCodec(shape, path.field());
            vectors.requireKnownWidth(path);
            return vectors;
        } else if (type.equals(DataTypes.BinaryType)) {
            return new BinaryCodec(options.dtype().orElse(Dtype.FLOAT32) == Dtype.FLOAT64, shape);
        } else if (ImageCodec.accepts(type)) {
            if (shape != null) {
                throw new IllegalArgumentException(
                        "column " + path + " holds images, which have a shape of their own: unset shape");
            }
            return new ImageCodec();
        } else if (type instanceof ArrayType array) {
            return arrayCodec(path, array, shape, options.layout().orElse(Layout.CHANNELS_FIRST));
        }
        throw unsupported(
                path, "an array of numbers, a vector, binary or an image, or set channelColumns for numeric columns");
    }

    private static TensorCodec arrayCodec(
            ColumnPath path, ArrayType array, @Nullable SampleShape shape, Layout layout) {
        int depth = 1;
        DataType element = array.elementType();
        while (element instanceof ArrayType inner) {
            element = inner.elementType();
            depth++;
        }
        if (!NumericArrays.isNumeric(element)) {
            throw unsupported(path, "an array of numbers");
        }
        if (depth > SampleShape.MAX_RANK) {
            throw unsupported(path, "at most " + SampleShape.MAX_RANK + " levels of arrays");
        }
        return depth == 1 ? new ArrayCodec(array, shape) : new NestedArrayCodec(array, shape, layout);
    }

    private static BatchNormException unsupported(ColumnPath path, String expected) {
        DataType innermost = path.type();
        while (innermost instanceof ArrayType array) {
            innermost = array.elementType();
        }
        String advice = innermost instanceof DecimalType ? ": cast to double" : "";
        return new BatchNormException(
                "column " + path + " is of type " + path.type().simpleString() + "; expected " + expected + advice);
    }
}
