package io.github.sparkbatchnorm.spark.shims;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.spark.SharedSpark;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.mapreduce.Job;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.Appender;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.Logger;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.Property;
import org.apache.parquet.column.ColumnWriteStore;
import org.apache.parquet.column.ParquetProperties;
import org.apache.parquet.column.page.PageWriteStore;
import org.apache.parquet.column.values.bloomfilter.BloomFilterWriteStore;
import org.apache.parquet.hadoop.ParquetOutputFormat;
import org.apache.parquet.io.ColumnIOFactory;
import org.apache.parquet.io.ValidatingRecordConsumer;
import org.apache.parquet.io.api.RecordConsumer;
import org.apache.parquet.schema.MessageType;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.expressions.UnsafeArrayData;
import org.apache.spark.sql.execution.datasources.parquet.ParquetWriteSupport;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** {@link ArrayParquetFormat} writes the bytes that Spark's own Parquet source writes. */
final class ArrayParquetFormatTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    private static final String LEGACY = "spark.sql.parquet.writeLegacyFormat";
    private static final int ROWS = 3000;
    private static final DataType FLOATS = DataTypes.createArrayType(DataTypes.FloatType);
    private static final DataType DOUBLES = DataTypes.createArrayType(DataTypes.DoubleType, false);

    private static final StructType SCHEMA = new StructType()
            .add("id", DataTypes.LongType)
            .add("floats", FLOATS)
            .add("doubles", DOUBLES)
            .add("few", FLOATS)
            .add("nested", DataTypes.createArrayType(FLOATS))
            .add("ints", DataTypes.createArrayType(DataTypes.IntegerType))
            .add("vector", SQLDataTypes.VectorType())
            .add("map", DataTypes.createMapType(DataTypes.StringType, DOUBLES))
            .add(
                    "structs",
                    DataTypes.createArrayType(new StructType().add("a", FLOATS).add("b", DOUBLES)))
            .add("scalar", DataTypes.DoubleType);

    /** Arrays of any length, null ones and such with nulls, wherever a schema can have them. */
    private Dataset<Row> data() {
        Random random = new Random(5);
        List<Row> rows = new ArrayList<>();
        for (long id = 0; id < ROWS; id++) {
            rows.add(RowFactory.create(
                    id,
                    floats(random, 40, true),
                    random.nextInt(9) == 0 ? null : doubles(random),
                    random.nextInt(9) == 0 ? null : List.of((float) random.nextInt(3), 2f, 2f),
                    List.of(floats(random, 3, true), floats(random, 9, false), floats(random, 5, false)),
                    List.of(1, 2, random.nextInt()),
                    random.nextBoolean()
                            ? Vectors.dense(random.doubles(8).toArray())
                            : Vectors.sparse(8, new int[] {1, 5}, new double[] {Double.NaN, -0.0}),
                    Map.of("a", doubles(random)),
                    List.of(
                            RowFactory.create(floats(random, 4, true), doubles(random)),
                            RowFactory.create(null, doubles(random))),
                    random.nextGaussian()));
        }
        return spark().createDataFrame(rows, SCHEMA).coalesce(1);
    }

    private static List<Float> floats(Random random, int limit, boolean nulls) {
        Float[] values = new Float[random.nextInt(limit + 1)];
        boolean some = nulls && random.nextInt(4) == 0;
        for (int i = 0; i < values.length; i++) {
            values[i] = some && random.nextInt(3) == 0 ? null : (float) random.nextGaussian();
        }
        return Arrays.asList(values);
    }

    private static List<Double> doubles(Random random) {
        return random.doubles(random.nextInt(9)).boxed().toList();
    }

    static Stream<Map<String, String>> settings() {
        return Stream.of(
                Map.of(),
                Map.of("parquet.enable.dictionary", "false"),
                Map.of("parquet.writer.version", "v2"),
                // Many row groups and pages, which begin where a record does.
                Map.of("parquet.block.size", "20000", "parquet.page.size", "2000"),
                Map.of("compression", "zstd", "parquet.bloom.filter.enabled", "true"));
    }

    @ParameterizedTest
    @MethodSource("settings")
    void filesHaveTheBytesOfSparks(Map<String, String> options, @TempDir Path folder) throws IOException {
        assertSameBytes(options, folder);
    }

    @Test
    void filesOfLegacyListsHaveTheBytesOfSparks(@TempDir Path folder) throws IOException {
        spark().conf().set(LEGACY, true);
        try {
            assertSameBytes(Map.of(), folder);
        } finally {
            spark().conf().unset(LEGACY);
        }
    }

    private void assertSameBytes(Map<String, String> options, Path folder) throws IOException {
        byte[] sparks = written("parquet", options, folder.resolve("sparks"));
        byte[] ours = written(ArrayParquetFormat.class.getName(), options, folder.resolve("ours"));
        assertThat(ours.length).isGreaterThan(100_000);
        assertThat(Arrays.equals(ours, sparks)).isTrue();
    }

    private byte[] written(String format, Map<String, String> options, Path folder) throws IOException {
        data().write().format(format).options(options).save(folder.toString());
        try (Stream<Path> files = Files.list(folder)) {
            Path part = files.filter(file -> file.getFileName().toString().startsWith("part-"))
                    .findFirst()
                    .orElseThrow();
            return Files.readAllBytes(part);
        }
    }

    @Test
    void theSettingTurnsTheFasterWriterOff(@TempDir Path folder) throws IOException {
        spark().conf().set(ArrayParquetFormat.ARRAYS, "false");
        try {
            assertThat(writeSupport()).isNotEqualTo(ArrayWriteSupport.class);
            assertSameBytes(Map.of(), folder);
            spark().conf().set(ArrayParquetFormat.ARRAYS, "true");
            assertThat(writeSupport()).isEqualTo(ArrayWriteSupport.class);
            spark().conf().set(ArrayParquetFormat.ARRAYS, "maybe");
            assertThatThrownBy(this::writeSupport)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("spark.batchnorm.parquet.arrays is 'maybe'; expected true or false");
        } finally {
            spark().conf().unset(ArrayParquetFormat.ARRAYS);
        }
        assertThat(writeSupport()).isEqualTo(ArrayWriteSupport.class);
    }

    private Class<?> writeSupport() throws IOException {
        Job job = Job.getInstance(spark().sessionState().newHadoopConf());
        new ArrayParquetFormat().prepareWrite(spark(), job, scala.collection.immutable.Map$.MODULE$.empty(), SCHEMA);
        return ParquetOutputFormat.getWriteSupportClass(job.getConfiguration());
    }

    @Test
    void anUnknownVersionOfParquetIsGivenEachElementAsSparkDoesAndTheLogSaysSoOnce() {
        ArrayWriteSupport support = new ArrayWriteSupport("1.99.0");
        MessageType schema = support.init(configuration()).getSchema();
        ColumnWriteStore store = store(schema);
        List<String> lines = logged(() -> support.prepareForWrite(
                new ColumnIOFactory().getColumnIO(schema).getRecordWriter(store)));
        assertThat(support.writesDirectly()).isFalse();
        assertThat(lines)
                .containsExactly("Arrays are written by Spark's slower Parquet writer: Parquet is of version 1.99.0;"
                        + " expected 1.16.0");
        long before = store.getBufferedSize();
        support.write(thousandFloats());
        assertThat(store.getBufferedSize() - before).isGreaterThanOrEqualTo(4000);
        assertThat(logged(() -> new ArrayWriteSupport("1.99.0")
                        .prepareForWrite(
                                new ColumnIOFactory().getColumnIO(schema).getRecordWriter(store))))
                .isEmpty();
    }

    private static List<String> logged(Runnable action) {
        List<String> lines = new ArrayList<>();
        Logger logger = (Logger) LogManager.getLogger(ArrayWriteSupport.class);
        Appender appender = new AbstractAppender("lines", null, null, false, Property.EMPTY_ARRAY) {
            @Override
            public void append(LogEvent event) {
                lines.add(event.getMessage().getFormattedMessage());
            }
        };
        appender.start();
        logger.addAppender(appender);
        try {
            action.run();
        } finally {
            logger.removeAppender(appender);
        }
        return lines;
    }

    @Test
    void elementsGoStraightToTheColumnOfParquetsOwnConsumer() {
        ArrayWriteSupport support = new ArrayWriteSupport();
        MessageType schema = support.init(configuration()).getSchema();
        ColumnWriteStore store = store(schema);
        support.prepareForWrite(new ColumnIOFactory().getColumnIO(schema).getRecordWriter(store));
        assertThat(support.writesDirectly()).isTrue();
        long before = store.getBufferedSize();
        support.write(thousandFloats());
        assertThat(store.getBufferedSize() - before).isGreaterThanOrEqualTo(4000);
    }

    @Test
    void anotherConsumerIsGivenEachElementAsSparkDoes() {
        ArrayWriteSupport support = new ArrayWriteSupport();
        MessageType schema = support.init(configuration()).getSchema();
        ColumnWriteStore store = store(schema);
        RecordConsumer own = new ColumnIOFactory().getColumnIO(schema).getRecordWriter(store);
        support.prepareForWrite(new ValidatingRecordConsumer(own, schema));
        assertThat(support.writesDirectly()).isFalse();
        long before = store.getBufferedSize();
        support.write(thousandFloats());
        assertThat(store.getBufferedSize() - before).isGreaterThanOrEqualTo(4000);
    }

    private static Configuration configuration() {
        Configuration configuration = new Configuration(false);
        ParquetWriteSupport.setSchema(new StructType().add("x", FLOATS), configuration);
        configuration.set(LEGACY, "false");
        configuration.set("spark.sql.parquet.outputTimestampType", "INT96");
        configuration.set("spark.sql.parquet.fieldId.write.enabled", "false");
        configuration.set("spark.sql.parquet.variant.annotateLogicalType.enabled", "false");
        return configuration;
    }

    private static InternalRow thousandFloats() {
        return new GenericInternalRow(new Object[] {UnsafeArrayData.fromPrimitiveArray(new float[1000])});
    }

    private static ColumnWriteStore store(MessageType schema) {
        ParquetProperties properties =
                ParquetProperties.builder().withDictionaryEncoding(false).build();
        return properties.newColumnWriteStore(
                schema, nothing(PageWriteStore.class), nothing(BloomFilterWriteStore.class));
    }

    /** Does nothing with what it gets, and gives others of the kind. */
    private static <T> T nothing(Class<T> type) {
        return type.cast(
                Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (self, method, arguments) -> {
                    Class<?> result = method.getReturnType();
                    return result.isInterface() ? nothing(result) : result.equals(long.class) ? (Object) 0L : null;
                }));
    }
}
