package io.github.sparkbatchnorm.jobs.bench;

import io.github.sparkbatchnorm.spark.tensor.TensorOptions;
import io.github.sparkbatchnorm.stats.SampleShape;
import io.github.sparkbatchnorm.stats.SampleShape.Layout;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.ml.image.ImageSchema;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/**
 * Synthetic data for {@code bench}: normally distributed values, the same in each run.
 *
 * @param name the name for users
 * @param kind how a sample is stored
 * @param shape the shape of a sample, in the order in which it is stored
 * @param channelsLast whether C is its last axis
 */
record BenchData(String name, Kind kind, List<Integer> shape, boolean channelsLast) implements Serializable {
    /** How a sample is stored. */
    enum Kind {
        FLOATS,
        DOUBLES,
        DENSE_VECTOR,
        SPARSE_VECTOR,
        BINARY,
        COLUMNS,
        IMAGE
    }

    private static final long serialVersionUID = 1L;

    static final String TENSOR = "x";
    static final String ORDERED = "batch_in_order";
    static final String INTERLEAVED = "batch_interleaved";
    static final int BATCHES = 1000;

    private static final int SPARSITY = 20;

    static List<BenchData> all() {
        return List.of(
                new BenchData("floats", Kind.FLOATS, List.of(256), false),
                new BenchData("doubles", Kind.DOUBLES, List.of(256), false),
                new BenchData("vectors", Kind.DENSE_VECTOR, List.of(256), false),
                new BenchData("sparse", Kind.SPARSE_VECTOR, List.of(256), false),
                new BenchData("binary", Kind.BINARY, List.of(256), false),
                new BenchData("columns", Kind.COLUMNS, List.of(32), false),
                new BenchData("images", Kind.IMAGE, List.of(64, 64, 3), true),
                new BenchData("floats-2d", Kind.FLOATS, List.of(64, 28, 28), false),
                new BenchData("floats-2d-last", Kind.FLOATS, List.of(28, 28, 64), true),
                new BenchData("floats-3d", Kind.FLOATS, List.of(16, 8, 16, 16), false),
                new BenchData("floats-3d-last", Kind.FLOATS, List.of(8, 16, 16, 16), true));
    }

    /** Whether samples are vectors of Spark ML. */
    boolean isVector() {
        return kind == Kind.DENSE_VECTOR || kind == Kind.SPARSE_VECTOR;
    }

    int length() {
        return shape.stream().reduce(1, (a, b) -> a * b);
    }

    /** The number of rows that hold about as many values; 1 or more. */
    long rows(long values) {
        return Math.max(1, values / length());
    }

    /** The columns of the tensor. */
    List<String> columns() {
        return kind == Kind.COLUMNS
                ? IntStream.range(0, length()).mapToObj(c -> "c" + c).toList()
                : List.of(TENSOR);
    }

    TensorOptions options(@Nullable String batchColumn) {
        TensorOptions options =
                switch (kind) {
                    case COLUMNS -> TensorOptions.channelColumns(columns());
                    case IMAGE -> TensorOptions.column(TENSOR);
                    default -> TensorOptions.column(TENSOR).withShape(sampleShape());
                };
        return batchColumn == null ? options : options.withBatchColumn(batchColumn);
    }

    private SampleShape sampleShape() {
        Layout layout = channelsLast ? Layout.CHANNELS_LAST : Layout.CHANNELS_FIRST;
        return SampleShape.of(layout, shape.stream().mapToInt(Integer::intValue).toArray());
    }

    /** Makes rows of an id, two batch columns and the tensor. */
    Dataset<Row> make(SparkSession session, long rows) {
        BenchData self = this;
        JavaSparkContext context = JavaSparkContext.fromSparkContext(session.sparkContext());
        int partitions = 2 * context.defaultParallelism();
        JavaRDD<Row> data = session.range(0, rows, 1, partitions).toJavaRDD().map(id -> self.row(id, rows));
        return session.createDataFrame(data, schema());
    }

    private StructType schema() {
        List<StructField> fields = new ArrayList<>();
        fields.add(DataTypes.createStructField("id", DataTypes.LongType, false));
        fields.add(DataTypes.createStructField(ORDERED, DataTypes.IntegerType, false));
        fields.add(DataTypes.createStructField(INTERLEAVED, DataTypes.IntegerType, false));
        columns().forEach(column -> fields.add(DataTypes.createStructField(column, type(), false)));
        return DataTypes.createStructType(fields);
    }

    private DataType type() {
        return switch (kind) {
            case FLOATS -> DataTypes.createArrayType(DataTypes.FloatType, false);
            case DOUBLES -> DataTypes.createArrayType(DataTypes.DoubleType, false);
            case DENSE_VECTOR, SPARSE_VECTOR -> SQLDataTypes.VectorType();
            case BINARY -> DataTypes.BinaryType;
            case COLUMNS -> DataTypes.FloatType;
            case IMAGE -> ImageSchema.columnSchema();
        };
    }

    private Row row(long id, long rows) {
        SplittableRandom random = new SplittableRandom(id);
        List<Object> row = new ArrayList<>();
        row.add(id);
        row.add((int) (id * BATCHES / rows));
        row.add((int) (id % BATCHES));
        switch (kind) {
            case FLOATS -> row.add(floats(random));
            case DOUBLES -> row.add(doubles(random));
            case DENSE_VECTOR -> row.add(Vectors.dense(doubles(random)));
            case SPARSE_VECTOR -> row.add(sparse(random));
            case BINARY -> row.add(binary(random));
            case COLUMNS -> row.addAll(Arrays.asList((Object[]) floats(random)));
            case IMAGE -> row.add(image(random));
        }
        return RowFactory.create(row.toArray());
    }

    private double[] doubles(SplittableRandom random) {
        double[] values = new double[length()];
        for (int i = 0; i < values.length; i++) {
            values[i] = 1 + 3 * random.nextGaussian();
        }
        return values;
    }

    private Float[] floats(SplittableRandom random) {
        return Arrays.stream(doubles(random)).mapToObj(v -> (float) v).toArray(Float[]::new);
    }

    private Object sparse(SplittableRandom random) {
        int named = Math.max(1, length() / SPARSITY);
        int[] indices = IntStream.range(0, named)
                .map(i -> i * SPARSITY + random.nextInt(SPARSITY))
                .toArray();
        return Vectors.sparse(length(), indices, Arrays.copyOf(doubles(random), named));
    }

    private byte[] binary(SplittableRandom random) {
        ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * length()).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : floats(random)) {
            bytes.putFloat(value);
        }
        return bytes.array();
    }

    private Row image(SplittableRandom random) {
        byte[] bytes = new byte[length()];
        random.nextBytes(bytes);
        return RowFactory.create("made up", shape.get(0), shape.get(1), shape.get(2), 16, bytes);
    }
}
