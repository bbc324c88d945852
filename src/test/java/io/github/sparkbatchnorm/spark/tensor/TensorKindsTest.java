package io.github.sparkbatchnorm.spark.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.spark.SharedSpark;
import io.github.sparkbatchnorm.spark.Tensors;
import io.github.sparkbatchnorm.spark.scan.DatasetStatistics;
import io.github.sparkbatchnorm.spark.transform.NormalizedDataset;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apache.spark.ml.image.ImageSchema;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same values as every kind of column, through every file format: one digest, and the same output values. */
class TensorKindsTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    private static final StructType SCHEMA = new StructType()
            .add("id", DataTypes.LongType)
            .add("floats", DataTypes.createArrayType(DataTypes.FloatType))
            .add("doubles", DataTypes.createArrayType(DataTypes.DoubleType, false))
            .add("nested", DataTypes.createArrayType(DataTypes.createArrayType(DataTypes.FloatType)))
            .add("last", DataTypes.createArrayType(DataTypes.DoubleType))
            .add("dense", SQLDataTypes.VectorType())
            .add("sparse", SQLDataTypes.VectorType())
            .add("raw32", DataTypes.BinaryType)
            .add("raw64", DataTypes.BinaryType);

    private final List<float[]> samples = new ArrayList<>();
    private Dataset<Row> data;

    /** 300 samples of shape [3, 2], a third of the values zero, some tiny, some huge. */
    @BeforeEach
    void makeData() {
        Random random = new Random(11);
        List<Row> rows = new ArrayList<>();
        for (long id = 0; id < 300; id++) {
            float[] x = new float[6];
            for (int i = 0; i < x.length; i++) {
                double v = random.nextGaussian() * Math.pow(10, random.nextInt(3) * (random.nextInt(20) == 0 ? 9 : 1));
                x[i] = random.nextInt(3) == 0 ? 0 : (float) v;
            }
            samples.add(x);
            rows.add(row(id, x));
        }
        data = spark().createDataFrame(rows, SCHEMA).repartition(3);
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

    private List<TensorOptions> kinds() {
        return List.of(
                Tensors.column("floats", 3, 2),
                Tensors.column("doubles", 3, 2),
                Tensors.column("nested"),
                Tensors.channelsLast("last", 2, 3),
                Tensors.column("dense", 3, 2),
                Tensors.column("sparse", 3, 2),
                Tensors.column("raw32", 3, 2),
                Tensors.float64(Tensors.column("raw64", 3, 2)));
    }

    @Test
    void everyKindOfColumnHasTheSameDigest() {
        String digest = Tensors.statistics(data, kinds().get(0)).digest();
        for (TensorOptions kind : kinds()) {
            assertThat(Tensors.statistics(data, kind).digest())
                    .as(kind.columns().toString())
                    .isEqualTo(digest);
        }
    }

    @Test
    void everyFileFormatHasTheSameDigest(@TempDir Path folder) {
        TensorOptions floats = Tensors.column("floats", 3, 2);
        String digest = Tensors.statistics(data, floats).digest();
        Dataset<Row> exact = data.selectExpr(
                "id", "doubles floats", "transform(nested, row -> transform(row, v -> cast(v as double))) nested");
        for (String format : List.of("parquet", "orc", "json")) {
            String path = folder.resolve(format).toString();
            // The shortest decimal of a float is another double: text holds the exact ones.
            (format.equals("json") ? exact : data.select("id", "floats", "nested"))
                    .write()
                    .format(format)
                    .save(path);
            Dataset<Row> read = spark().read().format(format).load(path);
            assertThat(Tensors.statistics(read, floats).digest()).as(format).isEqualTo(digest);
            assertThat(Tensors.statistics(read, Tensors.column("nested")).digest())
                    .isEqualTo(digest);
        }
    }

    @Test
    void channelColumnsAndCsvHaveTheDigestOfTheArray(@TempDir Path folder) {
        TensorOptions flat = Tensors.column("floats");
        String digest = Tensors.statistics(data, flat).digest();
        TensorOptions channels = Tensors.channels(HandleInvalid.ERROR, "c0", "c1", "c2", "c3", "c4", "c5");
        Dataset<Row> columns = data.selectExpr(
                "id",
                "floats[0] c0",
                "cast(floats[1] as double) c1",
                "floats[2] c2",
                "floats[3] c3",
                "floats[4] c4",
                "floats[5] c5");
        assertThat(Tensors.statistics(columns, channels).digest()).isEqualTo(digest);
        String path = folder.resolve("csv").toString();
        columns.selectExpr(
                        "id",
                        "cast(c0 as double) c0",
                        "c1",
                        "cast(c2 as double) c2",
                        "cast(c3 as double) c3",
                        "cast(c4 as double) c4",
                        "cast(c5 as double) c5")
                .write()
                .option("header", true)
                .csv(path);
        Dataset<Row> csv = spark().read()
                .option("header", true)
                .option("inferSchema", true)
                .csv(path);
        assertThat(Tensors.statistics(csv, channels).digest()).isEqualTo(digest);
    }

    @Test
    void channelColumnsOfColumnarBatchesHaveTheDigestOfTheirRows(@TempDir Path folder) {
        Dataset<Row> columns = spark().range(0, 10_003, 1, 2)
                .selectExpr(
                        "cast(sin(id) as float) a",
                        "cos(id) b",
                        "cast(1000 * sin(id) as int) c",
                        "cast(1000 * cos(id) as short) d",
                        "cast(100 * cos(id) as byte) e",
                        "id % 3 = 0 f",
                        "id * 12345678901 g",
                        "cast(exp(sin(id)) as float) h",
                        "if(id = 5000, null, cast(id as float)) i",
                        "if(id = 9000, 9007199254740993L, id) j",
                        "cast(id % 2 as int) k");
        List<TensorOptions> channels = List.of(
                Tensors.channels(HandleInvalid.ERROR, "a", "b", "c", "d", "e", "f", "g"),
                Tensors.channels(HandleInvalid.ERROR, "h", "a"),
                Tensors.channels(HandleInvalid.ERROR, "a", "k", "h"),
                Tensors.channels(HandleInvalid.KEEP, "h", "i", "a"),
                Tensors.channels(HandleInvalid.SKIP, "h", "i", "a"));
        for (String format : List.of("parquet", "orc")) {
            String path = folder.resolve(format).toString();
            columns.write().format(format).partitionBy("k").save(path);
            Dataset<Row> read = spark().read().format(format).load(path);
            for (TensorOptions some : channels) {
                DatasetStatistics rows = Tensors.statistics(columns, some);
                DatasetStatistics batches = Tensors.statistics(read, some);
                assertThat(batches.digest()).as(format + some.columns()).isEqualTo(rows.digest());
                assertThat(batches.rows()).isEqualTo(rows.rows());
            }
            assertThatThrownBy(() -> Tensors.statistics(read, Tensors.channels(HandleInvalid.ERROR, "a", "i")))
                    .isInstanceOf(BatchNormException.class)
                    .hasMessageContaining("null in 1 row");
            assertThatThrownBy(() -> Tensors.statistics(read, Tensors.channels(HandleInvalid.ERROR, "a", "j")))
                    .isInstanceOf(BatchNormException.class)
                    .hasMessageContaining("integers beyond 2^53 in 1 row");
        }
    }

    @Test
    void binaryColumnsOfColumnarBatchesHaveTheDigestOfTheirRows(@TempDir Path folder) {
        Dataset<Row> once = data.selectExpr("raw32", "raw64", "if(id % 7 < 5, raw32, null) some");
        Dataset<Row> often = once.union(once).union(once).union(once).coalesce(1); // Parquet makes dictionaries
        List<TensorOptions> columns = List.of(
                Tensors.column("raw32"),
                Tensors.float64(Tensors.column("raw64", 3, 2)),
                Tensors.column("some", HandleInvalid.SKIP));
        for (Dataset<Row> rows : List.of(once, often)) {
            for (String format : List.of("parquet", "orc")) {
                String path = folder.resolve(format).toString();
                rows.write().mode("overwrite").format(format).save(path);
                Dataset<Row> read = spark().read().format(format).load(path);
                for (TensorOptions column : columns) {
                    assertThat(Tensors.statistics(read, column).digest())
                            .as(format + column.columns())
                            .isEqualTo(Tensors.statistics(rows, column).digest());
                }
            }
        }
    }

    @Test
    void imagesHaveTheDigestOfTheArraysOfTheirBytes(@TempDir Path folder) {
        StructType schema = ImageSchema.imageSchema().add("x", DataTypes.createArrayType(DataTypes.IntegerType));
        for (int channels : new int[] {1, 3, 4, 20}) {
            Dataset<Row> once = spark().createDataFrame(images(channels), schema);
            Dataset<Row> often = once.union(once).union(once).union(once).coalesce(1); // Parquet makes dictionaries
            for (Dataset<Row> images : List.of(once, often)) {
                String digest = Tensors.statistics(
                                images.filter("x is not null"), Tensors.channelsLast("x", 2, 2, channels))
                        .digest();
                TensorOptions column = Tensors.column("image", HandleInvalid.SKIP);
                assertThat(Tensors.statistics(images, column).digest()).isEqualTo(digest);
                for (String format : List.of("parquet", "orc")) {
                    String path = folder.resolve(format).toString();
                    images.write().mode("overwrite").format(format).save(path);
                    Dataset<Row> read = spark().read().format(format).load(path);
                    assertThat(Tensors.statistics(read, column).digest())
                            .as(format + channels)
                            .isEqualTo(digest);
                }
            }
        }
    }

    @Test
    void imagesThatAFileDoesNotHaveAreNull(@TempDir Path folder) {
        StructType schema = ImageSchema.imageSchema().add("id", DataTypes.LongType);
        for (String format : List.of("parquet", "orc")) {
            String path = folder.resolve(format).toString();
            data.select("id").write().format(format).save(path);
            Dataset<Row> read = spark().read().schema(schema).format(format).load(path);
            assertThatThrownBy(() -> Tensors.statistics(read, Tensors.column("image")))
                    .isInstanceOf(BatchNormException.class)
                    .hasMessageContaining("column image: null in 300 rows");
        }
    }

    /** Images of 2 by 2 pixels, and the same bytes as arrays; some null, some that could not be decoded. */
    private static List<Row> images(int channels) {
        Random random = new Random(channels);
        List<Row> rows = new ArrayList<>();
        for (int r = 0; r < 200; r++) {
            byte[] bytes = new byte[4 * channels];
            random.nextBytes(bytes);
            List<Integer> x = new ArrayList<>();
            for (byte b : bytes) {
                x.add(b & 0xFF);
            }
            rows.add(
                    switch (r % 20) {
                        case 7 -> RowFactory.create(null, null);
                        case 13 -> RowFactory.create(RowFactory.create("bad", -1, -1, -1, -1, new byte[0]), null);
                        default -> RowFactory.create(RowFactory.create("good", 2, 2, channels, 16, bytes), x);
                    });
        }
        return rows;
    }

    @Test
    void everyKindOfColumnGivesTheSameOutputInItsOwnType() {
        DatasetStatistics statistics = Tensors.statistics(data, kinds().get(0));
        BatchNormState state = BatchNormState.initial(3, BatchNormConfig.DEFAULT);
        List<double[]> expected = null;
        for (TensorOptions kind : kinds()) {
            TensorColumn column = TensorColumn.of(data.schema(), kind);
            String name = kind.columns().get(0);
            try (NormalizedDataset normalized = NormalizedDataset.withBatchStatistics(
                    data, column, statistics, state, NonFinitePolicy.PROPAGATE, "y")) {
                Dataset<Row> result = normalized.dataset();
                assertThat(result.schema().apply("y").dataType())
                        .isEqualTo(SCHEMA.apply(name).dataType());
                assertThat(result.columns()).containsExactly(append(data.columns(), "y"));
                boolean single = List.of("floats", "nested", "raw32").contains(name);
                List<double[]> values = new ArrayList<>();
                for (Row row : result.orderBy("id").select("y").collectAsList()) {
                    values.add(values(row.get(0), name));
                }
                if (expected == null) {
                    expected = values;
                    assertThat(values).hasSize(300);
                } else {
                    for (int r = 0; r < 300; r++) {
                        for (int i = 0; i < 6; i++) {
                            double y = values.get(r)[i];
                            assertThat((float) y).as(name).isEqualTo((float) expected.get(r)[i]);
                            assertThat(single ? (float) y : y).isEqualTo(y);
                        }
                    }
                }
            }
        }
    }

    private static String[] append(String[] names, String name) {
        String[] all = Arrays.copyOf(names, names.length + 1);
        all[names.length] = name;
        return all;
    }

    /** An output value, flat with channels first. */
    private static double[] values(Object value, String kind) {
        if (value instanceof Vector vector) {
            return vector.toArray();
        }
        double[] flat = new double[6];
        if (value instanceof byte[] bytes) {
            ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
            for (int i = 0; i < 6; i++) {
                flat[i] = bytes.length == 24 ? in.getFloat() : in.getDouble();
            }
            return flat;
        }
        List<Number> numbers = new ArrayList<>();
        flatten(value, numbers);
        for (int i = 0; i < 6; i++) {
            flat[kind.equals("last") ? i % 3 * 2 + i / 3 : i] = numbers.get(i).doubleValue();
        }
        return flat;
    }

    private static void flatten(Object value, List<Number> out) {
        if (value instanceof Number number) {
            out.add(number);
        } else {
            scala.jdk.javaapi.CollectionConverters.asJava((scala.collection.Iterable<?>) value)
                    .forEach(inner -> flatten(inner, out));
        }
    }

    @Test
    void integersAndBooleansAreAcceptedAndNormalizedAsDoubles() {
        Dataset<Row> numbers = spark().range(0, 100, 1, 3)
                .selectExpr(
                        "array(cast(id as byte), cast(id * 2 as byte)) bytes",
                        "array(cast(id as short), cast(id * 2 as short)) shorts",
                        "array(cast(id as int), cast(id * 2 as int)) ints",
                        "array(id, id * 2) longs",
                        "array(cast(id as double), cast(id * 2 as double)) doubles",
                        "array(id % 2 = 0, id > 50) booleans",
                        "array(double(id % 2 = 0), double(id > 50)) zeroOne")
                .selectExpr("*", "transform(bytes, b -> cast(b & 127 as byte)) same");
        numbers = numbers.filter("longs[1] < 128").coalesce(2);
        String digest = Tensors.statistics(numbers, Tensors.column("doubles")).digest();
        for (String name : List.of("bytes", "shorts", "ints", "longs")) {
            assertThat(Tensors.statistics(numbers, Tensors.column(name)).digest())
                    .as(name)
                    .isEqualTo(digest);
            TensorColumn column = TensorColumn.of(numbers.schema(), Tensors.column(name));
            assertThat(column.codec().outputType().simpleString()).isEqualTo("array<double>");
        }
        assertThat(Tensors.statistics(numbers, Tensors.column("booleans")).digest())
                .isEqualTo(
                        Tensors.statistics(numbers, Tensors.column("zeroOne")).digest());
    }
}
