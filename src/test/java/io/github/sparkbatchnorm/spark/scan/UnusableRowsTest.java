package io.github.sparkbatchnorm.spark.scan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.layer.BatchNormConfig;
import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.BatchNormState;
import io.github.sparkbatchnorm.layer.NonFinitePolicy;
import io.github.sparkbatchnorm.spark.SharedSpark;
import io.github.sparkbatchnorm.spark.TensorDataset;
import io.github.sparkbatchnorm.spark.Tensors;
import io.github.sparkbatchnorm.spark.tensor.HandleInvalid;
import io.github.sparkbatchnorm.spark.tensor.TensorOptions;
import io.github.sparkbatchnorm.stats.ChannelStatistics;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.ml.attribute.AttributeGroup;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.Metadata;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Rows that cannot be used, and data that does not tell its channels, end a pass with one message. */
class UnusableRowsTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    private Dataset<Row> rows(String... expressions) {
        return spark().range(0, 20, 1, 3).selectExpr(expressions);
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
                        "column x: rows of length 2 (20 rows, e.g. id=0); expected length 4, of shape [2, 2]"),
                Arguments.of(
                        "if(id < 2, array(), array(1f)) x",
                        Tensors.column("x"),
                        "column x: rows of length 0 (2 rows, e.g. id=0) and 1 (18 rows); expected one length of 1 or more: fill or"
                                + " filter the rows without values"),
                Arguments.of(
                        "cast(array() as array<float>) x",
                        Tensors.column("x"),
                        "column x: rows of length 0 (20 rows, e.g. id=0); expected one length of 1 or more: fill or filter"
                                + " the rows without values"),
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
                        "column x: null batch in 1 row, e.g. id=9, batch=null; expected a batch in each row: fill or filter them"),
                Arguments.of(
                        "id x, if(id = 9, null, id) y",
                        Tensors.channels(HandleInvalid.ERROR, "x", "y"),
                        "columns x, y: null in y (1 row), e.g. y=null, id=9; expected a number in each column, or set"
                                + " handleInvalid to skip or keep"),
                Arguments.of(
                        "if(id > 17, null, id) x, 1 y, if(id > 18, null, id) z",
                        Tensors.channels(HandleInvalid.ERROR, "x", "y", "z"),
                        "columns x, y, z: null in x (2 rows), z (1 row), e.g. x=null, id=18; expected a number in each"
                                + " column, or set handleInvalid to skip or keep"),
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
                .hasMessageContaining("e.g. long=" + "a".repeat(194) + "…;");
    }

    @Test
    void manyColumnsWithNullsAreNotAllListed() {
        String[] names = IntStream.range(0, 12).mapToObj(c -> "c" + c).toArray(String[]::new);
        Dataset<Row> data = rows(
                Stream.of(names).map(name -> "if(id = 3, null, id) " + name).toArray(String[]::new));
        assertThatThrownBy(() -> Tensors.statistics(data, Tensors.channels(HandleInvalid.ERROR, names)))
                .hasMessageContaining("c8 (1 row), c9 (1 row) and 2 more columns, e.g. c0=null, c1=null, ");
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
        BatchNormState state = BatchNormState.initial(4, BatchNormConfig.DEFAULT);
        TensorDataset x = TensorDataset.of(none, Tensors.column("x")).forState(state);
        assertThat(x.statistics().channels()).isEqualTo(4);
        Dataset<Row> noPartitions = spark().emptyDataFrame().selectExpr("array(1f) x");
        assertThat(TensorDataset.of(noPartitions, Tensors.column("x"))
                        .forState(state)
                        .withNonFinite(NonFinitePolicy.FAIL)
                        .statistics()
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
        TensorDataset x = TensorDataset.of(data, Tensors.column("x"))
                .forState(BatchNormState.initial(3, BatchNormConfig.DEFAULT));
        assertThatThrownBy(x::statistics)
                .isInstanceOf(BatchNormException.class)
                .hasMessage("column x: C = 2; expected C = 3, as the state has: give the state of this column");
    }

    @Test
    void rowsThatAreAllSkippedAreNotCalledNone() {
        Dataset<Row> data = rows("id", "id % 4 batch", "if(id = 3, array(null), cast(null as array<double>)) x");
        for (String batch : new String[] {null, "batch"}) {
            TensorOptions options = batch == null ? Tensors.column("x") : Tensors.columnByBatch("x", batch);
            TensorOptions skip = options.withHandleInvalid(HandleInvalid.SKIP);
            assertThatThrownBy(() -> Tensors.statistics(data, skip))
                    .isInstanceOf(BatchNormException.class)
                    .hasMessage("column x: 20 rows, all skipped since they hold nulls: cannot tell the number of"
                            + " channels; set shape");
            TensorOptions keep = options.withHandleInvalid(HandleInvalid.KEEP);
            assertThatThrownBy(() -> Tensors.statistics(data.where("id = 4"), keep))
                    .hasMessage("column x: 1 row, all null: cannot tell the number of channels; set shape");
        }
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
}
