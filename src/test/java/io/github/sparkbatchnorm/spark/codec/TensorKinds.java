package io.github.sparkbatchnorm.spark.codec;

import io.github.sparkbatchnorm.layer.Dtype;
import io.github.sparkbatchnorm.spark.Tensors;
import io.github.sparkbatchnorm.spark.tensor.TensorOptions;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** The same 300 samples of shape [3, 2] as every kind of column. */
final class TensorKinds {
    static final StructType SCHEMA = new StructType()
            .add("id", DataTypes.LongType)
            .add("floats", DataTypes.createArrayType(DataTypes.FloatType))
            .add("doubles", DataTypes.createArrayType(DataTypes.DoubleType, false))
            .add("nested", DataTypes.createArrayType(DataTypes.createArrayType(DataTypes.FloatType)))
            .add("last", DataTypes.createArrayType(DataTypes.DoubleType))
            .add("dense", SQLDataTypes.VectorType())
            .add("sparse", SQLDataTypes.VectorType())
            .add("raw32", DataTypes.BinaryType)
            .add("raw64", DataTypes.BinaryType);

    private TensorKinds() {}

    /** A third of the values is zero, some are tiny, some huge. */
    static Dataset<Row> data(SparkSession session) {
        Random random = new Random(11);
        List<Row> rows = new ArrayList<>();
        for (long id = 0; id < 300; id++) {
            float[] x = new float[6];
            for (int i = 0; i < x.length; i++) {
                double v = random.nextGaussian() * Math.pow(10, random.nextInt(3) * (random.nextInt(20) == 0 ? 9 : 1));
                x[i] = random.nextInt(3) == 0 ? 0 : (float) v;
            }
            rows.add(row(id, x));
        }
        return session.createDataFrame(rows, SCHEMA).repartition(3);
    }

    private static Row row(long id, float[] x) {
        List<Float> floats = new ArrayList<>();
        double[] doubles = new double[6];
        List<Double> last = new ArrayList<>();
        ByteBuffer raw32 = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
        ByteBuffer raw64 = ByteBuffer.allocate(48).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < 6; i++) {
            floats.add(x[i]);
            doubles[i] = x[i];
            last.add((double) x[i % 3 * 2 + i / 3]); // [C,L] -> [L,C]
            raw32.putFloat(x[i]);
            raw64.putDouble(x[i]);
        }
        Vector dense = Vectors.dense(doubles);
        return RowFactory.create(
                id,
                floats,
                doubles,
                List.of(floats.subList(0, 2), floats.subList(2, 4), floats.subList(4, 6)),
                last,
                dense,
                dense.toSparse(),
                raw32.array(),
                raw64.array());
    }

    /** A column of each kind. */
    static List<TensorOptions> kinds() {
        return List.of(
                Tensors.column("floats", 3, 2),
                Tensors.column("doubles", 3, 2),
                Tensors.column("nested"),
                Tensors.channelsLast("last", 2, 3),
                Tensors.column("dense", 3, 2),
                Tensors.column("sparse", 3, 2),
                Tensors.column("raw32", 3, 2),
                Tensors.column("raw64", 3, 2).withDtype(Dtype.FLOAT64));
    }
}
