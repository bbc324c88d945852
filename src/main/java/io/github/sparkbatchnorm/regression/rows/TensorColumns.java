package io.github.sparkbatchnorm.regression.rows;

import io.github.sparkbatchnorm.layer.Dtype;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.jspecify.annotations.Nullable;
import scala.collection.Seq;

/**
 * The columns of a tensor, read value by value: one column with all values of a sample, or a column for each channel.
 *
 * @param names as Spark's {@code col} takes them
 * @param channelPerColumn whether each column is one channel
 * @param channelsLast whether C is the last axis
 * @param dtype what binary columns hold; null for other kinds
 */
public record TensorColumns(List<String> names, boolean channelPerColumn, boolean channelsLast, @Nullable Dtype dtype)
        implements Serializable {
    private static final long serialVersionUID = 1L;

    /**
     * {@return the tensor in one column, channels first}
     *
     * @param name of the column
     */
    public static TensorColumns ofColumn(String name) {
        return new TensorColumns(List.of(name), false, false, null);
    }

    /** {@return the columns for Spark's {@code select}} */
    List<Column> select() {
        return names.stream().map(functions::col).toList();
    }

    /**
     * {@return the values of a sample, in the order in which they are stored; null for a null sample} In channel
     * columns a null is NaN, and {@code present} is false there.
     *
     * @param row with the columns
     * @param ordinal of the first of them
     * @param present takes which channels have a value, where each is a column
     */
    double @Nullable [] read(Row row, int ordinal, boolean[] present) {
        if (channelPerColumn) {
            return channels(row, ordinal, present);
        }
        Object sample = row.get(ordinal);
        return sample == null ? null : values(sample);
    }

    private double @Nullable [] channels(Row row, int ordinal, boolean[] present) {
        double[] values = new double[names.size()];
        boolean any = false;
        for (int c = 0; c < values.length; c++) {
            Object value = row.get(ordinal + c);
            present[c] = value != null;
            any |= present[c];
            values[c] = value == null ? Double.NaN : number(value);
        }
        return any ? values : null;
    }

    private double[] values(Object sample) {
        if (sample instanceof Vector vector) {
            return vector.toArray();
        }
        if (sample instanceof byte[] bytes) {
            return numbers(bytes);
        }
        if (sample instanceof Row image) {
            byte[] bytes = image.getAs("data");
            double[] values = new double[bytes.length];
            for (int i = 0; i < values.length; i++) {
                values[i] = bytes[i] & 0xFF;
            }
            return values;
        }
        List<Double> values = new ArrayList<>();
        flatten((Seq<?>) sample, values);
        return values.stream().mapToDouble(Double::doubleValue).toArray();
    }

    private static void flatten(Seq<?> nested, List<Double> values) {
        for (int i = 0; i < nested.length(); i++) {
            Object element = nested.apply(i);
            if (element instanceof Seq<?> inner) {
                flatten(inner, values);
            } else {
                values.add(number(element));
            }
        }
    }

    private double[] numbers(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        boolean floats = dtype == Dtype.FLOAT32;
        double[] values = new double[bytes.length / (floats ? Float.BYTES : Double.BYTES)];
        for (int i = 0; i < values.length; i++) {
            values[i] = floats ? in.getFloat() : in.getDouble();
        }
        return values;
    }

    private static double number(Object value) {
        return value instanceof Boolean truth ? (truth ? 1 : 0) : ((Number) value).doubleValue();
    }

    /**
     * {@return whether the values of the first column are floats}
     *
     * @param rows with the columns
     */
    public boolean holdFloats(Dataset<Row> rows) {
        DataType type = rows.select(names.get(0)).schema().fields()[0].dataType();
        while (type instanceof ArrayType array) {
            type = array.elementType();
        }
        return type.equals(DataTypes.FloatType) || (type.equals(DataTypes.BinaryType) && dtype == Dtype.FLOAT32);
    }

    /** {@return the channel of a value} */
    int channelOf(int index, int length, int channels) {
        return channelsLast ? index % channels : index / (length / channels);
    }
}
