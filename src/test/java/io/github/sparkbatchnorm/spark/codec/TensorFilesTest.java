package io.github.sparkbatchnorm.spark.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.sparkbatchnorm.layer.BatchNormException;
import io.github.sparkbatchnorm.layer.Dtype;
import io.github.sparkbatchnorm.spark.DatasetStatistics;
import io.github.sparkbatchnorm.spark.SharedSpark;
import io.github.sparkbatchnorm.spark.Tensors;
import io.github.sparkbatchnorm.spark.tensor.HandleInvalid;
import io.github.sparkbatchnorm.spark.tensor.TensorOptions;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same values through every file format, by rows and by columnar batches: one digest. */
final class TensorFilesTest extends SharedSpark {
    private static final long serialVersionUID = 1L;

    private Dataset<Row> data;

    @BeforeEach
    void makeData() {
        data = TensorKinds.data(spark());
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
                    .hasMessageContaining("null in i (1 row)");
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
                Tensors.column("raw64", 3, 2).withDtype(Dtype.FLOAT64),
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
}
