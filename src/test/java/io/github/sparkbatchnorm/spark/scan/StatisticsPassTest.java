package io.github.sparkbatchnorm.spark.scan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.spark.SharedSpark;
import io.github.sparkbatchnorm.spark.Tensors;
import io.github.sparkbatchnorm.spark.tensor.HandleInvalid;
import io.github.sparkbatchnorm.spark.tensor.SparseRows;
import io.github.sparkbatchnorm.spark.tensor.TensorColumn;
import io.github.sparkbatchnorm.spark.tensor.TensorOptions;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import io.github.sparkbatchnorm.stats.SampleShape;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.ml.attribute.AttributeGroup;
import org.apache.spark.ml.image.ImageSchema;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.Metadata;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class StatisticsPassTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    private Dataset<Row> rows(String... expressions) {
        return spark().range(0, 20, 1, 3).selectExpr(expressions);
    }

    @Test
    void meanAndVarianceAreThoseOfTheColumn() {
        ChannelStatistics statistics = Tensors.statistics(rows("array(id, 2 * id + 1, 7) x"), Tensors.column("x"))
                .batches()
                .get(0)
                .statistics();
        assertThat(statistics.count(0)).isEqualTo(20);
        assertThat(statistics.mean(0)).isEqualTo(9.5);
        assertThat(statistics.populationVariance(0)).isEqualTo(33.25); // (20^2 - 1) / 12
        assertThat(statistics.sampleVariance(0)).isEqualTo(35);
        assertThat(statistics.mean(1)).isEqualTo(20);
        assertThat(statistics.populationVariance(1)).isEqualTo(4 * 33.25);
        assertThat(statistics.populationVariance(2)).isZero();
        assertThat(statistics.max(1)).isEqualTo(39);
    }

    /** Column type, its expression, and the labels in Spark's ascending order. */
    static Stream<Arguments> batchKeys() {
        return Stream.of(
                Arguments.of("cast(id % 3 - 1 as byte)", List.of(-1L, 0L, 1L)),
                Arguments.of("cast(id % 3 - 1 as short)", List.of(-1L, 0L, 1L)),
                Arguments.of("cast(9 + id % 2 as int)", List.of(9L, 10L)),
                Arguments.of("id % 2 * 1000000000000 - 5", List.of(-5L, 999999999995L)),
                Arguments.of("if(id < 5, 'b', if(id < 9, 'B', if(id < 12, '10', '9')))", List.of("10", "9", "B", "b")),
                Arguments.of("if(id < 5, '\\uD83D\\uDE00', '\\uFFFD')", List.of("\uFFFD", "\uD83D\uDE00")),
                Arguments.of(
                        "date_add(date'1969-12-31', cast(id % 3 as int))",
                        List.of("1969-12-31", "1970-01-01", "1970-01-02")),
                Arguments.of(
                        "timestamp'2024-02-29 12:00:00' + make_interval(0, 0, 0, 0, 0, 0, id % 2 / 4)",
                        List.of("2024-02-29 12:00:00", "2024-02-29 12:00:00.25")),
                Arguments.of("timestamp_ntz'1960-01-01 00:00:00.000001'", List.of("1960-01-01 00:00:00.000001")));
    }

    @ParameterizedTest
    @MethodSource("batchKeys")
    void batchesComeInAscendingOrderWithTheirLabels(String expression, List<Object> labels) {
        Dataset<Row> data = rows("array(id) x", expression + " batch");
        DatasetStatistics statistics = Tensors.statistics(data, Tensors.columnByBatch("x", "batch"));
        assertThat(statistics.batches())
                .extracting(DatasetStatistics.Batch::label)
                .isEqualTo(labels);
        // Spark's own order, and its own cast.
        assertThat(data
                        .select("batch")
                        .distinct()
                        .orderBy("batch")
                        .selectExpr("cast(batch as string)")
                        .collectAsList()
                        .stream()
                        .map(row -> row.getString(0)))
                .containsExactlyElementsOf(labels.stream().map(Object::toString).toList());
    }

    @Test
    void theDigestOfTimestampsIsTheSameInEveryTimeZone() {
        Dataset<Row> data = rows("array(id) x", "timestamp_seconds(1730610000 + 3600 * (id % 4)) batch");
        String zone = spark().conf().get("spark.sql.session.timeZone");
        try {
            spark().conf().set("spark.sql.session.timeZone", "UTC");
            String digest = Tensors.statistics(data, Tensors.columnByBatch("x", "batch"))
                    .digest();
            spark().conf().set("spark.sql.session.timeZone", "America/New_York"); // one hour comes twice
            assertThat(Tensors.statistics(data, Tensors.columnByBatch("x", "batch"))
                            .digest())
                    .isEqualTo(digest);
        } finally {
            spark().conf().set("spark.sql.session.timeZone", zone);
        }
    }

    @Test
    void anImageWithoutBytesIsABadRow() {
        Dataset<Row> data = rows(
                "id",
                "named_struct('origin', '', 'height', 1, 'width', 1, 'nChannels', 1, 'mode', 0, 'data',"
                        + " if(id = 3, NULL, X'07')) image");
        assertThatThrownBy(() -> Tensors.statistics(data, Tensors.column("image")))
                .isInstanceOf(BatchNormException.class)
                .hasMessage("column image: bytes that are no whole number of values in 1 row, e.g. id=3; expected"
                        + " whole values, or a whole image: check dtype");
    }

    @Test
    void columnsOfTheSameNameDoNotDescribeARow() {
        Dataset<Row> data = rows("id", "if(id = 3, NULL, array(id)) x", "1 k", "2 K");
        assertThatThrownBy(() -> Tensors.statistics(data, Tensors.column("x")))
                .hasMessageContaining("null in 1 row, e.g. id=3; expected");
    }

    @Test
    void batchesThatAreTooManyForTheDriverAreAnError() {
        Dataset<Row> data = rows("array(id, 1) x", "id % 7 batch");
        assertThatThrownBy(() -> sevenBatches(data, new DriverRoom(2000, Long.MAX_VALUE)))
                .isInstanceOf(BatchNormException.class)
                .hasMessage(
                        "column x: 7 batches of 2 channels with results of 2.1 KiB; the driver needs 4.2 KiB of heap"
                                + " for that and has 2.0 KiB: set spark.driver.memory to 1g or more");
        assertThatThrownBy(() -> sevenBatches(data, new DriverRoom(1L << 30, 2000)))
                .isInstanceOf(BatchNormException.class)
                .hasMessage("column x: 7 batches of 2 channels with results of 2.1 KiB; spark.driver.maxResultSize is"
                        + " 2.0 KiB: give 1g or more");
    }

    @Test
    void aPartitionWithMoreThanItsShareOfTheBatchesIsRead() {
        Dataset<Row> data = rows("array(id, 1) x", "id % 7 batch");
        DatasetStatistics expected = Tensors.statistics(data, Tensors.columnByBatch("x", "batch"));
        for (int partitions : new int[] {1, 3, 40}) { // of 40, the share is none
            ScanPass.Outcome outcome = sevenBatches(data.repartition(partitions), new DriverRoom(1L << 30, 2200));
            assertThat(outcome.rows()).isEqualTo(20);
            assertThat(outcome.batches())
                    .extracting(batch -> batch.statistics().mean(0))
                    .isEqualTo(expected.batches().stream()
                            .map(batch -> batch.statistics().mean(0))
                            .toList());
        }
    }

    private static ScanPass.Outcome sevenBatches(Dataset<Row> data, DriverRoom room) {
        TensorColumn tensor = TensorColumn.of(data.schema(), Tensors.columnByBatch("x", "batch"));
        return new ScanPass(ScanInput.of(data, tensor, null), NonFinitePolicy.PROPAGATE, null, room).run("test", 0);
    }

    @Test
    void sumsThatTheDriverCannotTakeAreRefusedBeforeTheyAreSent() {
        Dataset<Row> data = rows("array(id, id * 1e100) x").repartition(3);
        TensorColumn tensor = TensorColumn.of(data.schema(), Tensors.column("x"));
        ScanInput input = ScanInput.of(data, tensor, null);
        assertThatThrownBy(() -> new ScanPass(input, NonFinitePolicy.PROPAGATE, null, new DriverRoom(500, 1L << 30))
                        .run("test", 0))
                .hasStackTraceContaining("BatchNormException: column x: sums of 2 channels,")
                .hasStackTraceContaining("; the driver needs")
                .hasStackTraceContaining("has 500 bytes: set spark.driver.memory to 1g or more");
        assertThatThrownBy(() -> new ScanPass(input, NonFinitePolicy.PROPAGATE, null, new DriverRoom(1L << 30, 300))
                        .run("test", 0))
                .hasStackTraceContaining("; spark.driver.maxResultSize is 300 bytes: give 1g or more");
        new ScanPass(input, NonFinitePolicy.PROPAGATE, null, new DriverRoom(1L << 30, 1000)).run("test", 0);
    }

    @Test
    void channelsWhoseSumsCannotFitATaskAreRefused() {
        TensorColumn tensor = TensorColumn.ofArrays("column x", SampleShape.channelsFirst(10_000_000));
        assertThatThrownBy(
                        () -> RowAccumulator.requireHeap(tensor, 10_000_000, 10_000_000, ScanPlan.MOMENTS, 2, 4L << 30))
                .isInstanceOf(BatchNormException.class)
                .hasMessage(
                        tensor.describe() + ": sums of 10,000,000 channels need 3.4 GiB of heap in each of 2 tasks at"
                                + " once, and there are 4.0 GiB: set spark.executor.memory to 7g or more (in local"
                                + " mode, set spark.driver.memory)");
        RowAccumulator.requireHeap(tensor, 10_000_000, 10_000_000, ScanPlan.MOMENTS, 1, 4L << 30);
        RowAccumulator.requireHeap(tensor, 10_000_000, 1000, ScanPlan.MOMENTS, 2, 4L << 30);
    }

    @Test
    void eachBatchHasTheStatisticsOfItsRowsAlone() {
        Dataset<Row> data = rows("array(id, id * id) x", "id % 3 batch");
        DatasetStatistics all = Tensors.statistics(data, Tensors.columnByBatch("x", "batch"));
        assertThat(all.rows()).isEqualTo(20);
        for (DatasetStatistics.Batch batch : all.batches()) {
            ChannelStatistics alone = Tensors.statistics(data.filter("batch = " + batch.label()), Tensors.column("x"))
                    .batches()
                    .get(0)
                    .statistics();
            for (int c = 0; c < 2; c++) {
                assertThat(batch.statistics().count(c)).isEqualTo(alone.count(c));
                assertThat(batch.statistics().mean(c)).isEqualTo(alone.mean(c));
                assertThat(batch.statistics().sampleVariance(c)).isEqualTo(alone.sampleVariance(c));
            }
        }
    }

    /** What is wrong: the columns of 20 rows, the options, and the message. */
    static Stream<Arguments> badRows() {
        String one = "array(id) x";
        return Stream.of(
                Arguments.of(
                        "if(id = 17, array(1f, 2f), array(1f, 2f, 3f)) x",
                        Tensors.column("x"),
                        "column x: rows of length 2 (1 row, e.g. id=17) and 3 (19 rows); expected one length or set shape"),
                Arguments.of(
                        "if(id > 14, array(1f, 2f), array(1f, 2f, 3f)) x",
                        Tensors.column("x", 3),
                        "column x: rows of length 2 (5 rows, e.g. id=15); expected length 3"),
                Arguments.of(
                        "array(1f, 2f) x",
                        Tensors.column("x", 2, 2),
                        "column x: rows of length 2 (20 rows, e.g. id=0); expected length 4"),
                Arguments.of(
                        "if(id < 2, array(), array(1f)) x",
                        Tensors.column("x"),
                        "column x: rows of length 0 (2 rows, e.g. id=0) and 1 (18 rows); expected one length or set shape"),
                Arguments.of(
                        "cast(array() as array<float>) x",
                        Tensors.column("x"),
                        "column x: rows of length 0 (20 rows, e.g. id=0); expected one length or set shape"),
                Arguments.of(
                        "if(id in (3, 12), null, array(1f)) x",
                        Tensors.column("x"),
                        "column x: null in 2 rows, e.g. id=12; expected a sample in each row, or set handleInvalid to skip"
                                + " or keep"),
                Arguments.of(
                        "array(1f, if(id = 5, null, 2f)) x",
                        Tensors.column("x"),
                        "column x: null element in 1 row, e.g. id=5; expected none, or set handleInvalid to skip"),
                Arguments.of(
                        "array(1f, if(id = 5, null, 2f)) x",
                        Tensors.column("x", HandleInvalid.KEEP),
                        "column x: null element in 1 row, e.g. id=5; expected none, or set handleInvalid to skip"),
                Arguments.of(
                        "array(array(1f), if(id = 5, null, array(2f))) x",
                        Tensors.column("x"),
                        "column x: null element in 1 row, e.g. id=5; expected none, or set handleInvalid to skip"),
                Arguments.of(
                        "if(id = 4, array(array(1f, 2f), array(3f)), array(array(1f, 2f), array(3f, 4f))) x",
                        Tensors.column("x"),
                        "column x: nested arrays of unequal lengths in 1 row, e.g. id=4; expected each row to be"
                                + " rectangular"),
                Arguments.of(
                        "if(id = 4, array(array(1f), array(3f)), array(array(1f, 2f), array(3f, 4f))) x",
                        Tensors.column("x"),
                        "column x: rows of shape [2, 1] (1 row, e.g. id=4) and [2, 2] (19 rows); expected the same"
                                + " shape in each row"),
                Arguments.of(
                        "array(array(1f), array(3f)) x",
                        Tensors.column("x", 1, 2),
                        "column x: rows of shape [2, 1] (20 rows, e.g. id=0); expected shape [1, 2]"),
                Arguments.of(
                        "array(if(id = 8, 9007199254740993, id)) x",
                        Tensors.column("x"),
                        "column x: integers beyond 2^53 in 1 row, e.g. id=8; expected integers that a double holds"
                                + " exactly: scale or cast them"),
                Arguments.of(
                        "if(id = 8, X'000102', X'00010203') x",
                        Tensors.column("x"),
                        "column x: bytes that are no whole number of values in 1 row, e.g. id=8; expected whole"
                                + " values, or a whole image: check dtype"),
                Arguments.of(
                        one + ", if(id = 9, null, 1) batch",
                        Tensors.columnByBatch("x", "batch"),
                        "column x: null batch in 1 row, e.g. id=9, batch=null; expected a batch in each row"),
                Arguments.of(
                        "id x, if(id = 9, null, id) y",
                        Tensors.channels(HandleInvalid.ERROR, "x", "y"),
                        "columns x, y: null in 1 row, e.g. id=9; expected a number in each column, or set handleInvalid"
                                + " to skip or keep"),
                Arguments.of(
                        "if(id = 1, null, array(1f, if(id = 5, null, 2f))) x",
                        Tensors.column("x"),
                        "column x: null in 1 row, e.g. id=1; expected a sample in each row, or set handleInvalid to skip or"
                                + " keep; null element in 1 row, e.g. id=5; expected none, or set handleInvalid to skip"));
    }

    @ParameterizedTest
    @MethodSource("badRows")
    void badRowsAreOneMessageWithCountAndSmallestExample(String columns, TensorOptions options, String message) {
        spark().range(0, 20, 1, 3).createOrReplaceTempView("twenty");
        Dataset<Row> data = spark().sql("select id, " + columns + " from twenty");
        for (int partitions : new int[] {1, 7}) {
            Dataset<Row> arranged = data.repartition(partitions);
            assertThatThrownBy(() -> Tensors.statistics(arranged, options))
                    .isInstanceOf(BatchNormException.class)
                    .hasMessage(message);
        }
    }

    @Test
    void exampleIsCutAt200Characters() {
        Dataset<Row> data = rows("cast(null as array<float>) x", "repeat('a', 500) long");
        assertThatThrownBy(() -> Tensors.statistics(data, Tensors.column("x")))
                .hasMessageContaining("e.g. long=" + "a".repeat(195) + ";");
    }

    @Test
    void manySizesAreNotAllListed() {
        Dataset<Row> data = rows("array_repeat(1f, cast(id + 1 as int)) x");
        assertThatThrownBy(() -> Tensors.statistics(data, Tensors.column("x")))
                .hasMessage(
                        "column x: rows of length 1 (1 row), 2 (1 row), 3 (1 row), 4 (1 row), 5 (1 row) and 15 more;"
                                + " expected one length or set shape");
    }

    @Test
    void noRowsNeedsTheNumberOfChannelsFromElsewhere() {
        Dataset<Row> none = rows("array(1f) x", "id").filter("id < 0");
        assertThatThrownBy(() -> Tensors.statistics(none, Tensors.column("x")))
                .isInstanceOf(BatchNormException.class)
                .hasMessage("no rows: cannot tell the number of channels; set shape");
        assertThat(Tensors.statistics(none, Tensors.column("x", 5, 2)).channels())
                .isEqualTo(5);
        assertThat(Tensors.statistics(none, Tensors.column("x", 5)).batches()).isEmpty();
        assertThat(Tensors.statistics(none, Tensors.channels(HandleInvalid.ERROR, "id"))
                        .channels())
                .isEqualTo(1);
        TensorColumn column = TensorColumn.of(none.schema(), Tensors.column("x"));
        assertThat(StatisticsPass.run(none, column, NonFinitePolicy.PROPAGATE, 4)
                        .channels())
                .isEqualTo(4);
        assertThat(StatisticsPass.run(
                                spark().emptyDataFrame().selectExpr("array(1f) x"), column, NonFinitePolicy.FAIL, 4)
                        .rows())
                .isZero();
    }

    @Test
    void noRowsTakesChannelsFromVectorAttributes() {
        Metadata metadata = new AttributeGroup("v", 6).toMetadata();
        StructType schema =
                new StructType(new StructField[] {new StructField("v", SQLDataTypes.VectorType(), true, metadata)});
        Dataset<Row> none = spark().createDataFrame(List.<Row>of(), schema);
        assertThat(Tensors.statistics(none, Tensors.column("v")).channels()).isEqualTo(6);
    }

    @Test
    void otherNumberOfChannelsThanTheStateIsAnError() {
        Dataset<Row> data = rows("array(1f, 2f) x");
        TensorColumn column = TensorColumn.of(data.schema(), Tensors.column("x"));
        assertThatThrownBy(() -> StatisticsPass.run(data, column, NonFinitePolicy.PROPAGATE, 3))
                .isInstanceOf(BatchNormException.class)
                .hasMessage("column x: C = 2; expected C = 3, as the state has: give the state of this column");
    }

    @Test
    void skipDropsRowsAndBatchesThatItEmpties() {
        Dataset<Row> data = rows("id % 4 batch", "if(id % 4 = 2 or id = 0, null, array(id, if(id = 1, null, id))) x");
        TensorOptions options =
                new TensorOptions(List.of("x"), false, null, false, null, null, HandleInvalid.SKIP, "batch");
        DatasetStatistics statistics = Tensors.statistics(data, options);
        assertThat(statistics.rows()).isEqualTo(13);
        assertThat(statistics.batches())
                .extracting(DatasetStatistics.Batch::label)
                .containsExactly(0L, 1L, 3L);
        assertThat(statistics.batches().get(1).statistics().count(0)).isEqualTo(4);
    }

    @Test
    void rowsThatAreAllSkippedAreNotCalledNone() {
        Dataset<Row> data = rows("id", "id % 4 batch", "if(id = 3, array(null), cast(null as array<double>)) x");
        for (String batch : new String[] {null, "batch"}) {
            TensorOptions skip =
                    new TensorOptions(List.of("x"), false, null, false, null, null, HandleInvalid.SKIP, batch);
            assertThatThrownBy(() -> Tensors.statistics(data, skip))
                    .isInstanceOf(BatchNormException.class)
                    .hasMessage("column x: 20 rows, all skipped since they hold nulls: cannot tell the number of"
                            + " channels; set shape");
            TensorOptions keep =
                    new TensorOptions(List.of("x"), false, null, false, null, null, HandleInvalid.KEEP, batch);
            assertThatThrownBy(() -> Tensors.statistics(data.where("id = 4"), keep))
                    .hasMessage("column x: 1 row, all null: cannot tell the number of channels; set shape");
        }
    }

    @Test
    void keepLeavesNullCellsOutOfTheirChannel() {
        Dataset<Row> data = rows("cast(id as double) a", "if(id % 2 = 0, null, id) b", "cast(null as float) c");
        DatasetStatistics statistics = Tensors.statistics(data, Tensors.channels(HandleInvalid.KEEP, "a", "b", "c"));
        ChannelStatistics only = statistics.batches().get(0).statistics();
        assertThat(List.of(only.count(0), only.count(1), only.count(2))).containsExactly(20L, 10L, 0L);
        assertThat(only.mean(1)).isEqualTo(10);
        assertThat(only.mean(2)).isNaN();
    }

    @Test
    void notFiniteValuesFailNamingChannelsCountsAndAnExample() {
        Dataset<Row> data = rows(
                "id", "array(cast(id as double), if(id in (3, 8), double('NaN'), 1), if(id = 8, double('-inf'), 2)) x");
        assertThatThrownBy(() -> Tensors.statistics(data, Tensors.column("x"), NonFinitePolicy.FAIL))
                .isInstanceOf(BatchNormException.class)
                .hasMessage("column x: values that are not finite in channel 1 (2 NaN, 0 infinite), 2 (0 NaN, 1"
                        + " infinite); 2 rows, e.g. id=3; expected finite values, or set nonFinite to propagate,"
                        + " skip-batch or ignore");
        ChannelStatistics ignored = Tensors.statistics(data, Tensors.column("x"), NonFinitePolicy.IGNORE)
                .batches()
                .get(0)
                .statistics();
        assertThat(ignored.count(1)).isEqualTo(18);
        assertThat(ignored.mean(2)).isEqualTo(2);
        ChannelStatistics propagated =
                Tensors.statistics(data, Tensors.column("x")).batches().get(0).statistics();
        assertThat(propagated.mean(1)).isNaN();
        assertThat(propagated.mean(2)).isEqualTo(Double.NEGATIVE_INFINITY);
        assertThat(propagated.mean(0)).isEqualTo(ignored.mean(0));
        assertThat(Tensors.statistics(data, Tensors.column("x")).digest())
                .isEqualTo(Tensors.statistics(data, Tensors.column("x"), NonFinitePolicy.IGNORE)
                        .digest());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void imagesOfDifferentSizesCountEachPixel(int channels) {
        StructType image = ImageSchema.imageSchema();
        Dataset<Row> images = spark().createDataFrame(
                        List.of(image(2, 3, channels), image(4, 1, channels), image(-1, -1, -1)), image);
        TensorOptions options = Tensors.column("image", HandleInvalid.KEEP);
        ChannelStatistics statistics =
                Tensors.statistics(images, options).batches().get(0).statistics();
        assertThat(statistics.channels()).isEqualTo(channels);
        assertThat(statistics.count(0)).isEqualTo(10);
        assertThat(statistics.max(channels - 1)).isEqualTo(255);
        assertThatThrownBy(() -> Tensors.statistics(images, Tensors.column("image")))
                .hasMessageContaining("null in 1 row");
        Dataset<Row> mixed = images.union(spark().createDataFrame(List.of(image(1, 1, 4)), image));
        assertThatThrownBy(() -> Tensors.statistics(mixed, options))
                .hasMessageContaining("rows of channel count " + channels + " (2 rows) and 4 (1 row); expected the same"
                        + " channel count in each row");
    }

    private static Row image(int height, int width, int channels) {
        byte[] data = new byte[Math.max(0, height * width * channels)];
        Arrays.fill(data, (byte) 255);
        return RowFactory.create(RowFactory.create("f", height, width, channels, 0, data));
    }

    @Test
    void sparseVectorsCountWhatTheyDoNotName() {
        StructType schema = new StructType().add("v", SQLDataTypes.VectorType());
        Dataset<Row> data = spark().createDataFrame(
                        List.of(
                                RowFactory.create(Vectors.sparse(1_000_000, new int[] {5}, new double[] {4})),
                                RowFactory.create(Vectors.sparse(1_000_000, new int[] {5, 7}, new double[] {-2, 1})),
                                RowFactory.create(Vectors.sparse(1_000_000, new int[0], new double[0]))),
                        schema);
        ChannelStatistics statistics =
                Tensors.statistics(data, Tensors.column("v")).batches().get(0).statistics();
        assertThat(Tensors.statistics(data, Tensors.column("v")).sparse()).isEqualTo(new SparseRows(3, 3, 3_000_000));
        assertThat(statistics.count(0)).isEqualTo(3);
        assertThat(statistics.max(7)).isEqualTo(1);
        assertThat(statistics.min(7)).isZero();
        assertThat(statistics.min(5)).isEqualTo(-2);
        assertThat(statistics.mean(5)).isEqualTo(2.0 / 3);
        assertThat(statistics.populationVariance(999_999)).isZero();
    }

    @Test
    void jobsAreDescribedAndTheDescriptionBeforeComesBack() {
        sc().setJobDescription("mine");
        Tensors.statistics(rows("array(1f, 2f) x"), Tensors.column("x"));
        assertThat(sc().getLocalProperty("spark.job.description")).isEqualTo("mine");
        sc().setJobDescription(null);
    }

    @Test
    void readsParquetAndJsonOfEverySqlTypeWithRegistrationRequired(@TempDir Path folder) {
        Dataset<Row> all = rows(
                "array(cast(id as float)) x",
                "cast(id as byte) a",
                "cast(id as short) b",
                "cast(id as int) c",
                "id d",
                "cast(id as double) e",
                "cast(id as decimal(20, 3)) f",
                "cast(id as string) g",
                "id > 3 h",
                "date'2024-01-01' i",
                "timestamp'2024-01-01 00:00:00' j",
                "timestamp_ntz'2024-01-01 00:00:00' k",
                "map('a', id) l",
                "struct(id, array(id)) m",
                "interval 3 days n",
                "interval 3 months o",
                "X'01' p");
        String parquet = folder.resolve("parquet").toString();
        all.write().parquet(parquet);
        String digest = Tensors.statistics(all, Tensors.column("x")).digest();
        assertThat(Tensors.statistics(spark().read().parquet(parquet), Tensors.column("x"))
                        .digest())
                .isEqualTo(digest);
        String json = folder.resolve("json").toString();
        all.drop("n", "o").write().json(json);
        assertThat(Tensors.statistics(spark().read().json(json), Tensors.column("x"))
                        .digest())
                .isEqualTo(digest);
    }
}
