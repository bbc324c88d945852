package io.github.sparkbatchnorm.ml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.github.sparkbatchnorm.spark.SharedSpark;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Data that cannot be used is one line, from fit and from transform. */
class MlErrorsTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    private Dataset<Row> rows(long count, String expression) {
        return spark().range(0, count, 1, 2).selectExpr("id", expression + " x", "1d * id b");
    }

    private static BatchNorm estimator() {
        return new BatchNorm().setInputCol("x").setOutputCol("y");
    }

    /** The message of an error and of all its causes. */
    private static void fails(Runnable action, String message) {
        Throwable error = catchThrowable(action::run);
        assertThat(error).as("an error that says: %s", message).isNotNull();
        StringBuilder messages = new StringBuilder();
        for (Throwable t = error; t != null; t = t.getCause()) {
            messages.append(t.getMessage()).append('\n');
        }
        assertThat(messages).contains(message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    1 | array(1d, 2d)                              | Expected more than 1 value per channel when training, got input size [1, 2]; column x: expected two values or more in each channel, or set preset to standard-scaler or sklearn, which take one
                    0 | array(1d, 2d)                              | no rows: cannot tell the number of channels
                    9 | if(id = 3, null, array(1d, id))            | null
                    9 | array(1d, if(id = 3, null, id))            | null element in 1 row
                    9 | if(id = 3, array(1d), array(1d, id))       | rows of length
                    9 | array(cast(id as decimal(5, 2)))           | cast
                    9 | array(string(id))                          | expected an array of numbers
                    9 | string(id)                                 | column x is of type string
                    9 | array(9007199254740993 + id)               | 2^53
                    9 | array(array(1d, id), array(1d))            | column x
                    9 | cast('abc' as binary)                      | column x
                    """)
    void fitRefusesData(long count, String expression, String message) {
        fails(() -> estimator().fit(rows(count, expression)), message);
    }

    @Test
    void fitRefusesBatchesAndConditions() {
        Dataset<Row> rows = rows(9, "array(1d, id)");
        fails(
                () -> estimator().setBatchCol("b").fit(rows),
                "batch column b is of type double; expected integer, string");
        fails(() -> estimator().setBatchCol("x").fit(rows), "batch column x is also a tensor column");
        fails(
                () -> estimator().setBatchCol("id").fit(rows),
                "Expected more than 1 value per channel when training, got input size [1, 2] (batch 0); column x:"
                        + " expected two values or more in each channel of each batch: check batchCol");
        fails(() -> estimator().setWhere("id > 100").fit(rows), "where");
        fails(() -> estimator().setShape(3).fit(rows), "column x");
        fails(() -> estimator().setShape(2, 1, 1, 1, 1).fit(rows), "shape");
        fails(() -> estimator().setInitialState("{}").fit(rows), "initialState");
        fails(() -> estimator().setNonFinite("fail").fit(rows(9, "array(1d, if(id = 3, double('NaN'), id))")), "NaN");
        fails(() -> new BatchNorm().setInputCols("id", "x").fit(rows), "column x");
        fails(
                () -> new BatchNorm()
                        .setInputCols("id", "b")
                        .setInitialState(
                                new BatchNorm().setInputCols("b").fit(rows).state())
                        .fit(rows),
                "id");
    }

    /** Without a word the model would be that of a new layer, which changes nothing. */
    @Test
    void fitRefusesToFitToNothing() {
        Dataset<Row> holes = spark().range(0, 9, 1, 2)
                .selectExpr(
                        "id", "cast(null as double) n", "if(id < 8, double('NaN'), 1d) f", "double(id) b", "id % 2 g");
        String advice = "; expected one or more in each channel: check the rows, where and handleInvalid, or set"
                + " initialState to keep its statistics";
        for (String preset : List.of("batch-norm", "sklearn")) {
            BatchNorm kept = new BatchNorm().setPreset(preset).setHandleInvalid("keep");
            fails(
                    () -> kept.setInputCols("b", "n").fit(holes),
                    "columns b, n: no values to fit to in channel n" + advice);
            fails(
                    () -> kept.setInputCols("b", "f").fit(holes.filter("id > 100")),
                    "columns b, f: no values to fit to in any channel" + advice);
            fails(
                    () -> kept.setInputCols("b", "f").setNonFinite("ignore").fit(holes.filter("id < 8")),
                    "columns b, f: no finite values to fit to in channel f" + advice);
        }
        BatchNormModel first = new BatchNorm().setInputCols("b", "g").fit(holes);
        BatchNorm next = new BatchNorm().setInputCols("b", "g").setInitialState(first.state());
        assertThat(next.fit(holes.filter("id > 100")).state()).isEqualTo(first.state());
    }

    @Test
    void fitRefusesToSkipAllBatches() {
        Dataset<Row> rows = spark().range(0, 8, 1, 2)
                .selectExpr("double(id) b", "if(id > 5, double('NaN'), id) f", "id % 2 g", "id div 4 h");
        BatchNorm skips = new BatchNorm().setInputCols("b", "f").setNonFinite("skip-batch");
        String found = "columns b, f: NaN or infinite values in channel f, and nonFinite skip-batch skips ";
        fails(() -> skips.fit(rows), found + "all data, which is one batch; set batchCol, or nonFinite to ignore");
        fails(() -> skips.setBatchCol("g").fit(rows), found + "every batch; set nonFinite to ignore");
        assertThat(skips.setBatchCol("h").fit(rows).numBatchesTracked()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    if(id = 3, null, array(1d, id))                     | null
                    array(1d, if(id = 3, null, id))                     | null element
                    if(id = 3, array(1d), array(1d, id))                | column x
                    array(1d, id, 3d)                                   | column x
                    array(1d, if(id = 3, double('NaN'), id))            | NaN
                    array(string(id), 'a')                              | expected an array of numbers
                    """)
    void transformRefusesData(String expression, String message) {
        BatchNormModel model = estimator().setNonFinite("fail").fit(rows(9, "array(1d, id)"));
        fails(() -> model.transform(rows(9, expression)).collectAsList(), message);
    }

    @Test
    void transformRefusesOtherColumns() {
        BatchNormModel model = new BatchNorm().setInputCols("id", "b").fit(rows(9, "array(1d, id)"));
        Dataset<Row> others = rows(9, "1d").withColumnRenamed("b", "c");
        fails(() -> model.transform(others), "no column b");
        fails(() -> model.setInputCols("id", "c").transform(others), "c");
        fails(() -> new BatchNormModel("m").setInputCol("x").transform(others), "m has no state");
    }
}
