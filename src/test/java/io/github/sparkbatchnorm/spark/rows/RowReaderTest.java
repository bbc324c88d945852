package io.github.sparkbatchnorm.spark.rows;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.spark.Tensors;
import io.github.sparkbatchnorm.spark.codec.RowDefect;
import io.github.sparkbatchnorm.spark.codec.SampleSize;
import io.github.sparkbatchnorm.spark.codec.TensorColumn;
import io.github.sparkbatchnorm.spark.tensor.HandleInvalid;
import io.github.sparkbatchnorm.spark.tensor.TensorOptions;
import java.util.List;
import org.apache.spark.ml.image.ImageSchema;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.expressions.UnsafeArrayData;
import org.apache.spark.sql.catalyst.util.GenericArrayData;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RowReaderTest {
    private static final DataType FLOATS = DataTypes.createArrayType(DataTypes.FloatType);
    private static final StructType ARRAYS =
            new StructType().add("x", FLOATS).add("dy", FLOATS).add("image", ImageSchema.columnSchema());
    private static final StructType CHANNELS = new StructType()
            .add("a", DataTypes.DoubleType)
            .add("b", DataTypes.DoubleType)
            .add("da", DataTypes.DoubleType)
            .add("db", DataTypes.DoubleType);

    private final RowPair pair = new RowPair();

    private static ColumnReader arrays(HandleInvalid handleInvalid, int... shape) {
        TensorOptions options = shape.length > 0 ? Tensors.column("x", shape) : Tensors.column("x", handleInvalid);
        TensorColumn tensor = TensorColumn.of(ARRAYS, options);
        return new ColumnReader(tensor, tensor.gradients(ARRAYS, List.of("dy")), false);
    }

    private static ColumnReader channels(HandleInvalid handleInvalid) {
        TensorColumn tensor = TensorColumn.of(CHANNELS, Tensors.channels(handleInvalid, "a", "b"));
        return new ColumnReader(tensor, tensor.gradients(CHANNELS, List.of("da", "db")), false);
    }

    private static InternalRow row(@Nullable Object... values) {
        return new GenericInternalRow(values);
    }

    private static UnsafeArrayData floats(float... values) {
        return UnsafeArrayData.fromPrimitiveArray(values);
    }

    @Test
    void rowOfASampleAndItsGradientsHasValues() {
        assertThat(arrays(HandleInvalid.ERROR).read(row(floats(1, 2), floats(3, 4)), pair))
                .isTrue();
        assertThat(pair.sample().values()).isEqualTo(new float[] {1, 2});
        assertThat(pair.gradients().values()).isEqualTo(new float[] {3, 4});
    }

    @Test
    void nullSampleOrGradientIsWithoutValuesWherePolicyAllowsIt() {
        for (InternalRow row : List.of(row(null, floats(1)), row(floats(1), null))) {
            for (HandleInvalid policy : List.of(HandleInvalid.SKIP, HandleInvalid.KEEP)) {
                assertThat(arrays(policy).examine(row, pair)).isEqualTo(RowReader.Usable.WITHOUT_VALUES);
                assertThat(arrays(policy).read(row, pair)).isFalse();
            }
        }
    }

    @Test
    void nullSampleOrGradientIsAProblemWhereItIsAnError() {
        ColumnReader reader = arrays(HandleInvalid.ERROR);
        assertThat(reader.examine(row(null, floats(1)), pair))
                .isEqualTo(new RowReader.Problem(false, RowDefect.NULL_SAMPLE));
        assertThat(reader.examine(row(floats(1), null), pair))
                .isEqualTo(new RowReader.Problem(true, RowDefect.NULL_SAMPLE));
        assertThatThrownBy(() -> reader.read(row(floats(1), null), pair))
                .isInstanceOf(BatchNormException.class)
                .hasMessageStartingWith("column dy: null in 1 row");
    }

    @Test
    void nullElementIsSkippedButNotKept() {
        GenericArrayData holed = new GenericArrayData(new Object[] {1f, null});
        assertThat(arrays(HandleInvalid.SKIP).examine(row(holed, floats(1, 2)), pair))
                .isEqualTo(RowReader.Usable.WITHOUT_VALUES);
        assertThat(arrays(HandleInvalid.KEEP).examine(row(holed, floats(1, 2)), pair))
                .isEqualTo(new RowReader.Problem(false, RowDefect.NULL_ELEMENT));
        assertThat(arrays(HandleInvalid.KEEP).examine(row(floats(1, 2), holed), pair))
                .isEqualTo(new RowReader.Problem(true, RowDefect.NULL_ELEMENT));
    }

    @Test
    void gradientsOfAnotherLengthAreAProblemThatTellsBothSizes() {
        ColumnReader reader = arrays(HandleInvalid.KEEP);
        assertThat(reader.examine(row(floats(1, 2), floats(1)), pair))
                .isEqualTo(new RowReader.Problem(true, RowDefect.OTHER_SHAPE));
        assertThat(pair.sample().size()).isEqualTo(SampleSize.length(2));
        assertThat(pair.gradients().size()).isEqualTo(SampleSize.length(1));
        assertThat(reader.examine(row(floats(1, 2), floats()), pair))
                .isEqualTo(new RowReader.Problem(true, RowDefect.OTHER_SHAPE));
    }

    @Test
    void sampleOfAnotherLengthThanTheShapeIsOfTheWrongSize() {
        ColumnReader reader = arrays(HandleInvalid.ERROR, 3);
        assertThat(reader.examine(row(floats(1, 2), floats(1, 2)), pair)).isEqualTo(RowReader.Usable.WRONG_SIZE);
        assertThatThrownBy(() -> reader.read(row(floats(1, 2), floats(1, 2)), pair))
                .isInstanceOf(BatchNormException.class)
                .hasMessage("column x: rows of length 2 (1 row); expected length 3");
    }

    @Test
    void channelsMissingInEitherAreMissingInBoth() {
        ColumnReader reader = channels(HandleInvalid.KEEP);
        assertThat(reader.read(row(1d, 2d, null, 4d), pair)).isTrue();
        assertThat(pair.sample().missing()).containsExactly(true, false);
        assertThat(pair.gradients().missing()).containsExactly(true, false);
        assertThat(reader.read(row(1d, null, null, 4d), pair)).isFalse();
        assertThat(reader.read(row(1d, 2d, 3d, 4d), pair)).isTrue();
        assertThat(pair.sample().missing()).isNull();
    }

    @Test
    void eachRowTellsItsOwnLengthWhateverTheLastOneWas() {
        ColumnReader reader = new ColumnReader(TensorColumn.of(ARRAYS, Tensors.column("x")), null, false);
        RowPair other = new RowPair();
        for (int length : new int[] {3, 1, 3, 3, 2}) {
            RowPair into = length == 1 ? other : pair;
            assertThat(reader.read(row(floats(new float[length])), into)).isTrue();
            assertThat(into.sample().size()).isEqualTo(SampleSize.length(length));
            assertThat(into.sample().shape().length()).isEqualTo(length);
        }
        assertThat(reader.examine(row(floats()), pair)).isEqualTo(RowReader.Usable.WRONG_SIZE);
    }

    @Test
    void eachImageTellsItsOwnShapeWhateverTheLastOneWas() {
        ColumnReader reader = new ColumnReader(TensorColumn.of(ARRAYS, Tensors.column("image")), null, false);
        int[][] shapes = {{2, 3, 1}, {3, 2, 1}, {3, 2, 1}, {1, 2, 3}};
        for (int[] dims : shapes) {
            byte[] bytes = new byte[dims[0] * dims[1] * dims[2]];
            InternalRow image = row(null, dims[0], dims[1], dims[2], 0, bytes);
            assertThat(reader.read(row(image), pair)).isTrue();
            assertThat(pair.sample().shape().dims()).isEqualTo(dims);
            assertThat(pair.sample().size()).isEqualTo(SampleSize.channels(dims[2]));
        }
    }
}
